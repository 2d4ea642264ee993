"""Two network namespaces joined by a pair of veth: one for a role, one for what it talks to.

A socket stays in the namespace in which it was made, whoever serves it: so the proxies that
stand for RabbitMQ, PostgreSQL and ZZY listen in the second one, from within this process,
and no address of theirs exists outside. Needs root.
"""

import contextlib
import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import GUARD

HOSTS_ADDRESS, ROLE_ADDRESS = "10.231.7.1", "10.231.7.2"
CLONE_NEWNET = 0x4000_0000


class Namespaces:
    """The role's namespace, and that of the hosts it talks to."""

    def __init__(self, name: str) -> None:
        self.role, self.hosts = f"{name}-r", f"{name}-h"

    def listener(self) -> socket.socket:
        """Return a socket that listens where the role finds its hosts."""
        return _made_in(self.hosts, lambda: socket.create_server((HOSTS_ADDRESS, 0)))

    def socket(self, *how: int) -> socket.socket:
        """Return a socket in the role's own namespace."""
        return _made_in(self.role, lambda: socket.socket(*how))

    def command(self) -> list[str]:
        """Return what stands before a command that is to run in the role's namespace."""
        return ["ip", "netns", "exec", self.role]

    def cut(self) -> None:
        """Let packets vanish: nobody is told anything."""
        _ip("-n", self.hosts, "link", "set", "hosts", "down")

    def heal(self) -> None:
        """Let packets pass again."""
        _ip("-n", self.hosts, "link", "set", "hosts", "up")


@contextmanager
def namespaces() -> Iterator[Namespaces]:
    """Make both, and remove them for sure."""
    made = Namespaces(f"ticketbridge-{os.getpid()}")
    with contextlib.ExitStack() as stack:
        for name in (made.role, made.hosts):
            GUARD.tell(f"+netns {name}")
            _ip("netns", "add", name)
            stack.callback(_remove, name)
        pair = ("type", "veth", "peer", "name", "role", "netns", made.role)
        _ip("link", "add", "hosts", "netns", made.hosts, *pair)
        for name, device, address in (
            (made.hosts, "hosts", HOSTS_ADDRESS),
            (made.role, "role", ROLE_ADDRESS),
        ):
            _ip("-n", name, "addr", "add", f"{address}/30", "dev", device)
            _ip("-n", name, "link", "set", device, "up")
            _ip("-n", name, "link", "set", "lo", "up")
        yield made


def _remove(name: str) -> None:
    _ip("netns", "del", name)
    GUARD.tell(f"-netns {name}")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, stdin=subprocess.DEVNULL, timeout=30)


def _enter(namespace: int) -> None:
    """Let this thread be in a network namespace. Raises OSError."""
    if ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "the namespace cannot be entered")


def _made_in(name: str, make: Callable[[], socket.socket]) -> socket.socket:
    """Make a socket in a namespace: a thread enters it, and ends there."""
    made: list[socket.socket] = []
    failed: list[OSError] = []

    def enter() -> None:
        try:
            with Path("/run/netns", name).open("rb") as namespace:
                _enter(namespace.fileno())
            made.append(make())
        except OSError as error:
            failed.append(error)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return made[0]

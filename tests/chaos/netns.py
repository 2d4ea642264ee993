"""Machines as network namespaces, each joined by a pair of veth to that of its hosts.

A socket stays in the namespace in which it was made, whoever serves it: so the proxies that
stand for RabbitMQ, PostgreSQL and ZZY listen in the hosts' one, from within this process,
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

CLONE_NEWNET = 0x4000_0000
NETWORK = "10.231.7"
NOBODY = "02:00:00:00:00:99"
"""A hardware address that no card has: what is sent there vanishes without a word."""
DEVICE = "role"


class Machine:
    """One machine's namespace, and its link to that of the hosts it talks to."""

    def __init__(self, hosts: str, number: int) -> None:
        self.hosts, self.role = hosts, f"{hosts}-{number}"
        self._link = f"hosts{number}"
        self.hosts_address = f"{NETWORK}.{4 * number + 1}"
        """Where the hosts are found from here."""
        self.address = f"{NETWORK}.{4 * number + 2}"

    def listener(self) -> socket.socket:
        """Return a socket that listens where the machine finds its hosts."""
        return _made_in(self.hosts, lambda: socket.create_server((self.hosts_address, 0)))

    def own_socket(self, *how: int) -> socket.socket:
        """Return a socket in the machine's own namespace."""
        return _made_in(self.role, lambda: socket.socket(*how))

    def hosts_socket(self) -> socket.socket:
        """Return a socket in the hosts' namespace, from which the machine can be reached."""
        return _made_in(self.hosts, socket.socket)

    def command(self) -> list[str]:
        """Return what stands before a command that is to run on the machine."""
        return ["ip", "netns", "exec", self.role]

    def cut(self) -> None:
        """Let packets vanish, both ways: nobody is told anything."""
        for namespace, device, other in self._ends():
            neighbour = ("neigh", "replace", other, "lladdr", NOBODY, "dev", device)
            _ip("-n", namespace, *neighbour, "nud", "permanent")

    def heal(self) -> None:
        """Let packets pass again."""
        for namespace, device, other in self._ends():
            _ip("-n", namespace, "neigh", "del", other, "dev", device)

    def join(self) -> None:
        """Lay the cable between the machine and its hosts."""
        pair = ("type", "veth", "peer", "name", DEVICE, "netns", self.role)
        _ip("link", "add", self._link, "netns", self.hosts, *pair)
        for (namespace, device, _), address in zip(
            self._ends(), (self.hosts_address, self.address), strict=True
        ):
            _ip("-n", namespace, "addr", "add", f"{address}/30", "dev", device)
            _ip("-n", namespace, "link", "set", device, "up")
            _ip("-n", namespace, "link", "set", "lo", "up")

    def _ends(self) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
        """Return of each end its namespace, its device, and the other's address."""
        return (
            (self.hosts, self._link, self.address),
            (self.role, DEVICE, self.hosts_address),
        )


@contextmanager
def machines(count: int = 1) -> Iterator[list[Machine]]:
    """Make so many, and remove them for sure."""
    hosts = f"ticketbridge-{os.getpid()}"
    made = [Machine(hosts, number) for number in range(count)]
    with contextlib.ExitStack() as stack:
        for name in (hosts, *(machine.role for machine in made)):
            GUARD.tell(f"+netns {name}")
            _ip("netns", "add", name)
            stack.callback(_remove, name)
        for machine in made:
            machine.join()
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

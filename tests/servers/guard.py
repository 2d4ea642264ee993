"""Ends what the tests started once the tests' own process is gone, however it went.

Runs as a process of its own with its standard input tied to the tests. Each line says
what to end: ``+pid N``, ``-pid N``, ``+dir PATH``, ``+container NAME``, ``-container NAME``; a file
system that was mounted is a ``mount PATH``, a network namespace a ``netns NAME``.
At the end of the input everything still on the list is ended, by its id alone.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress


def process_tree(root: int) -> list[int]:
    """Return ``root`` and all processes below it, parents first; empty if it is gone."""
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    children: dict[int, list[int]] = {}
    alive = set()
    for line in listing.splitlines():
        pid, parent = (int(word) for word in line.split())
        alive.add(pid)
        children.setdefault(parent, []).append(pid)
    tree = [root] if root in alive else []
    for pid in tree:
        tree.extend(children.get(pid, []))
    return tree


def signal_tree(root: int, number: int) -> None:
    """Send a signal to ``root`` and to all processes below it."""
    for pid in process_tree(root):
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _watch() -> list[tuple[str, str]]:
    things: list[tuple[str, str]] = []
    for line in sys.stdin:
        word, _, value = line.rstrip("\n").partition(" ")
        thing = (word[1:], value)
        if word[0] == "+":
            things.append(thing)
        elif thing in things:
            things.remove(thing)
    return things


def _end(kind: str, value: str) -> None:
    if kind == "pid":
        signal_tree(int(value), signal.SIGKILL)
    elif kind == "container":
        _quietly("docker", "rm", "-f", "-v", value)
    elif kind == "netns":
        _quietly("ip", "netns", "del", value)


def _quietly(*command: str) -> None:
    subprocess.run(command, capture_output=True, check=False)


def _remove(kind: str, value: str) -> None:
    if kind == "mount":
        _quietly("umount", "--lazy", value)
    for _ in range(20 if kind == "dir" else 0):
        shutil.rmtree(value, ignore_errors=True)
        if not os.path.exists(value):  # noqa: PTH110  (nothing to import at the end)
            break
        time.sleep(0.1)


def main() -> None:
    """Wait for the end of the input, then end and remove what is left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    things = _watch()
    for kind, value in things:
        _end(kind, value)
    for kind, value in sorted(things, key=lambda thing: thing[0] == "dir"):
        _remove(kind, value)


if __name__ == "__main__":
    main()

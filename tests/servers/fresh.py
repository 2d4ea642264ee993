"""Fresh virtual hosts and databases, quick enough for one per test.

A virtual host costs 13 ms on the broker but a second through rabbitmqctl, so they are
made in batches and handed out from a list, which all test processes share.
"""

import asyncio
import fcntl
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

BATCH = 40


class VhostPool:
    """Names of unused virtual hosts in a file; ``make`` creates the next batch."""

    def __init__(self, file: Path, make: Callable[[Sequence[str]], None]) -> None:
        self._file = file
        self._make = make

    def take(self) -> str:
        """Return the name of a virtual host that no other test has."""
        with self._file.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            names = file.read().split()
            if not names:
                names = [f"test-{uuid.uuid4().hex[:12]}" for _ in range(BATCH)]
                self._make(names)
            file.seek(0)
            file.truncate()
            file.write("\n".join(names[1:]))
            return names[0]


def with_path(url: str, path: str) -> str:
    """Return the URL with another virtual host or database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{path}"))


def create_database(url: str) -> str:
    """Make an empty database and return its URL."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    _execute(url, f"CREATE DATABASE {name} TEMPLATE template0")
    return with_path(url, name)


def drop_database(url: str, database_url: str) -> None:
    """Remove a database, and whoever is still connected to it."""
    name = urlsplit(database_url).path.lstrip("/")
    _execute(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _execute(url: str, statement: str) -> None:
    # In a thread: the caller may or may not have an event loop of its own.
    with ThreadPoolExecutor(1) as executor:
        executor.submit(asyncio.run, _execute_async(url, statement)).result()


async def _execute_async(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()

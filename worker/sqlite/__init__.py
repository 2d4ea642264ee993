"""One SQLite file, one writer, many changes per commit.

Why it exists: the embedded broker and the embedded store share one file, and SQLite
has one writer; every change waits for the next group commit and is durable
(WAL with ``synchronous=FULL``) before its caller goes on. The loop never waits for the
disk: commits and all that may take long are a thread's. Reads have a thread of their
own. It must not know a table.
Source: DESIGN.md, "Database facts".
"""

from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar

from worker.sqlite.connect import create_file
from worker.sqlite.jobs import Brief, Work, read
from worker.sqlite.lane import Lane
from worker.sqlite.writer import Writer

__all__ = ["Brief", "SqliteFile", "create_file"]

T = TypeVar("T")


class SqliteFile:
    """A SQLite database reached from asyncio; safe beside other threads and processes."""

    def __init__(self, path: Path) -> None:
        """Take the file's path; nothing is opened before the first use."""
        self.path = path
        self._writer = Writer(path)
        self._reader = Lane(path, "sqlite reader", read)

    def write(self, work: Work[T]) -> Awaitable[T]:
        """Run ``work`` in the next transaction and return once it is on the disk.

        Jobs run in the order of the calls. What ``work`` raises undoes its own changes
        alone and is raised here, SQLite's errors as StoreUnavailableError or
        StoreRefusedError. ``work`` must not begin or end a transaction, and must not
        return a cursor; a thread does it, or the loop itself what is :class:`Brief`.
        """
        return self._writer.run(work)

    def read(self, work: Work[T]) -> Awaitable[T]:
        """Run ``work`` on what is on the disk; what it writes is undone."""
        return self._reader.run(work)

    async def close(self) -> None:
        """Finish what was asked for and close the file for good.

        The writer closes last and alone: whoever closes last empties the write-ahead log into
        the file, and of two who close at once neither is the last.
        """
        await self._reader.close()
        await self._writer.close()

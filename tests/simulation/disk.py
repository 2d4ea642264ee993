"""The disk: SQLite's own code and files, without its threads, and with errors.

Jobs go through the production's transactions (worker/sqlite/jobs.py) in batches, after a
drawn time; a commit may fail before it happened, or after it.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from worker.errors import StoreUnavailableError
from worker.sqlite import SqliteFile
from worker.sqlite.jobs import MAX_BATCH, Job, Work, read, resolve, write
from worker.sqlite.lane import Lane

T = TypeVar("T")

FINE, BEFORE, AFTER = "fine", "before", "after"

Fate = Callable[[str, str], tuple[float, str, float]]
"""Seconds until a batch is carried out, what becomes of it, seconds until it is known."""


class Failing:
    """A connection whose commit fails: before it is made, or after; and no read succeeds."""

    def __init__(self, connection: sqlite3.Connection, fate: str) -> None:
        self._connection = connection
        self._fate = fate

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._connection, name)

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:  # noqa: ANN401
        if statement not in {"COMMIT", "BEGIN"}:
            return self._connection.execute(statement, *values)
        if self._fate == AFTER:
            self._connection.execute(statement)
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR
        raise error


class InlineLane(Lane):
    """A lane whose jobs are done by the loop itself."""

    def __init__(self, path: Path, kind: str, fate: Fate) -> None:
        self._carried_out = write if kind == "write" else read
        super().__init__(path, kind, self._perform_fated)
        self._fate = fate
        self._now = FINE
        self._waiting: deque[Job] = deque()
        self._busy = False
        self.idle = asyncio.Event()
        self.idle.set()

    async def run(self, work: Work[T]) -> T:
        if self._closed:
            raise StoreUnavailableError("SQLite: the file is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.append(Job(work, loop, future))
        if not self._busy:
            self._busy = True
            self.idle.clear()
            self._begin()
        return await future

    async def close(self) -> None:
        self._closed = True
        await self.idle.wait()

    def _begin(self) -> None:
        until, fate, afterwards = self._fate(self._path.name, self._name)
        asyncio.get_running_loop().call_later(until, self._carry_out, fate, afterwards)

    def _carry_out(self, fate: str, afterwards: float) -> None:
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_BATCH))]
        self._now = fate
        self._do(batch)
        asyncio.get_running_loop().call_later(afterwards, self._answer, batch)

    def _perform_fated(self, connection: sqlite3.Connection, batch: Sequence[Job]) -> None:
        if self._now != FINE:
            connection = Failing(connection, self._now)  # type: ignore[assignment]
        self._carried_out(connection, batch)

    def _answer(self, batch: list[Job]) -> None:
        resolve(batch)
        if self._waiting:
            self._begin()
        else:
            self._busy = False
            self.idle.set()


class DiskFile(SqliteFile):
    """A SQLite database on this disk."""

    def __init__(self, path: Path, fate: Fate) -> None:
        self.path = path
        self._writer = InlineLane(path, "write", fate)  # type: ignore[assignment]
        self._reader = InlineLane(path, "read", fate)

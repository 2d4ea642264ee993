"""One SQLite file, one writer thread, many changes per commit.

Why it exists: the embedded broker and the embedded store share one file, and SQLite
has one writer; every change waits for the next group commit and is durable
(WAL with ``synchronous=FULL``) before its caller goes on. It must not know a table.
Source: DESIGN.md, "Database facts".
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from worker.errors import StoreUnavailableError

T = TypeVar("T")

BUSY_TIMEOUT_SECONDS = 5.0
MAX_BATCH = 256


@dataclass(slots=True)
class _Job:
    work: Callable[[sqlite3.Connection], Any]
    writes: bool
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class SqliteFile:
    """A SQLite database reached from asyncio; safe beside other processes."""

    def __init__(self, path: Path) -> None:
        """Take the file's path; nothing is opened before the first use."""
        self.path = path
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``work`` in the next transaction and return once it is on the disk.

        What ``work`` raises undoes its own changes alone and is raised here.
        """
        return await self._run(work, writes=True)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``work``, which must not write."""
        return await self._run(work, writes=False)

    async def close(self) -> None:
        """Finish what was asked for and close the file."""
        if self._thread is None:
            return
        self._jobs.put(None)
        thread, self._thread = self._thread, None
        await asyncio.to_thread(thread.join)

    async def _run(self, work: Callable[[sqlite3.Connection], T], *, writes: bool) -> T:
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="sqlite", daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(work, writes, loop, future))
        return await future

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self.path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, cached_statements=512
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        return connection

    def _serve(self) -> None:
        connection: sqlite3.Connection | None = None
        closing = False
        while not closing:
            batch, closing = self._take()
            if not batch:
                continue
            try:
                connection = connection or self._connect()
                _perform(connection, batch)
            except sqlite3.Error as error:
                _fail(batch, error)
            _answer(batch)
        if connection is not None:
            connection.close()

    def _take(self) -> tuple[list[_Job], bool]:
        """Wait for one job, then take what else is there."""
        batch: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            batch.append(job)
            if len(batch) == MAX_BATCH:
                return batch, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True


def _perform(connection: sqlite3.Connection, batch: list[_Job]) -> None:
    if not any(job.writes for job in batch):
        for job in batch:
            _call(connection, job)
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for job in batch:
            connection.execute("SAVEPOINT job")
            _call(connection, job)
            if job.error is not None:
                connection.execute("ROLLBACK TO job")
            connection.execute("RELEASE job")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _call(connection: sqlite3.Connection, job: _Job) -> None:
    try:
        job.result = job.work(connection)
    except Exception as error:  # noqa: BLE001  (it is handed to the caller whole)
        job.error = error


def _fail(batch: list[_Job], error: sqlite3.Error) -> None:
    for job in batch:
        job.error = StoreUnavailableError(f"SQLite: {error}")


def _answer(batch: list[_Job]) -> None:
    """Wake the callers, with one call into each loop."""
    loops: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in batch:
        loops.setdefault(job.loop, []).append(job)
    for loop, jobs in loops.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, jobs)


def _resolve(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)

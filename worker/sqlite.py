"""One SQLite file, one writer thread, many changes per commit.

Why it exists: the embedded broker and the embedded store share one file, and SQLite
has one writer; every change waits for the next group commit and is durable
(WAL with ``synchronous=FULL``) before its caller goes on. Reads have a thread of their
own, for they need not wait for the disk. It must not know a table.
Source: DESIGN.md, "Database facts".
"""

import asyncio
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from worker.errors import StoreRefusedError, StoreUnavailableError

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

BUSY_TIMEOUT_SECONDS: Final = 5.0
"""How long to wait for another process that writes."""

MAX_BATCH: Final = 256

_PRAGMAS: Final = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "cache_size=-16000",
    "journal_size_limit=67108864",
)


class SqliteFile:
    """A SQLite database reached from asyncio; safe beside other threads and processes."""

    def __init__(self, path: Path) -> None:
        """Take the file's path; nothing is opened before the first use."""
        self.path = path
        self._writer = _Lane(path, "sqlite writer", _write)
        self._reader = _Lane(path, "sqlite reader", _read)

    async def write(self, work: Work[T]) -> T:
        """Run ``work`` in the next transaction and return once it is on the disk.

        Jobs run in the order of the calls. What ``work`` raises undoes its own changes
        alone and is raised here, SQLite's errors as StoreUnavailableError or
        StoreRefusedError. ``work`` must not begin or end a transaction, and must not
        return a cursor.
        """
        return await self._writer.run(work)

    async def read(self, work: Work[T]) -> T:
        """Run ``work`` on what is on the disk; what it writes is undone."""
        return await self._reader.run(work)

    async def close(self) -> None:
        """Finish what was asked for and close the file for good."""
        for thread in (self._writer.close(), self._reader.close()):
            if thread is not None:
                await asyncio.to_thread(thread.join)


def create_file(path: Path) -> None:
    """Make the file, if it is not there, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


@dataclass(slots=True)
class _Job:
    work: Work[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class _Lane:
    """A thread with a connection of its own, and the jobs that wait for it."""

    def __init__(
        self,
        path: Path,
        name: str,
        perform: Callable[[sqlite3.Connection, Sequence[_Job]], None],
    ) -> None:
        self._path = path
        self._name = name
        self._perform = perform
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._connection: sqlite3.Connection | None = None

    async def run(self, work: Work[T]) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._lock:  # so that no job comes after the one that ends the thread
            if self._closed:
                raise StoreUnavailableError("SQLite: the file is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
                self._thread.start()
            self._jobs.put(_Job(work, loop, future))
        return await future

    def close(self) -> threading.Thread | None:
        """Take no more jobs; return the thread that finishes those that are there."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
            return self._thread

    def _serve(self) -> None:
        closing = False
        while not closing:
            batch, closing = self._take()
            if batch:
                self._do(batch)
                _answer(batch)
        self._disconnect()

    def _take(self) -> tuple[list[_Job], bool]:
        """Wait for one job, then take what else is there; True once there will be no more."""
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

    def _do(self, batch: list[_Job]) -> None:
        try:
            if self._connection is None:
                self._connection = _connect(self._path)
            self._perform(self._connection, batch)
        except Exception as error:  # noqa: BLE001  (every caller gets it, the thread lives on)
            for job in batch:
                job.error = _translated(error)
            self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    create_file(path)
    connection = sqlite3.connect(
        path,
        timeout=BUSY_TIMEOUT_SECONDS,
        isolation_level=None,
        cached_statements=512,
        check_same_thread=True,
    )
    try:
        connection.row_factory = sqlite3.Row
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def _write(connection: sqlite3.Connection, batch: Sequence[_Job]) -> None:
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


def _read(connection: sqlite3.Connection, batch: Sequence[_Job]) -> None:
    connection.execute("BEGIN")
    try:
        for job in batch:
            _call(connection, job)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _call(connection: sqlite3.Connection, job: _Job) -> None:
    try:
        job.result = job.work(connection)
    except Exception as error:  # noqa: BLE001  (it is handed to the caller whole)
        job.error = _translated(error)


_REFUSALS: Final = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    UnicodeEncodeError,
    OverflowError,
)


def _translated(error: Exception) -> Exception:
    """Return our error for one of SQLite's, whose messages hold no values."""
    if isinstance(error, UnicodeEncodeError):
        return StoreRefusedError("SQLite refused the data: text that is not Unicode")
    if isinstance(error, _REFUSALS):
        return StoreRefusedError(f"SQLite refused the data: {error}")
    if isinstance(error, sqlite3.Error | OSError):
        return StoreUnavailableError(f"SQLite: {error}")
    return error


def _answer(batch: Sequence[_Job]) -> None:
    """Wake the callers, with one call into each loop."""
    loops: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in batch:
        loops.setdefault(job.loop, []).append(job)
    for loop, jobs in loops.items():
        try:
            loop.call_soon_threadsafe(_resolve, jobs)
        except RuntimeError:  # that loop was closed: nobody waits any more
            continue


def _resolve(jobs: Sequence[_Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)

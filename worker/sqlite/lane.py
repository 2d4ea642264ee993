"""A thread with a connection, and jobs that share its transactions.

Why it exists: SQLite blocks, asyncio must not; and one commit serves many jobs. It must
not know what a job does.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from worker.errors import StoreRefusedError, StoreUnavailableError, StoreUnknownError
from worker.sqlite.connect import connect

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

MAX_BATCH: Final = 256


@dataclass(frozen=True, slots=True)
class OneStatement(Generic[T]):
    """Work that changes something by one statement alone, and raises only what that raises.

    SQLite undoes a statement that fails by itself, so it is spared a savepoint: two statements
    more, at each of which Python's threads change places.
    """

    work: Work[T]

    def __call__(self, connection: sqlite3.Connection) -> T:
        """Do the work."""
        return self.work(connection)


@dataclass(slots=True)
class Job:
    """What a caller waits for."""

    work: Work[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class Lane:
    """A thread with a connection of its own, and the jobs that wait for it."""

    def __init__(
        self,
        path: Path,
        name: str,
        perform: Callable[[sqlite3.Connection, Sequence[Job]], None],
    ) -> None:
        """Carry jobs out with ``perform``; the thread starts with the first."""
        self._path = path
        self._name = name
        self._perform = perform
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._connection: sqlite3.Connection | None = None

    async def run(self, work: Work[T]) -> T:
        """Return what ``work`` returns, once its batch is done. Raises StoreUnavailableError."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._lock:  # so that no job comes after the one that ends the thread
            if self._closed:
                raise StoreUnavailableError("SQLite: the file is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
                self._thread.start()
            self._jobs.put(Job(work, loop, future))
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

    def _take(self) -> tuple[list[Job], bool]:
        """Wait for one job, then take what else is there; True once there will be no more."""
        batch: list[Job] = []
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

    def _do(self, batch: list[Job]) -> None:
        try:
            if self._connection is None:
                self._connection = connect(self._path)
            self._perform(self._connection, batch)
        except Exception as error:  # noqa: BLE001  (every caller gets it, the thread lives on)
            for job in batch:
                job.error = _translated(error)
            self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def write(connection: sqlite3.Connection, batch: Sequence[Job]) -> None:
    """Run the jobs in one transaction; an error undoes its own job alone."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for job in batch:
            _run(connection, job)
        _commit(connection)
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _run(connection: sqlite3.Connection, job: Job) -> None:
    """Run a job; its error undoes what it changed. Raises what made SQLite undo all jobs."""
    if isinstance(job.work, OneStatement):
        _call(connection, job)
        if job.error is not None and not connection.in_transaction:  # a full disk, say
            raise StoreUnavailableError("SQLite undid what was asked together") from job.error
        return
    connection.execute("SAVEPOINT job")
    _call(connection, job)
    if job.error is not None:
        connection.execute("ROLLBACK TO job")
    connection.execute("RELEASE job")


def _commit(connection: sqlite3.Connection) -> None:
    """Commit. Raises StoreUnknownError where an error leaves open whether it is done."""
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise
        raise StoreUnknownError(f"SQLite: {error}") from error


def read(connection: sqlite3.Connection, batch: Sequence[Job]) -> None:
    """Run the jobs on one state of the file, and change nothing."""
    connection.execute("BEGIN")
    try:
        for job in batch:
            _call(connection, job)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _call(connection: sqlite3.Connection, job: Job) -> None:
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
    if isinstance(error, _REFUSALS):
        return StoreRefusedError(f"SQLite refused the data: {error}")
    if isinstance(error, sqlite3.Error | OSError):
        return StoreUnavailableError(f"SQLite: {error}")
    return error


def _answer(batch: Sequence[Job]) -> None:
    """Wake the callers, with one call into each loop."""
    loops: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in batch:
        loops.setdefault(job.loop, []).append(job)
    for loop, jobs in loops.items():
        try:
            loop.call_soon_threadsafe(_resolve, jobs)
        except RuntimeError:  # that loop was closed: nobody waits any more
            continue


def _resolve(jobs: Sequence[Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)

"""Jobs on the SQLite file, and the transactions that they share.

Why it exists: whoever carries jobs out, what a transaction is and what becomes of a job that
fails is the same. It must not know a thread, or what a job does.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from worker.errors import StoreRefusedError, StoreUnavailableError, StoreUnknownError

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

MAX_BATCH: Final = 256
"""So many jobs share a transaction at most."""


@dataclass(frozen=True, slots=True)
class Brief(Generic[T]):
    """Work of a few statements on a few rows found by a key, which may be done anew.

    The event loop does it itself, without a savepoint: handing it to a thread would cost more
    than the work, for Python's threads change places at every statement. What it did is undone
    and done once more where another job of its transaction fails.
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


def attempt(connection: sqlite3.Connection, batch: Sequence[Job]) -> bool:
    """Run brief jobs in a transaction that stays open; False: it came to nothing, none is open.

    Who gets False does the same work with more patience, job by job.
    """
    if not all(isinstance(job.work, Brief) for job in batch):
        return False
    try:
        connection.execute("BEGIN IMMEDIATE")
        for job in batch:
            job.result = job.work(connection)
    except Exception:  # noqa: BLE001  (whoever does it again tells of it)
        with suppress(sqlite3.Error):
            roll_back(connection)
        return False
    return connection.in_transaction


def write(connection: sqlite3.Connection, batch: Sequence[Job]) -> None:
    """Run the jobs in one transaction; an error undoes its own job alone."""
    if attempt(connection, batch):
        commit(connection)
    else:
        write_patiently(connection, batch)


def write_patiently(connection: sqlite3.Connection, batch: Sequence[Job]) -> None:
    """As :func:`write`, each job within a savepoint."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for job in batch:
            connection.execute("SAVEPOINT job")
            _call(connection, job)
            if job.error is not None:
                connection.execute("ROLLBACK TO job")
            connection.execute("RELEASE job")
    except BaseException:
        roll_back(connection)
        raise
    commit(connection)


def commit(connection: sqlite3.Connection) -> None:
    """Commit. Raises StoreUnknownError where an error leaves open whether it is done."""
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        roll_back(connection)
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise
        raise StoreUnknownError(f"SQLite: {error}") from error


def roll_back(connection: sqlite3.Connection) -> None:
    """Undo what is open, if anything is."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def read(connection: sqlite3.Connection, batch: Sequence[Job]) -> None:
    """Run the jobs on one state of the file, and change nothing."""
    connection.execute("BEGIN")
    try:
        for job in batch:
            _call(connection, job)
    finally:
        roll_back(connection)


def fail(batch: Sequence[Job], error: Exception) -> None:
    """Give every caller the error of what they shared."""
    for job in batch:
        job.error = _translated(error)


def answer(batch: Sequence[Job]) -> None:
    """Wake the callers, with one call into each loop."""
    loops: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in batch:
        loops.setdefault(job.loop, []).append(job)
    for loop, jobs in loops.items():
        try:
            loop.call_soon_threadsafe(resolve, jobs)
        except RuntimeError:  # that loop was closed: nobody waits any more
            continue


def resolve(jobs: Sequence[Job]) -> None:
    """Tell callers of this loop what became of their jobs."""
    for job in jobs:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)


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

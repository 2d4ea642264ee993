"""The one connection that changes the file: brief jobs on the event loop, commits in a thread.

Why it exists: SQLite has one writer, and waits for the disk at a commit alone. Brief jobs are a
few statements on pages in memory: the loop runs them itself, and hands the open transaction to a
thread that commits it, which needs Python's lock for no statement. What takes long, waits for
another process, or fails is done by the thread altogether. Whoever has the connection has it
alone: the loop until it hands a batch over, the thread until it has answered. It must not know
what a job does. Source: docs/decisions/0037-cpu-of-the-embedded-default.md, and for when a
transaction begins docs/decisions/0041-batches-of-a-calm-loop.md.
"""

import asyncio
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from worker.calm import Gathering
from worker.errors import StoreUnavailableError
from worker.sqlite.connect import connect, patience
from worker.sqlite.jobs import (
    MAX_BATCH,
    Brief,
    Job,
    Work,
    answer,
    attempt,
    commit,
    fail,
    resolve,
    write_patiently,
)

T = TypeVar("T")


class Writer:
    """The jobs that wait for the next transaction, and who carries it out."""

    def __init__(self, path: Path) -> None:
        """Open ``path`` with the first job."""
        self._path = path
        self._lock = threading.Lock()
        self._waiting: deque[Job] = deque()
        self._leader: asyncio.AbstractEventLoop | None = None
        """The loop that begins the next transaction; None: there is nothing to do."""
        self._under_way = False
        """The thread has a transaction, and tells the leader when it is done."""
        self._batches: queue.SimpleQueue[tuple[list[Job], bool] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._connection: sqlite3.Connection | None = None
        self._closed = False

    def run(self, work: Work[T]) -> Awaitable[T]:
        """Return what ``work`` returns, once it is on the disk. Raises StoreUnavailableError."""
        with self._lock:
            if self._closed:
                raise StoreUnavailableError("SQLite: the file is closed")
            return self._add(work)

    async def close(self) -> None:
        """Take no more jobs; return when those that are there are done and the file is closed."""
        last = None
        with self._lock:
            first, self._closed = not self._closed, True
            if self._leader is not None:
                last = self._add(Brief(_nothing))  # jobs are done in order
        if last is not None:
            with suppress(StoreUnavailableError):
                await last
        if first:
            self._batches.put(None)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    def _add(self, work: Work[T]) -> asyncio.Future[T]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.append(Job(work, loop, future))
        leader = self._leader
        if leader is None or (leader.is_closed() and not self._under_way):
            self._leader = loop
            loop.call_soon(self._gather)
        return future

    def _gather(self, gathering: Gathering | None = None) -> None:
        """Begin once the loop is calm: what else is asked until then comes along."""
        loop = asyncio.get_running_loop()
        gathering = gathering or Gathering(MAX_BATCH, loop.time())
        if gathering.goes_on(len(self._waiting), loop.time()):
            loop.call_soon(self._gather, gathering)
        else:
            self._begin()

    def _begin(self) -> None:
        """Carry out what waits, or hand it to the thread."""
        with self._lock:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_BATCH))]
            if not batch:
                self._leader = None
                return
            self._under_way = True
        is_open = self._connection is not None and attempt(self._connection, batch)
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="sqlite writer", daemon=True)
            self._thread.start()
        self._batches.put((batch, is_open))

    def _finish(self, batch: list[Job]) -> None:
        """Wake the callers; what they ask for next goes into the next transaction together."""
        resolve(batch)
        asyncio.get_running_loop().call_soon(self._gather)

    def _serve(self) -> None:
        while (found := self._batches.get()) is not None:
            batch, is_open = found
            self._carry_out(batch, is_open=is_open)
            self._tell(batch)
        self._disconnect()

    def _carry_out(self, batch: Sequence[Job], *, is_open: bool) -> None:
        try:
            if self._connection is None:
                self._connection = connect(self._path, shared=True)
            if is_open:
                commit(self._connection)
                return
            with patience(self._connection):
                write_patiently(self._connection, batch)
        except Exception as error:  # noqa: BLE001  (every caller gets it, the thread lives on)
            fail(batch, error)
            self._disconnect()

    def _tell(self, batch: Sequence[Job]) -> None:
        """Wake the callers; of other loops than the leader's from here."""
        with self._lock:
            self._under_way, leader = False, self._leader
        answer([job for job in batch if job.loop is not leader])
        try:
            if leader is not None:
                leader.call_soon_threadsafe(
                    self._finish, [job for job in batch if job.loop is leader]
                )
        except RuntimeError:  # it was closed: nobody there waits any more
            self._pass_on()

    def _pass_on(self) -> None:
        """Let another loop lead that waits, if there is one."""
        with self._lock:
            while self._waiting:
                self._leader = self._waiting[0].loop
                try:
                    self._leader.call_soon_threadsafe(self._begin)
                except RuntimeError:
                    self._waiting.popleft()
                else:
                    return
            self._leader = None

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _nothing(_: sqlite3.Connection) -> None:
    pass

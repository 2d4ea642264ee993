"""A thread with a connection, and jobs that share its transactions.

Why it exists: SQLite blocks, asyncio must not; and one transaction serves many jobs. It must
not know what a job does.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from worker.errors import StoreUnavailableError
from worker.sqlite.connect import connect, patience
from worker.sqlite.jobs import MAX_BATCH, Brief, Job, Work, answer, fail, resolve

T = TypeVar("T")


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
        self._left = 0
        """How many jobs the thread has; while there are none, the connection is free."""
        self._thread: threading.Thread | None = None
        self._closed = False
        self._connection: sqlite3.Connection | None = None

    def run(self, work: Work[T]) -> Awaitable[T]:
        """Return what ``work`` returns, once its batch is done. Raises StoreUnavailableError.

        The loop itself does brief work while the thread has nothing to do.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        job = Job(work, loop, future)
        with self._lock:  # so that no job comes after the one that ends the thread
            if self._closed:
                raise StoreUnavailableError("SQLite: the file is closed")
            if isinstance(work, Brief) and self._at_once(job):
                return future
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
                self._thread.start()
            self._left += 1
            self._jobs.put(job)
        return future

    async def close(self) -> None:
        """Take no more jobs; return when those that are there are done and the file is closed."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
            thread = self._thread
        if thread is not None:
            await asyncio.to_thread(thread.join)

    def _at_once(self, job: Job) -> bool:
        """Do a job here and now, if that is possible and comes to something."""
        if self._left or self._connection is None:
            return False
        try:
            self._perform(self._connection, [job])
        except sqlite3.Error:  # the thread has more patience, and tells of it
            return False
        resolve([job])
        return True

    def _serve(self) -> None:
        closing = False
        while not closing:
            batch, closing = self._take()
            if batch:
                self._do(batch)
                with self._lock:
                    self._left -= len(batch)
                answer(batch)
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
                self._connection = connect(self._path, shared=True)
            with patience(self._connection):
                self._perform(self._connection, batch)
        except Exception as error:  # noqa: BLE001  (every caller gets it, the thread lives on)
            fail(batch, error)
            self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

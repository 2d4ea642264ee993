"""What this process has taken from the embedded broker's table, and what becomes of it.

Why it exists: claims, acknowledgements, retries and the recovery of a dead process's
messages all turn on who holds a row. It must not run handlers.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import structlog

from contracts import queues
from worker.broker import embedded_rows as rows
from worker.broker import settle
from worker.broker.embedded_owner import Owner, is_dead
from worker.broker.embedded_rows import Delivery
from worker.clock import Clock
from worker.errors import StoreUnavailableError
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import Message
from worker.sqlite import Brief, SqliteFile
from worker.tasks import TaskGroup

ACK_DELAY_SECONDS: Final = 0.02
"""How long acknowledgements gather for one statement; a crash within it means a redelivery."""

WRITE_RETRY_SECONDS: Final = 1.0

_log = structlog.get_logger(__name__)


class Hands:
    """The rows that this process holds, under a name of its own."""

    def __init__(self, file: SqliteFile, clock: Clock, tasks: TaskGroup) -> None:
        """Hold nothing yet."""
        self._file = file
        self._clock = clock
        self._tasks = tasks
        self._owner: Owner | None = None
        self._acked: list[int] = []
        self._flush_due = False
        self._held: set[int] = set()
        self._astray = False

    @property
    def owner(self) -> str:
        """The name under which rows are held."""
        if self._owner is None:
            raise RuntimeError("nothing is consumed yet")
        return self._owner.id

    async def open(self) -> None:
        """Take a name, and put back what dead processes held. Raises StoreUnavailableError."""
        if self._owner is not None:
            return
        owner = Owner(self._file.path)
        try:
            await self._file.write(lambda connection: rows.add_owner(connection, owner.id))
        except BaseException:
            owner.close()
            raise
        self._owner = owner
        await self.roll_call()

    async def claim(self, queue: str, limit: int) -> list[Delivery]:
        """Take up to ``limit`` messages of a queue. Raises StoreUnavailableError."""
        owner, now = self.owner, self._clock.now().timestamp()
        taken: list[int] = []

        def work(connection: sqlite3.Connection) -> list[Delivery]:
            claimed = rows.claim(connection, queue, owner, now, limit)
            self._hold([delivery.row for delivery in claimed], taken)
            return claimed

        try:
            return await self._file.write(Brief(work))
        except StoreUnavailableError:
            self.lose(taken)
            raise

    def insert(
        self, connection: sqlite3.Connection, message: Message, at: float, taken: list[int]
    ) -> None:
        """Keep a message as already in our hands, within a transaction; ``taken`` is its row."""
        self._hold([rows.insert(connection, message, at, self.owner)], taken)

    def _hold(self, found: list[int], taken: list[int]) -> None:
        """Note what a job has taken; what it took when it was done before was undone."""
        self._held.difference_update(taken)
        self._held.update(found)
        taken[:] = found

    def lose(self, taken: Sequence[int]) -> None:
        """Note that nobody here has these rows, though they may be ours on the disk.

        A commit that failed may have been made all the same: what it made ours would come to
        nobody, for we live. :meth:`find_strays` puts it back.
        """
        self._held.difference_update(taken)
        self._astray = True

    async def find_strays(self) -> None:
        """Put back what is ours on the disk and in nobody's hands. Raises StoreUnavailableError."""
        if not self._astray:
            return
        self._astray, owner = False, self.owner
        try:
            await self._file.write(
                lambda connection: rows.release_all_but(connection, self._held, owner)
            )
        except StoreUnavailableError:
            self._astray = True
            raise

    async def carry_out(self, delivery: Delivery, outcome: Outcome) -> bool:
        """Make an outcome durable; True if the message is now among the dead letters."""
        match outcome:
            case Ack():
                self._acknowledge(delivery.row)
                return False
            case Retry():
                await self._retry(delivery.row, outcome)
                return False
            case Park():
                await self._park(delivery, outcome)
                return True

    async def give_back(self, held: Sequence[Delivery]) -> None:
        """Put messages back that were not begun; where that fails, :meth:`find_strays` does."""
        if not held:
            return
        owner, ids = self.owner, [delivery.row for delivery in held]
        try:
            await self._file.write(Brief(lambda connection: rows.release(connection, ids, owner)))
        except StoreUnavailableError as error:
            _log.warning("release_postponed", count=len(ids), error=str(error))
            self.lose(ids)
        else:
            self._held.difference_update(ids)

    async def flush(self) -> None:
        """Write down the acknowledgements that gathered."""
        if not self._acked:
            return
        acked, self._acked = self._acked, []
        owner = self.owner
        try:
            await self._file.write(Brief(lambda connection: rows.delete(connection, acked, owner)))
        except StoreUnavailableError as error:
            _log.warning("acknowledgement_postponed", count=len(acked), error=str(error))
            self._acked += acked
        else:
            self._held.difference_update(acked)

    async def roll_call(self) -> bool:
        """Put back what dead processes held; say whether there was one."""
        present = await self._file.read(Brief(rows.owners))
        dead = [
            owner for owner in present if owner != self.owner and is_dead(self._file.path, owner)
        ]
        now = self._clock.now()
        for owner in dead:
            _log.warning("dead_worker_recovered", owner=owner)
            await self._file.write(partial(rows.remove_owner, owner=owner, now=now))
        return bool(dead)

    async def close(self) -> None:
        """Put everything back and give up the name."""
        if self._owner is None:
            return
        await self.flush()
        owner, now = self._owner, self._clock.now()
        self._owner = None
        try:
            await self._file.write(lambda connection: rows.remove_owner(connection, owner.id, now))
        except StoreUnavailableError as error:
            _log.warning("release_postponed", error=str(error))
        finally:
            owner.close()

    def _acknowledge(self, row: int) -> None:
        self._acked.append(row)
        if not self._flush_due:
            self._flush_due = True
            self._tasks.start(self._flush_soon(), "acknowledge")

    async def _flush_soon(self) -> None:
        while self._acked:
            await asyncio.sleep(ACK_DELAY_SECONDS)
            await self.flush()
        self._flush_due = False

    async def _retry(self, row: int, retry: Retry) -> None:
        _, seconds = queues.delay_tier(retry.delay)
        owner, at = self.owner, self._clock.now().timestamp() + seconds

        def work(connection: sqlite3.Connection) -> None:
            rows.retry(connection, row, owner, at, counted=retry.counted)

        await self._persist(work)
        self._held.discard(row)

    async def _park(self, delivery: Delivery, park: Park) -> None:
        owner, now = self.owner, self._clock.now()
        letter = settle.parked(delivery.message, park, now)

        def work(connection: sqlite3.Connection) -> None:
            rows.park(connection, delivery.row, owner, letter, now)

        await self._persist(work)
        self._held.discard(delivery.row)

    async def _persist(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Write, however long the disk refuses: until then the message stays in hand."""
        while True:
            try:
                return await self._file.write(Brief(work))
            except StoreUnavailableError as error:
                _log.warning("outcome_postponed", error=str(error))
                await asyncio.sleep(WRITE_RETRY_SECONDS)

"""The broker port in one SQLite file: for a single machine, without a server.

Why it exists: a bare machine runs ticketbridge with the same guarantees as RabbitMQ: a
publish returns once it is on the disk, and what was handed out and not acknowledged
comes again. It must not know the store, with which it only shares the file.
Source: DESIGN.md, "The flow" and "Database facts".
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import structlog

from contracts import headers, queues
from worker.broker import embedded_rows as rows
from worker.broker.awaiting import IsFinal
from worker.broker.embedded_consumer import LocalConsumer
from worker.broker.embedded_hands import Hands
from worker.broker.embedded_replies import EmbeddedReplies
from worker.broker.embedded_rows import Delivery
from worker.clock import Clock
from worker.errors import (
    BrokerUnavailableError,
    PublishUnknownError,
    StoreUnavailableError,
    StoreUnknownError,
    UndeliverableError,
)
from worker.runtime.outcome import Outcome
from worker.runtime.ports import Backlog, Handler, Message
from worker.saga.replacing import replace
from worker.sealing import Sealer
from worker.sqlite import Brief, SqliteFile
from worker.tasks import TaskGroup

POLL_SECONDS: Final = 0.1
LOOKS_PER_ROLL_CALL: Final = 10
CLOSE_TIMEOUT_SECONDS: Final = 5.0

_log = structlog.get_logger(__name__)


class EmbeddedBroker:
    """Implements :class:`worker.runtime.ports.Broker`; several processes may share the file."""

    def __init__(
        self,
        file: SqliteFile,
        relay_keys: Sequence[str],
        clock: Clock,
        sealer: Sealer | None = None,
    ) -> None:
        """Keep messages in ``file``; ``relay_keys`` are the app_keys that have a relay queue.

        ``sealer`` seals what replies leave in the file; what messages hold is sealed before.
        """
        relays = (queues.relay_queue(key) for key in relay_keys)
        self._names = frozenset({*queues.WORK, queues.DEAD, *relays})
        self._file = file
        self._clock = clock
        self._handlers = TaskGroup(_task_failed)
        self._tasks = TaskGroup(_task_failed)
        self._hands = Hands(file, clock, self._tasks)
        self._replies = EmbeddedReplies(file, clock, self._tasks, sealer or Sealer())
        self._consumers: dict[str, LocalConsumer] = {}
        self._paused: set[str] = set()
        self._trouble = "not started"

    async def start(self) -> None:
        """Create the tables. Raises BrokerUnavailableError."""
        try:
            await self._file.write(rows.create)
        except StoreUnavailableError as error:
            raise BrokerUnavailableError(str(error)) from error
        self._trouble = ""
        self._tasks.keep(self._poll, "poll the embedded broker", self._clock)

    async def publish(self, message: Message, *, delay: float = 0) -> None:
        """Return once the message is on the disk.

        Raises BrokerUnavailableError, PublishUnknownError.

        Nobody can listen to events here; what was left of them from another broker is dropped.
        """
        if queues.event_topics(message.queue):
            return
        if message.queue not in self._names:
            raise UndeliverableError(f"no queue takes {message.queue}")
        now = self._clock.now().timestamp()
        if delay > 0:
            _, seconds = queues.delay_tier(delay)
            await self._insert(message, now + seconds)
            return
        consumer = self._consumers.get(message.queue)
        if consumer is not None and consumer.reserve():
            await self._publish_into(consumer, message, now)
            return
        await self._insert(message, now)
        if consumer is not None:
            consumer.look()

    async def request(
        self, message: Message, *, wait: float, final: IsFinal | None = None
    ) -> bytes | None:
        """Publish and wait for the first reply."""
        with self._replies.expect(message.correlation_id, final) as (correlation_id, reply):
            address = self._replies.address
            await self.publish(replace(message, correlation_id=correlation_id, reply_to=address))
            return await reply.wait(wait)

    async def reply(self, reply_to: str, correlation_id: str, body: bytes) -> None:
        """Answer a request: best effort, never raises."""
        self._replies.send(reply_to, correlation_id, body)

    async def consume(self, queue: str, handler: Handler, *, concurrency: int) -> None:
        """Subscribe ``handler`` to ``queue``. Raises BrokerUnavailableError."""
        if queue not in self._names:
            raise BrokerUnavailableError(f"there is no queue {queue}")
        try:
            await self._hands.open()
        except (StoreUnavailableError, OSError) as error:
            raise BrokerUnavailableError(str(error)) from error
        consumer = LocalConsumer(
            queue,
            handler,
            concurrency,
            claim=self._hands.claim,
            carry_out=self._carry_out,
            give_back=self._hands.give_back,
            tasks=self._handlers,
            paused=queue in self._paused,
        )
        self._consumers[queue] = consumer
        consumer.look()

    async def pause(self, queue: str) -> None:
        """Take no more of this queue."""
        self._paused.add(queue)
        consumer = self._consumers.get(queue)
        if consumer is not None:
            await consumer.pause()

    async def resume(self, queue: str, *, at_most: int | None = None) -> None:
        """Take of this queue again."""
        self._paused.discard(queue)
        consumer = self._consumers.get(queue)
        if consumer is not None:
            consumer.resume(at_most)

    def paused(self) -> list[str]:
        """Return the queues that are paused."""
        return sorted(self._paused)

    async def stop_consuming(self) -> None:
        """Take no more messages, wait for the handlers at work, hand back the rest."""
        stops = (consumer.stop() for consumer in self._consumers.values())
        unbegun = [delivery for held in await asyncio.gather(*stops) for delivery in held]
        await self._hands.give_back(unbegun)
        await self._hands.flush()

    async def close(self) -> None:
        """Cancel what still runs and let go of what is held, within five seconds."""
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_SECONDS):
                await self._handlers.stop()
                await self._tasks.stop()
                await self._hands.close()
        except TimeoutError:
            _log.warning("broker_close_gave_up")
        self._trouble = "closed"

    def problems(self) -> list[str]:
        """Return what keeps it from being ready; empty when all is well."""
        return [f"embedded broker: {self._trouble}"] if self._trouble else []

    async def depth(self, queue: str) -> int:
        """Return how many messages are in a queue, those being handled included."""
        await self._hands.flush()
        now = self._clock.now().timestamp()
        try:
            return await self._file.read(lambda connection: rows.depth(connection, queue, now))
        except StoreUnavailableError as error:
            raise BrokerUnavailableError(str(error)) from error

    async def backlogs(self, names: Sequence[str]) -> list[Backlog]:
        """Return what waits in these queues; who takes of them elsewhere is not known here."""
        known = [name for name in names if name in self._names]
        now = self._clock.now().timestamp()
        try:
            found = await self._file.read(lambda connection: rows.backlogs(connection, known, now))
        except StoreUnavailableError as error:
            raise BrokerUnavailableError(str(error)) from error
        return [
            Backlog(name, waiting, None if at is None else datetime.fromtimestamp(at, UTC))
            for name, waiting, at in found
        ]

    async def _publish_into(self, consumer: LocalConsumer, message: Message, now: float) -> None:
        """Keep the message as already ours and hand it over without reading it again."""
        inserted: list[int] = []

        def work(connection: sqlite3.Connection) -> None:
            self._hands.insert(connection, message, now, inserted)

        try:
            await self._keep(work)
        except (BrokerUnavailableError, PublishUnknownError):
            consumer.cancel_reservation()
            self._hands.lose(inserted)
            raise
        except asyncio.CancelledError:
            # The publisher is gone, but the row may be written, and nobody else may take it.
            consumer.cancel_reservation()
            self._tasks.start(self._recover(inserted), "recover a publish")
            raise
        publisher = message.headers.get(headers.PUBLISHER, "")
        if message.redelivered or message.user != publisher:
            message = replace(message, redelivered=False, user=publisher)
        delivery = Delivery(inserted[0], message)
        if not consumer.hand_over(delivery):
            await self._hands.give_back([delivery])

    async def _insert(self, message: Message, visible_at: float) -> None:
        def work(connection: sqlite3.Connection) -> None:
            rows.insert(connection, message, visible_at, None)

        await self._keep(work)

    async def _keep(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Write one row. Raises PublishUnknownError where it may be written though that failed."""
        try:
            await self._file.write(Brief(work))
        except StoreUnknownError as error:
            raise PublishUnknownError(str(error)) from error
        except StoreUnavailableError as error:
            raise BrokerUnavailableError(str(error)) from error

    async def _recover(self, inserted: list[int]) -> None:
        with suppress(StoreUnavailableError):
            await self._file.write(lambda _: None)  # jobs run in order: the insert is through
        self._hands.lose(inserted)

    async def _carry_out(self, delivery: Delivery, outcome: Outcome) -> None:
        if await self._hands.carry_out(delivery, outcome):
            dead = self._consumers.get(queues.DEAD)
            if dead is not None:
                dead.look()

    async def _poll(self) -> None:
        """Notice what is due, what other processes published and replied, and who died."""
        looks = 0
        while True:
            await self._clock.sleep(POLL_SECONDS)
            looks += 1
            try:
                if self._consumers and looks % LOOKS_PER_ROLL_CALL == 0:
                    await self._hands.roll_call()
                await self._hands.find_strays()
                await self._look()
                if self._replies:
                    await self._replies.fetch()
            except StoreUnavailableError as error:
                self._trouble = str(error)
                _log.warning("poll_failed", error=str(error))
            else:
                self._trouble = ""

    async def _look(self) -> None:
        names, now = list(self._consumers), self._clock.now().timestamp()
        if not names:
            return
        due = Brief(lambda connection: rows.due(connection, names, now))
        for name in await self._file.read(due):
            self._consumers[name].look()


def _task_failed(name: str, error: BaseException) -> None:
    _log.error("task_failed", task=name, error=type(error).__name__)

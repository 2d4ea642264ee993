"""The broker port on RabbitMQ: joins connection, publisher, consumers and watchdog.

Why it exists: the composition root gets one object. It must not hold logic of its own
beyond the joining.
"""

import asyncio
from collections.abc import Collection, Sequence
from typing import Final

import structlog
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelClosed
from aiormq.exceptions import ChannelAccessRefused

from contracts import queues
from worker.broker import census, codec
from worker.broker.awaiting import IsFinal
from worker.broker.connection import AMQP_ERRORS, Link, close_channel, described, guarded
from worker.broker.consumer import Consumer
from worker.broker.login import login
from worker.broker.publisher import Publisher
from worker.broker.replies import Replier, ReplyBox
from worker.broker.topology import Topology
from worker.broker.watchdog import Watchdog
from worker.clock import SystemClock
from worker.errors import BrokerUnavailableError, UndeliverableError
from worker.runtime.ports import Backlog, Handler, Message
from worker.tasks import TaskGroup

CLOSE_TIMEOUT_SECONDS: Final = 5.0
PUBLISHER_SECONDS: Final = 5.0
"""How long consumers wait on a new connection until messages can be published, too."""

_log = structlog.get_logger(__name__)


class RabbitBroker:
    """Implements :class:`worker.runtime.ports.Broker` on RabbitMQ 3.10 or newer.

    What is published and what is consumed have a connection each: RabbitMQ stops
    reading from a publisher when it is short of memory, and acknowledgements must
    still get through then.
    """

    def __init__(
        self,
        url: str,
        relay_keys: Sequence[str],
        *,
        publish_timeout: float = 5.0,
        also_ours: Collection[str] = (),
        front: bool = False,
    ) -> None:
        """Take an AMQP URL and the app_keys that have a relay queue; connects at start.

        ``also_ours`` are the logins of our other processes. With ``front`` messages go through
        the one exchange to which an ingress that runs alone needs to be let.
        """
        self._user = login(url)
        self._also_ours = also_ours
        self._door = queues.INGRESS_EXCHANGE if front else ""
        self._tasks = TaskGroup(_task_failed)
        self._handlers = TaskGroup(_task_failed)
        self._topology = Topology(relay_keys)
        self._publishing = Link(url, "publisher", self._tasks, self._publisher_up)
        self._consuming = Link(url, "consumer", self._tasks, self._consumer_up)
        self._replies = ReplyBox()
        self._publisher = Publisher(
            self._publishing, self._tasks, self._replies, publish_timeout=publish_timeout
        )
        self._replier = Replier(self._publishing, self._user)
        self._watchdog = Watchdog(self._consuming, self._topology)
        self._consumers: dict[str, Consumer] = {}
        self._paused: set[str] = set()
        self._subscribing = asyncio.Lock()
        self._watching = False
        self._declared = 0
        """The publisher's connection that the consumers' last one found."""

    async def start(self) -> None:
        """Connect and declare the topology. Raises BrokerUnavailableError."""
        await self._publishing.start()

    async def publish(self, message: Message, *, delay: float = 0) -> None:
        """Return once RabbitMQ has it durably; see the port for what it raises."""
        if not delay:
            parcel = codec.encode(message, user=self._user, exchange=self._door)
            await self._publisher.send(parcel)
            return
        if message.queue not in self._topology.names:
            # A tier takes everything, and would then find nobody at home.
            raise UndeliverableError(f"no queue takes {message.queue}")
        tier, _ = queues.delay_tier(delay)
        await self._publisher.send(
            codec.encode(message, user=self._user, exchange=queues.delay_queue(tier))
        )

    async def request(
        self, message: Message, *, wait: float, final: IsFinal | None = None
    ) -> bytes | None:
        """Publish and wait for the reply; ``None`` also when none can come any more."""
        with self._replies.expect(message.correlation_id, final) as (correlation_id, reply):
            await self._publisher.send(
                codec.encode(
                    message,
                    user=self._user,
                    exchange=self._door,
                    reply_to=queues.DIRECT_REPLY,
                    correlation_id=correlation_id,
                )
            )
            return await reply.wait(wait)

    async def reply(self, reply_to: str, correlation_id: str, body: bytes) -> None:
        """Answer a request: best effort, never raises."""
        await self._replier.send(reply_to, correlation_id, body)

    async def consume(self, queue: str, handler: Handler, *, concurrency: int) -> None:
        """Subscribe ``handler`` to ``queue``. Raises BrokerUnavailableError."""
        consumer = Consumer(
            queue,
            handler,
            concurrency,
            user=self._user,
            also_ours=self._also_ours,
            publish=self._republish,
            on_lost=self._watchdog.wake,
            tasks=self._handlers,
            paused=queue in self._paused,
        )
        async with self._subscribing:
            if not self._watching:
                await self._consuming.start()
                self._tasks.keep(self._watchdog.run, "watch consumers", SystemClock())
                self._watching = True
            try:
                await guarded(consumer.subscribe(self._consuming))
            except AMQP_ERRORS as error:
                raise BrokerUnavailableError(
                    f"cannot consume {queue}: {described(error)}"
                ) from error
            self._consumers[queue] = consumer
            self._watchdog.add(consumer)

    async def pause(self, queue: str) -> None:
        """Take no more of this queue, also on connections to come."""
        self._paused.add(queue)
        consumer = self._consumers.get(queue)
        if consumer is not None:
            await consumer.pause()

    async def resume(self, queue: str, *, at_most: int | None = None) -> None:
        """Take of this queue again; without a connection, once there is one."""
        self._paused.discard(queue)
        consumer = self._consumers.get(queue)
        if consumer is None:
            return
        try:
            await guarded(consumer.resume(self._consuming, at_most))
        except AMQP_ERRORS as error:
            _log.info("resume_postponed", queue=queue, error=described(error))
            self._watchdog.wake()

    def paused(self) -> list[str]:
        """Return the queues that are paused."""
        return sorted(self._paused)

    async def stop_consuming(self) -> None:
        """Take no more messages and wait for the handlers at work."""
        await asyncio.gather(*(consumer.stop() for consumer in self._consumers.values()))

    async def close(self) -> None:
        """Cancel what still runs and disconnect, within about five seconds."""
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_SECONDS):
                await self._handlers.stop()
                await asyncio.gather(self._publishing.close(), self._consuming.close())
                await self._tasks.stop()
        except TimeoutError:
            _log.warning("broker_close_gave_up")

    def problems(self) -> list[str]:
        """Return what keeps it from being ready; empty when all is well."""
        found = []
        if not (self._publishing.up and self._publisher.usable):
            found.append("no connection to RabbitMQ for publishing")
        if self._publisher.blocked:
            found.append("RabbitMQ is short of memory or disk and takes no message")
        if self._watching and not self._consuming.up:
            found.append("no connection to RabbitMQ for consuming")
        found += [f"no consumer on {queue}" for queue in self._watchdog.missing()]
        return found

    async def depth(self, queue: str) -> int:
        """Return how many messages wait in a queue or are being handled by this process.

        RabbitMQ does not tell here what other processes have in hand.
        Raises BrokerUnavailableError.
        """
        consumer = self._consumers.get(queue)
        try:
            waiting = await guarded(self._waiting(queue))
        except ChannelClosed:
            raise BrokerUnavailableError(f"there is no queue {queue}") from None
        except AMQP_ERRORS as error:
            raise BrokerUnavailableError(described(error)) from error
        return waiting + (consumer.held if consumer else 0)

    async def backlogs(self, names: Sequence[str]) -> list[Backlog]:
        """Return what waits in these queues, and how many consumers each has."""
        known = [name for name in names if name in self._topology.names]
        try:
            return await guarded(self._backlogs(known))
        except AMQP_ERRORS as error:
            raise BrokerUnavailableError(described(error)) from error

    async def _backlogs(self, names: Sequence[str]) -> list[Backlog]:
        channel = await self._publishing.channel(confirms=False)
        try:
            answers = await census.ask(channel, names)
        except AMQP_ERRORS:
            await close_channel(channel)
            raise
        found = []
        for name, told in zip(names, answers, strict=True):
            consumer, waiting = self._consumers.get(name), told.message_count or 0
            oldest = consumer.taken_at if consumer and waiting else None
            found.append(Backlog(name, waiting, oldest, told.consumer_count))
        await close_channel(channel)
        return found

    async def _waiting(self, queue: str) -> int:
        channel = await self._publishing.channel(confirms=False)
        declared = await channel.declare_queue(queue, passive=True, timeout=5)
        await close_channel(channel)
        return declared.declaration_result.message_count or 0

    async def _republish(self, message: Message, delay: float) -> None:
        await self.publish(message, delay=delay)

    async def _publisher_up(self) -> None:
        await self._declare(self._publishing)
        await self._publisher.open()

    async def _consumer_up(self) -> None:
        # What is handled while nothing can be published would be told late, by a sweeper.
        await self._publishing.until_up(PUBLISHER_SECONDS)
        # Where the publisher's connection is new as well, it has just declared everything.
        if not self._publishing.up or self._publishing.generation == self._declared:
            await self._declare(self._consuming)
        self._declared = self._publishing.generation
        await self._watchdog.subscribe_all()

    async def _declare(self, link: Link) -> None:
        channel: AbstractChannel = await link.channel(confirms=False)
        try:
            await self._topology.declare(channel)
        except ChannelAccessRefused:  # another role's login may
            channel = await link.channel(confirms=False)
            await self._topology.find(channel)
        await close_channel(channel)


def _task_failed(name: str, error: BaseException) -> None:
    _log.error("task_failed", task=name, error=type(error).__name__)

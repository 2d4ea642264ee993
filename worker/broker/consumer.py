"""Takes messages from one RabbitMQ queue and carries out what its handler says.

Why it exists: aio-pika cancels its own callbacks when a connection is lost; here
handlers run in tasks of ours to their end, and an acknowledgement comes after the
outcome is durable. It must not know what a message means.
Source: DESIGN.md, "Broker facts".
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from aio_pika.abc import AbstractChannel
from aiormq import Channel
from aiormq.abc import DeliveredMessage

from worker.broker import codec, settle
from worker.broker.connection import AMQP_ERRORS, Link, close_channel, guarded, underlay
from worker.errors import BrokerUnavailableError, PublishUnknownError
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import Handler, Message
from worker.tasks import TaskGroup

REPUBLISH_DELAYS: Final[tuple[float, ...]] = (0.5, 1, 2, 5, 10)
"""Seconds between tries to publish a retry or a dead letter; then the channel is given up."""

SUBSCRIBE_TIMEOUT_SECONDS: Final = 5.0
CANCEL_TIMEOUT_SECONDS: Final = 2.0

Publish = Callable[[Message, float], Awaitable[None]]
"""Publish a message after a delay in seconds, confirmed."""

_log = structlog.get_logger(__name__)


class Consumer:
    """The subscription to one queue; it outlives channels and connections."""

    def __init__(  # noqa: PLR0913  (two collaborators, as callables)
        self,
        queue: str,
        handler: Handler,
        concurrency: int,
        *,
        user: str,
        publish: Publish,
        on_lost: Callable[[], None],
        tasks: TaskGroup,
    ) -> None:
        """Give the messages of ``queue`` to ``handler``, at most ``concurrency`` at a time.

        ``user`` is our own login; ``on_lost`` is told when it needs to be subscribed again.
        """
        self.queue = queue
        self._handler = handler
        self._concurrency = concurrency
        self._user = user
        self._publish = publish
        self._on_lost = on_lost
        self._tasks = tasks
        self._slots = asyncio.Semaphore(concurrency)
        self._channel: AbstractChannel | None = None
        self._underlay: Channel | None = None
        self._tag = ""
        self._held = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False
        self._subscribing = asyncio.Lock()

    @property
    def lost(self) -> bool:
        """Whether it should be subscribed and, as far as is known here, is not."""
        if self._stopping:
            return False
        return self._channel is None or self._channel.is_closed or not self._tag

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping

    @property
    def held(self) -> int:
        """How many messages are in its hands."""
        return self._held

    async def subscribe(self, link: Link) -> None:
        """Subscribe on a fresh channel and let go of the old. Raises what aio-pika raises."""
        async with self._subscribing:
            if not self._stopping:
                await self._leave()
                async with asyncio.timeout(SUBSCRIBE_TIMEOUT_SECONDS):
                    await self._join(link)

    async def _join(self, link: Link) -> None:
        channel = await link.channel(confirms=False)
        await channel.set_qos(prefetch_count=self._concurrency)
        beneath = await underlay(channel)

        def cancelled_by_broker(_frame: Any) -> None:  # noqa: ANN401
            if self._underlay is beneath:
                self._tag = ""
                self._on_lost()

        async def take(incoming: DeliveredMessage) -> None:
            self._tasks.start(self._process(beneath, incoming), f"handle {self.queue}")

        beneath.on_consumer_cancel_callbacks.add(cancelled_by_broker)
        channel.close_callbacks.add(lambda *_: self._on_lost())
        self._channel, self._underlay = channel, beneath
        self._tag = (await beneath.basic_consume(self.queue, take)).consumer_tag or ""

    async def stop(self) -> None:
        """Take no more, wait for the handlers at work, hand back what was not begun."""
        self._stopping = True
        if self._underlay is not None and self._tag:
            try:
                await guarded(
                    self._underlay.basic_cancel(self._tag, timeout=CANCEL_TIMEOUT_SECONDS)
                )
            except AMQP_ERRORS as error:
                _log.debug("cancel_gave_up", queue=self.queue, error=type(error).__name__)
        await self._idle.wait()
        async with self._subscribing:
            await self._leave()

    async def _leave(self) -> None:
        channel, self._channel = self._channel, None
        self._underlay, self._tag = None, ""
        if channel is not None and not channel.is_closed:
            await close_channel(channel)

    async def _process(self, channel: Channel, incoming: DeliveredMessage) -> None:
        async with self._slots:
            if self._stopping or channel.is_closed:
                return
            self._held += 1
            self._idle.clear()
            try:
                message = codec.decode(self.queue, incoming, user=self._user)
                outcome = await settle.outcome_of(self._handler, message)
                if await self._carry_out(channel, message, outcome):
                    await _acknowledge(channel, incoming)
            finally:
                self._held -= 1
                if not self._held:
                    self._idle.set()

    async def _carry_out(self, channel: Channel, message: Message, outcome: Outcome) -> bool:
        """Make the outcome durable; False if the message must come again instead."""
        match outcome:
            case Ack():
                return True
            case Retry(delay=delay):
                successor = settle.retried(message)
                return await self._republish(channel, successor, max(delay, 1.0))
            case Park():
                successor = settle.parked(message, outcome, datetime.now(UTC))
                return await self._republish(channel, successor, 0)

    async def _republish(self, channel: Channel, message: Message, delay: float) -> bool:
        """Publish with patience; in the end give up the channel, so that all of it comes again."""
        for pause in REPUBLISH_DELAYS:
            try:
                await self._publish(message, delay)
            except (BrokerUnavailableError, PublishUnknownError) as error:
                _log.warning("republish_failed", queue=self.queue, error=type(error).__name__)
            else:
                return True
            if channel.is_closed:
                return False
            await asyncio.sleep(pause)
        self._tag = ""
        self._on_lost()
        return False


async def _acknowledge(channel: Channel, incoming: DeliveredMessage) -> None:
    """Acknowledge; on a channel that died there is nothing to do: the message comes again."""
    if channel.is_closed or incoming.delivery_tag is None:
        return
    try:
        await guarded(channel.basic_ack(incoming.delivery_tag, wait=False))
    except AMQP_ERRORS as error:
        _log.debug("acknowledgement_dropped", error=type(error).__name__)

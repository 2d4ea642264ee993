"""Takes messages from one RabbitMQ queue and carries out what its handler says.

Why it exists: aio-pika cancels its own callbacks when a connection is lost; here
handlers run in tasks of ours to their end, and an acknowledgement comes after the
outcome is durable. It must not know what a message means.
Source: DESIGN.md, "Broker facts".
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from worker.broker import codec, settle
from worker.broker.codec import Incoming
from worker.broker.connection import Link, underlay
from worker.broker.pipe import passed_by
from worker.broker.slots import Slots
from worker.broker.subscription import Subscription
from worker.errors import BrokerUnavailableError, PublishUnknownError
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import Handler, Message
from worker.tasks import TaskGroup

REPUBLISH_DELAYS: Final[tuple[float, ...]] = (0.5, 1, *(2,) * 9)
"""Seconds between tries to publish a retry or a dead letter; then the channel is given up.

Short: meanwhile the message keeps its slot, also when the broker is back.
"""

SUBSCRIBE_TIMEOUT_SECONDS: Final = 5.0

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
        also_ours: Collection[str] = (),
        publish: Publish,
        on_lost: Callable[[], None],
        tasks: TaskGroup,
        paused: bool = False,
    ) -> None:
        """Give the messages of ``queue`` to ``handler``, at most ``concurrency`` at a time.

        ``user`` is our own login, ``also_ours`` those of our other processes;
        ``on_lost`` is told when it needs to be subscribed again.
        """
        self.queue = queue
        self._handler = handler
        self._concurrency = concurrency
        self._user = user
        self._also_ours = also_ours
        self._publish = publish
        self._on_lost = on_lost
        self._tasks = tasks
        self._slots = Slots(concurrency)
        self._current: Subscription | None = None
        self._received = 0
        self._held = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False
        self._paused = paused
        self._subscribing = asyncio.Lock()
        self.taken_at: datetime | None = None
        """When the message was published that was taken last: all that wait are younger."""

    @property
    def wanted(self) -> bool:
        """Whether it should be subscribed: it was told neither to pause nor to stop."""
        return not (self._stopping or self._paused)

    @property
    def lost(self) -> bool:
        """Whether it should be subscribed and, as far as is known here, is not."""
        return self.wanted and (self._current is None or not self._current.alive)

    @property
    def held(self) -> int:
        """How many messages are in its hands, those that wait for their turn included."""
        return self._received

    async def subscribe(self, link: Link) -> None:
        """Subscribe on a fresh channel and let go of the old. Raises what aio-pika raises."""
        async with self._subscribing:
            if self.wanted:
                await self._leave()
                await self._join(link)

    async def pause(self) -> None:
        """Take no more; what is in hand ends by itself, what was not begun goes back once."""
        self._paused = True
        async with self._subscribing:
            await self._retire()

    async def resume(self, link: Link, at_most: int | None) -> None:
        """Take again, at most so many at a time. Raises what aio-pika raises; it is lost then."""
        limit = min(at_most or self._concurrency, self._concurrency)
        async with self._subscribing:
            if self._stopping or (not self._paused and limit == self._slots.limit):
                return
            await self._retire()
            self._slots.resize(limit)
            self._paused = False
            await self._join(link)

    async def stop(self) -> None:
        """Take no more, wait for the handlers at work, hand back what was not begun."""
        self._stopping = True
        if self._current is not None:
            await self._current.cancel()
        await self._idle.wait()
        async with self._subscribing:
            await self._leave()

    async def _join(self, link: Link) -> None:
        async with asyncio.timeout(SUBSCRIBE_TIMEOUT_SECONDS):
            channel = await link.channel(confirms=False)
            await channel.set_qos(prefetch_count=self._slots.limit)
            pipe = await link.pipe(channel)
            joined = Subscription(self.queue, channel, await underlay(channel), pipe)

            def lost(_of: Any = None, _why: Any = None) -> None:  # noqa: ANN401
                if self._current is joined:
                    joined.tag = ""
                    self._on_lost()

            def take(incoming: Incoming) -> None:
                self._tasks.start(self._take(joined, incoming), name)

            name = f"handle {self.queue}"
            pipe.on_delivery = take
            joined.beneath.on_consumer_cancel_callbacks.add(lost)
            channel.close_callbacks.add(lost)
            self._current = joined
            consuming = await joined.beneath.basic_consume(self.queue, passed_by)
            joined.tag = consuming.consumer_tag or ""

    async def _leave(self) -> None:
        left, self._current = self._current, None
        if left is not None:
            left.retired = True
            await left.close()

    async def _retire(self) -> None:
        """Take no more of what is subscribed; its channel closes when nothing is in hand."""
        left, self._current = self._current, None
        if left is not None:
            left.retired = True
            await left.cancel()
            self._tasks.start(left.see_off(), f"see off {self.queue}")

    async def _take(self, of: Subscription, incoming: Incoming) -> None:
        self._received += 1
        self.taken_at = _published_at(incoming) or self.taken_at
        try:
            async with self._slots:
                if self.wanted and not of.retired and not of.over:
                    await self._process(of, incoming)
        finally:
            self._received -= 1

    async def _process(self, of: Subscription, incoming: Incoming) -> None:
        self._begin(of)
        try:
            message = codec.decode(self.queue, incoming, user=self._user, also_ours=self._also_ours)
            outcome = await settle.outcome_of(self._handler, message)
            if await self._carry_out(of, message, outcome):
                of.acknowledge(incoming.delivery_tag)
        finally:
            self._end(of)

    def _begin(self, of: Subscription) -> None:
        of.begin()
        self._held += 1
        self._idle.clear()

    def _end(self, of: Subscription) -> None:
        of.end()
        self._held -= 1
        if not self._held:
            self._idle.set()

    async def _carry_out(self, of: Subscription, message: Message, outcome: Outcome) -> bool:
        """Make the outcome durable; False if the message must come again instead."""
        match outcome:
            case Ack():
                return True
            case Retry(delay=delay):
                successor = settle.retried(message, outcome)
                return await self._republish(of, successor, max(delay, 1.0))
            case Park():
                successor = settle.parked(message, outcome, datetime.now(UTC))
                return await self._republish(of, successor, 0)

    async def _republish(self, of: Subscription, message: Message, delay: float) -> bool:
        """Publish with patience; in the end give up the channel, so that all of it comes again."""
        for pause in REPUBLISH_DELAYS:
            try:
                await self._publish(message, delay)
            except (BrokerUnavailableError, PublishUnknownError) as error:
                _log.warning("republish_failed", queue=self.queue, error=type(error).__name__)
            else:
                return True
            if of.over:
                return False
            await asyncio.sleep(pause)
        of.tag = ""
        self._on_lost()
        return False


def _published_at(incoming: Incoming) -> datetime | None:
    """Return when it was put into the queue; None where that is not known: it was delayed."""
    properties = incoming.header.properties
    at = properties.timestamp
    if not isinstance(at, datetime) or "x-death" in (properties.headers or {}):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)

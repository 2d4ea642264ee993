"""A relay with many channels in virtual time: nothing here waits for a real second.

The event loop's clock jumps to the next timer whenever nothing is ready; broker and store are
small ones in memory, which obey their ports' words as the real ones do in tests/parity.
"""

import asyncio
import selectors
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from contracts.channel import NotifyType
from contracts.envelope import wrap
from contracts.events import ChannelNotification
from contracts.headers import REPLAY_OF, REPLAYED_AT
from contracts.queues import delay_tier, relay_queue
from tests.doubles import NOON
from worker.errors import StoreUnavailableError
from worker.relay.handler import Relay
from worker.relay.lane import ANSWERING, LanePlan, Lanes
from worker.relay.policy import DEFAULT_RETRY_DELAYS, patience
from worker.relay.target import ChannelTarget
from worker.relay.traffic import Traffic
from worker.runtime.breaker import BreakerPlan
from worker.runtime.controlling import ChannelControl, ChannelReport
from worker.runtime.outcome import Ack, Park, Retry
from worker.runtime.ports import Handler, Message, NotificationResult, Store
from worker.tasks import TaskGroup
from worker.translation.delivery import DeliveryResult


class _Jumping(selectors.DefaultSelector):
    """Waits no real time: the loop's clock jumps instead."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout:
            self.loop.passed += timeout
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose seconds cost nothing."""

    def __init__(self) -> None:
        self.passed = 0.0
        selector = _Jumping()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.passed


def in_virtual_time(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a story to its end."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(story())


class LoopClock:
    """The time of the running loop, from noon on."""

    def now(self) -> datetime:
        return NOON + timedelta(seconds=asyncio.get_running_loop().time())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass
class _Queue:
    ready: deque[Message] = field(default_factory=deque)
    handler: Handler | None = None
    concurrency: int = 1
    limit: int = 1
    paused: bool = False
    running: int = 0


class MemoryBroker:
    """Queues with delays, pauses and dead letters, as much as a relay needs."""

    def __init__(self) -> None:
        self.queues: dict[str, _Queue] = {}
        self.dead: list[tuple[Message, Park]] = []
        self.handled: list[tuple[Message, object]] = []
        self._tasks = TaskGroup(lambda _name, error: self.errors.append(error))
        self.errors: list[BaseException] = []

    def _queue(self, name: str) -> _Queue:
        return self.queues.setdefault(name, _Queue())

    async def publish(self, message: Message, *, delay: float = 0) -> None:
        if delay:
            _, seconds = delay_tier(delay)
            asyncio.get_running_loop().call_later(seconds, self._put, message)
        else:
            self._put(message)

    async def consume(self, queue: str, handler: Handler, *, concurrency: int) -> None:
        found = self._queue(queue)
        found.handler, found.concurrency, found.limit = handler, concurrency, concurrency
        self._pump(found)

    async def pause(self, queue: str) -> None:
        self._queue(queue).paused = True

    async def resume(self, queue: str, *, at_most: int | None = None) -> None:
        found = self._queue(queue)
        found.paused, found.limit = False, at_most or found.concurrency
        self._pump(found)

    def waiting(self, app_key: str) -> int:
        return len(self._queue(relay_queue(app_key)).ready)

    def attempts(self, app_key: str) -> list[int]:
        """Return the attempts that the waiting messages of a channel have spent."""
        return [message.attempt for message in self._queue(relay_queue(app_key)).ready]

    def _put(self, message: Message) -> None:
        queue = self._queue(message.queue)
        queue.ready.append(message)
        self._pump(queue)

    def _pump(self, queue: _Queue) -> None:
        while queue.handler and queue.ready and not queue.paused and queue.running < queue.limit:
            queue.running += 1
            self._tasks.start(self._handle(queue, queue.handler, queue.ready.popleft()), "handle")

    async def _handle(self, queue: _Queue, handler: Handler, message: Message) -> None:
        outcome = await handler(message)
        self.handled.append((message, outcome))
        match outcome:
            case Retry():
                again = replace(message, attempt=message.attempt + outcome.counted)
                await self.publish(again, delay=max(outcome.delay, 1))
            case Park():
                self.dead.append((message, outcome))
            case Ack():
                pass
        queue.running -= 1
        self._pump(queue)


class MemoryStore:
    """What the relay keeps, without a disk; ``down``: it does not answer."""

    def __init__(self) -> None:
        self.controls: dict[str, ChannelControl] = {}
        self.reports: list[ChannelReport] = []
        self.results: list[NotificationResult] = []
        self.down = False

    def set(self, app_key: str, **changes: Any) -> None:  # noqa: ANN401  (fields of a control)
        known = self.controls.get(app_key) or ChannelControl(app_key)
        self.controls[app_key] = replace(known, **changes)

    async def channel_controls(self) -> list[ChannelControl]:
        if self.down:
            raise StoreUnavailableError("down")
        return list(self.controls.values())

    async def report_channels(self, reports: Sequence[ChannelReport]) -> None:
        if self.down:
            raise StoreUnavailableError("down")
        self.reports += reports

    async def record_deliveries(self, results: Sequence[NotificationResult]) -> None:
        self.results += results

    async def keep_gone(self, app_key: str, endpoint: str, _at: datetime) -> None:
        known = self.controls.get(app_key) or ChannelControl(app_key)
        self.set(app_key, gone=known.gone | {endpoint})

    async def forget_gone(self, app_key: str, endpoint: str) -> None:
        self.set(app_key, gone=self.controls[app_key].gone - {endpoint})


Endpoint = Callable[[str], Awaitable[DeliveryResult]]
"""What a channel answers to a Webhook-Id."""


class VirtualWorld:
    """Relay, queues and channels; several relays may share one store and one broker."""

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        *,
        delays: Sequence[float] = DEFAULT_RETRY_DELAYS,
        breaker: BreakerPlan = ANSWERING,
        rates: Mapping[str, float] | None = None,
    ) -> None:
        self.clock, self.broker, self.store = LoopClock(), MemoryBroker(), MemoryStore()
        self.endpoints = dict(endpoints)
        self.posts: list[tuple[str, float, str]] = []
        """The channel, when, and which Webhook-Id."""
        self.taken: dict[str, float] = {}
        """When each Webhook-Id was delivered."""
        self.sent_at: dict[str, float] = {}
        waits, rates = patience(delays), rates or {}
        plans = [LanePlan(key, rates.get(key, 0), waits, breaker) for key in endpoints]
        self.lanes = Lanes(plans)
        self.tasks = TaskGroup(lambda _name, error: self.broker.errors.append(error))
        targets = [ChannelTarget(key, key, ("s3cret",), f"http://{key}.test/") for key in endpoints]
        self.relay = Relay(
            targets,
            self,
            cast(Store, self.store),  # what the relay uses of it
            self.clock,
            retry_delays=delays,
            lanes=self.lanes,
        )
        self.traffic = Traffic(
            self.lanes,
            self.broker,  # type: ignore[arg-type]
            self.store,  # type: ignore[arg-type]
            self.clock,
            self.tasks,
        )

    async def start(self, concurrency: int = 4) -> None:
        await self.traffic.start()
        self.tasks.keep(self.traffic.run, "traffic", self.clock)
        for app_key in self.endpoints:
            await self.broker.consume(
                relay_queue(app_key), self.relay.handle, concurrency=concurrency
            )

    async def stop(self) -> None:
        await self.tasks.stop()
        assert self.broker.errors == []

    async def deliver(self, url: str, headers: Mapping[str, str], _body: bytes) -> DeliveryResult:
        app_key = url.removeprefix("http://").partition(".")[0]
        name = headers["Webhook-Id"]
        self.posts.append((app_key, self.now, name))
        answer = await self.endpoints[app_key](name)
        if getattr(answer, "status", 0) == 200:
            self.taken[name] = self.now
        return answer

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def at(self, seconds: float) -> None:
        """Let time pass until then."""
        await asyncio.sleep(seconds - self.now)

    async def tell(self, app_key: str, name: str, *, replay: bool = False) -> None:
        """Publish a notification as the saga's outbox does, or as a replay."""
        content = ChannelNotification(
            webhook_id=name,
            notify_type=NotifyType.VOUCHER,
            app_key=app_key,
            order_num=name,
            channel_order_num=name,
            seq=1,
            created_at=NOON if replay else self.clock.now(),
            params="{}",
        )
        self.sent_at.setdefault(name, self.now)
        body = wrap(content, id=name, time=NOON)
        headers = {REPLAY_OF: "x", REPLAYED_AT: self.clock.now().isoformat()} if replay else {}
        await self.broker.publish(Message(relay_queue(app_key), content.TYPE, body, name, headers))

    def posted(self, app_key: str, since: float = 0) -> list[float]:
        """Return when a channel was posted to."""
        return [at for key, at, _ in self.posts if key == app_key and at >= since]

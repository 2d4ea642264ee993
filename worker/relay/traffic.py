"""Opens and closes the channels' queues as their lanes say, and tells people how they stand.

Why it exists: a message that cannot be sent anyway stays in its queue, where it costs no
attempt; what people decide of a channel reaches every relay process, and what this one
learns reaches them. It must not send anything, nor decide what a lane says.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog

from contracts.queues import relay_queue
from worker.clock import Clock
from worker.errors import StoreUnavailableError
from worker.relay.lane import Flow, Lane, Lanes
from worker.runtime.controlling import ChannelControl, ChannelReport
from worker.runtime.ports import Broker, Store
from worker.tasks import TaskGroup
from worker.telemetry import alarm, resolved
from worker.telemetry.metrics import CHANNEL_BREAKER, CHANNEL_OLDEST_AGE, CHANNEL_PAUSED

TICK_SECONDS: Final = 0.5
TICKS_PER_LOOK: Final = 2
"""How often the store is asked what people decided: once a second."""
REPORT_EVERY: Final = timedelta(seconds=5)
"""How often a channel's last answer is reported, where it has changed; a turn at once."""
REMIND_EVERY: Final = timedelta(seconds=30)
"""How often it is reported again of one that is not well: another process may say otherwise."""

_SHOWN: Final = {"closed": 0, "limited": 1, "half_open": 1, "open": 2}

_log = structlog.get_logger(__name__)


class Traffic:
    """Keeps queues and lanes, and lanes and store, at one."""

    def __init__(
        self, lanes: Lanes, broker: Broker, store: Store, clock: Clock, tasks: TaskGroup
    ) -> None:
        """Steer the queues of ``lanes`` on ``broker``; what takes long runs in ``tasks``."""
        self._lanes = lanes
        self._broker = broker
        self._store = store
        self._clock = clock
        self._tasks = tasks
        self._flows = {lane.app_key: Flow.FLOWING for lane in lanes}
        self._steering: set[str] = set()
        self._flowing_since = {lane.app_key: clock.now() for lane in lanes}
        self._reported: dict[str, ChannelReport] = {}
        lanes.turned = self._turned

    async def start(self) -> None:
        """Learn what people decided, before anything is sent. Raises StoreUnavailableError."""
        await self._obey()
        for lane in self._lanes:
            await self._steer(lane)

    async def run(self) -> None:
        """Look at every lane twice a second, for ever."""
        ticks = 0
        while True:
            await self._clock.sleep(TICK_SECONDS)
            ticks += 1
            try:
                if ticks % TICKS_PER_LOOK == 0:
                    await self._obey()
                    for lane in self._lanes:
                        self._watch(lane)
                for lane in self._lanes:
                    self._turned(lane)
                await self._report()
            except StoreUnavailableError as error:
                _log.warning("channels_not_looked_at", error=str(error))

    # --- the queues ---

    def _turned(self, lane: Lane) -> None:
        """Have its queue follow, if it does not."""
        known = self._flows.get(lane.app_key)
        if known is None or lane.app_key in self._steering:
            return
        if lane.flow(self._clock.now()) is not known:
            self._steering.add(lane.app_key)
            self._tasks.start(self._steer(lane), f"steer {lane.app_key}")

    async def _steer(self, lane: Lane) -> None:
        """Bring the queue to where the lane is, however often that changes meanwhile."""
        self._steering.add(lane.app_key)
        try:
            while (wanted := lane.flow(self._clock.now())) is not self._flows[lane.app_key]:
                await self._let(wanted, relay_queue(lane.app_key))
                self._flows[lane.app_key] = wanted
                self._flowing_since[lane.app_key] = self._clock.now()
                _log.info(
                    "channel_flow",
                    app_key=lane.app_key,
                    flow=wanted.value,
                    paused=lane.paused,
                    breaker=lane.standing(self._clock.now()),
                    answer=lane.last_told,
                )
        finally:
            self._steering.discard(lane.app_key)

    async def _let(self, flow: Flow, queue: str) -> None:
        match flow:
            case Flow.STOPPED:
                await self._broker.pause(queue)
            case Flow.PROBING:
                await self._broker.resume(queue, at_most=1)
            case Flow.FLOWING:
                await self._broker.resume(queue)

    # --- the store ---

    async def _obey(self) -> None:
        before = {lane.app_key: lane.gone_changes for lane in self._lanes}
        controls = {one.app_key: one for one in await self._store.channel_controls()}
        now = self._clock.now()
        for lane in self._lanes:
            known = controls.get(lane.app_key) or ChannelControl(lane.app_key)
            lane.obey(known, now, gone=lane.gone_changes == before[lane.app_key])

    async def _report(self) -> None:
        now = self._clock.now()
        news = [lane.report(now) for lane in self._lanes if self._has_news(lane, now)]
        if news:
            await self._store.report_channels(news)
            self._reported.update({one.app_key: one for one in news})

    def _has_news(self, lane: Lane, now: datetime) -> bool:
        last, standing = self._reported.get(lane.app_key), lane.standing(now)
        if last is None or last.breaker != standing:
            return True
        age = now - last.reported_at
        if age < REPORT_EVERY:
            return False
        if standing != "closed" and age >= REMIND_EVERY:
            return True
        return (last.answered_at, last.oldest_at) != (lane.last_at, lane.undelivered.oldest)

    # --- people ---

    def _watch(self, lane: Lane) -> None:
        """Call a person while there is time, and say when it is over."""
        now = self._clock.now()
        if self._flows[lane.app_key] is Flow.FLOWING:
            lane.undelivered.forget_late(now, self._flowing_since[lane.app_key])
        oldest = lane.undelivered.oldest
        _show(lane, oldest, now)
        risen, over = lane.undelivered.look(now)
        if risen:
            alarm(
                "channel_failing",
                app_key=lane.app_key,
                percent=risen,
                waiting_since=oldest and oldest.isoformat(),
                paused=lane.paused,
                answer=lane.last_told,
            )
        if over:
            resolved("channel_failing", app_key=lane.app_key)


def _show(lane: Lane, oldest: datetime | None, now: datetime) -> None:
    age = 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())
    CHANNEL_OLDEST_AGE.labels(lane.app_key).set(age)
    CHANNEL_PAUSED.labels(lane.app_key).set(lane.paused)
    CHANNEL_BREAKER.labels(lane.app_key).set(_SHOWN[lane.standing(now)])

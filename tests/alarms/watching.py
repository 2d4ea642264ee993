"""A store, time by hand, and as many processes that watch as a test wants."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from contracts import queues
from tests.doubles import HeldClock
from worker.alarms.book import AlarmBook
from worker.alarms.rules import Thresholds
from worker.alarms.watcher import Watcher, WatchPlan
from worker.runtime.alarm_records import AlarmRow
from worker.runtime.ports import Backlog, Broker, Store

PLAN = WatchPlan(thresholds=Thresholds(deadline_share=0), queues=(queues.ORDERS,))


@dataclass
class Queues:
    """As much of a broker as the watcher asks."""

    found: list[Backlog] = field(default_factory=list)

    async def backlogs(self, names: Sequence[str]) -> list[Backlog]:
        assert list(names) == [queues.ORDERS]
        return self.found

    def paused(self) -> list[str]:
        return []


class Watch:
    """A store, time by hand, and as many processes as a test wants."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = HeldClock()
        self.queues = Queues()
        self.book = AlarmBook(store, self.clock, ["ops"], 3_600)

    def process(self, plan: WatchPlan = PLAN) -> Watcher:
        return Watcher(plan, self.book, self.store, cast(Broker, self.queues), self.clock)

    def empty_handed(self) -> None:
        waiting = self.queues.found = []
        waiting.append(Backlog(queues.ORDERS, 5, consumers=0))

    async def opened(self) -> list[tuple[str, str, int]]:
        return sorted((one.kind, one.subject, one.count) for one in await self.store.alarms())

    async def over(self) -> list[AlarmRow]:
        return await self.store.alarms(resolved=True)

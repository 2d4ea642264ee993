"""What a process says of itself."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from prometheus_client import Gauge

from tests.doubles import NOON, HeldClock
from worker.errors import BrokerUnavailableError
from worker.runtime.ports import Backlog, Broker
from worker.runtime.vitals import TICKS_PER_LOOK, Vitals
from worker.telemetry.metrics import (
    LOOP_LAG,
    QUEUE_CONSUMERS,
    QUEUE_OLDEST_AGE,
    QUEUE_WAITING,
    READY,
)


class Queues:
    def __init__(self) -> None:
        self.found: list[Backlog] = []
        self.looks = 0
        self.down = False
        self.looked = asyncio.Condition()

    async def backlogs(self, names: Sequence[str]) -> list[Backlog]:
        assert list(names) == ["vitals"]
        async with self.looked:
            self.looks += 1
            self.looked.notify_all()
        if self.down:
            raise BrokerUnavailableError("away")
        return self.found


def shown(gauge: Gauge) -> float:
    one = gauge.labels("vitals")
    return float(one._value.get())


def vitals(queues: Queues, problems: Sequence[str] = ()) -> Vitals:
    return Vitals(cast(Broker, queues), HeldClock(), ["vitals"], lambda: problems)


async def test_what_waits_is_shown_with_the_age_of_the_oldest() -> None:
    queues = Queues()
    queues.found = [Backlog("vitals", 7, NOON - timedelta(seconds=90), 2)]
    await vitals(queues).look()
    assert (shown(QUEUE_WAITING), shown(QUEUE_OLDEST_AGE), shown(QUEUE_CONSUMERS)) == (7, 90, 2)
    queues.found = [Backlog("vitals", 0)]
    await vitals(queues).look()
    assert (shown(QUEUE_WAITING), shown(QUEUE_OLDEST_AGE), shown(QUEUE_CONSUMERS)) == (0, 0, 2)


async def test_a_clock_that_was_set_back_makes_no_age_below_zero() -> None:
    queues = Queues()
    queues.found = [Backlog("vitals", 1, NOON + timedelta(seconds=9))]
    await vitals(queues).look()
    assert shown(QUEUE_OLDEST_AGE) == 0


async def test_it_looks_now_and_then_and_bears_a_broker_that_is_away() -> None:
    queues = Queues()
    queues.down = True
    before = sum(bucket.get() for bucket in LOOP_LAG._buckets)
    running = asyncio.ensure_future(vitals(queues, ["no connection"]).run())
    async with asyncio.timeout(10), queues.looked:
        await queues.looked.wait_for(lambda: queues.looks >= 3)
    running.cancel()
    assert READY._value.get() == 0
    ticks = sum(bucket.get() for bucket in LOOP_LAG._buckets) - before
    assert 2 * TICKS_PER_LOOK <= ticks <= 3 * TICKS_PER_LOOK

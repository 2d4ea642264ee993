"""A day is compared once, at its hour, by one worker, and goes on where it stopped."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from contracts.zzy import PersonQrCodesAnswer
from tests.doubles import NOON
from tests.reconciliation.beginnings import ISSUED
from tests.runtime.world import NO_CODES, TIMEOUT, ScriptedZzy
from tests.stores import sqlite_store
from worker.reconciliation import Kind
from worker.runtime import snapshot
from worker.runtime.breaker import BreakerPlan
from worker.runtime.gate import Gate
from worker.runtime.ports import NotificationRow, TimelineEntry, Transition
from worker.runtime.reconcilable import Run
from worker.runtime.reconciling import AskedCodes, Plan, Reconciler
from worker.runtime.reconciling_daily import DailyReconciliation, due_days
from worker.saga.states import Order, Terms
from worker.store.sqlite import SqliteStore
from worker.telemetry import metrics
from worker.translation.admission import SHANGHAI
from worker.translation.supplier import Refused, Succeeded

PLAN = Plan(SHANGHAI, rate=10)
DAY = NOON.astimezone(SHANGHAI).date()
AT = time(6, 30)
CODES = '{"IsSuccess":true,"Data":[{"Name":"x","QrCode":"c-1"},{"Name":"y","QrCode":"c-2"}]}'
BOTH = Succeeded(PersonQrCodesAnswer.parse(CODES), "")
UNKNOWN_THERE = Refused("500", "订单不存在", "")


class FastClock:
    """Time that passes as fast as somebody sleeps."""

    def __init__(self) -> None:
        self.at = NOON + timedelta(days=1)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)


class World:
    """Orders in a store, a scripted ZZY, a clock."""

    def __init__(self, store: SqliteStore) -> None:
        self.store, self.zzy, self.clock = store, ScriptedZzy(), FastClock()
        self.gate = Gate(self.clock)

    def reconciler(self) -> Reconciler:
        codes = AskedCodes(self.zzy, self.gate, self.clock, rate=PLAN.rate)
        return Reconciler(self.store, codes, self.clock, PLAN)

    def daily(self) -> DailyReconciliation:
        return DailyReconciliation(self.reconciler(), self.store, self.clock, PLAN, at=AT)

    async def order(self, number: int, *, human: str = "") -> str:
        """Keep an issued order of the day whose vouchers were delivered."""
        num = f"{number:032d}"
        at = NOON + timedelta(seconds=number)
        order: Order = replace(ISSUED, order_num=num, accepted_at=at, terms=Terms(), human=human)
        told = NotificationRow(f"w{number}", num, "k", "voucher", 1, at, status="delivered")
        where = "in front of a human" if order.human else "taken"
        entry = TimelineEntry(at, "ticket_issued", where, order.phase)
        row = snapshot.row(order, 1, at)
        done = await self.store.commit(Transition(row, entries=[entry], notifications=[told]))
        assert done.applied
        return num

    async def found(self, day: date = DAY) -> list[tuple[str, Kind]]:
        return [(one.order_num, one.kind) for one in await self.store.differences(day)]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with sqlite_store(tmp_path) as store:
        yield World(store)


async def test_a_day_without_differences(world: World) -> None:
    for number in range(3):
        await world.order(number)
    world.zzy.will("probe", *[BOTH] * 3)
    run = await world.reconciler().run(DAY)
    assert run is not None
    assert (run.state, run.orders, run.asked, run.unanswered, run.found) == ("done", 3, 3, 0, 0)
    assert await world.found() == []


async def test_zzy_is_asked_no_faster_than_allowed(world: World) -> None:
    for number in range(120):
        await world.order(number)
    world.zzy.will("probe", *[BOTH] * 120)
    before = world.clock.now()
    run = await world.reconciler().run(DAY)
    assert run is not None
    assert run.orders == 120
    assert (world.clock.now() - before).total_seconds() >= 120 / PLAN.rate - 0.001


async def test_what_zzy_does_not_know_and_does_not_answer(world: World) -> None:
    first, second = await world.order(1), await world.order(2)
    world.zzy.will("probe", UNKNOWN_THERE, TIMEOUT, TIMEOUT, TIMEOUT)
    run = await world.reconciler().run(DAY)
    assert run is not None
    assert (run.unanswered, run.found) == (1, 2)
    assert await world.found() == [(first, Kind.ISSUED_NO_CODES), (second, Kind.NOT_COMPARED)]


async def test_an_order_that_changes_meanwhile_is_looked_at_again(world: World) -> None:
    num = await world.order(1)

    async def moved() -> object:
        row = (await world.store.load(num)).row
        order = snapshot.read(row)
        assert order is not None
        late = replace(order, vouchers=(), vouchers_told=0)
        await world.store.commit(Transition(snapshot.row(late, 2, world.clock.now())))
        return NO_CODES

    world.zzy.will("probe", moved, NO_CODES)
    run = await world.reconciler().run(DAY)
    assert run is not None
    assert await world.found() == []


async def test_since_when_it_is_in_front_of_a_human(world: World) -> None:
    num = await world.order(1, human="look")
    world.clock.at = NOON + timedelta(hours=3)
    world.zzy.will("probe", BOTH, BOTH)
    await world.reconciler().run(DAY)
    assert await world.found() == []
    world.clock.at = NOON + timedelta(hours=4, minutes=1)
    await world.reconciler().run(DAY, again=True)
    assert await world.found() == [(num, Kind.HUMAN_WAITING)]


async def test_it_stops_while_zzy_is_silent_and_goes_on_where_it_stopped(world: World) -> None:
    for number in range(60):
        await world.order(number)
    plan = BreakerPlan(in_row=2, lasting=0, first_delay=600, longest_delay=600)
    world.gate = Gate(world.clock, plan)

    async def orders_meet_a_silent_zzy() -> object:
        for _ in range(2):
            permit = world.gate.admit()
            assert permit is not None
            world.gate.note(permit, "another order", TIMEOUT)
        return BOTH

    world.zzy.will("probe", *[BOTH] * 52, orders_meet_a_silent_zzy)
    run = await world.reconciler().run(DAY)
    assert run is not None
    assert (run.state, run.orders) == ("running", 50)
    world.gate = Gate(world.clock)
    world.zzy.will("probe", *[BOTH] * 10)
    run = await world.reconciler().run(DAY)
    assert run is not None
    assert (run.state, run.orders) == ("done", 60)
    assert len(world.zzy.calls) == 53 + 10


async def test_it_stops_where_nothing_is_answered_and_no_order_is_stopped_by_it(
    world: World,
) -> None:
    for number in range(30):
        await world.order(number)
    world.gate = Gate(world.clock, BreakerPlan(in_row=2, lasting=0))
    world.zzy.will("probe", *[TIMEOUT] * 30)
    run = await world.reconciler().run(DAY)
    assert run is not None
    assert (run.state, run.orders, len(world.zzy.calls)) == ("running", 0, 30)
    assert world.gate.admit() is not None


async def test_a_worker_that_died_is_followed_after_its_lease(world: World) -> None:
    await world.order(1)

    async def death() -> object:
        raise RuntimeError("killed")

    world.zzy.will("probe", death)
    with pytest.raises(RuntimeError):
        await world.reconciler().run(DAY)
    assert await world.reconciler().run(DAY) is None
    world.clock.at += timedelta(seconds=301)
    world.zzy.will("probe", BOTH)
    run = await world.reconciler().run(DAY)
    assert run is not None
    assert (run.state, run.orders) == ("done", 1)


# --- the schedule ---------------------------------------------------------------------------


def moment(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, minute, tzinfo=SHANGHAI)


def done(*days: int) -> list[Run]:
    return [Run(date(2026, 5, day), "done", NOON) for day in days]


@pytest.mark.parametrize(
    ("now", "runs", "due"),
    [
        (moment(10, 6, 29), [], [8]),
        (moment(10, 6, 30), [], [9]),
        (moment(10, 6, 30), done(9), []),
        (moment(10, 6, 29), done(8), []),
        (moment(10, 23), done(5, 7), [6, 8, 9]),
        (moment(10, 23), done(1), [3, 4, 5, 6, 7, 8, 9]),
        (moment(10, 23), [replace(done(8)[0], state="running")], [8, 9]),
    ],
)
def test_which_days_are_due(now: datetime, runs: list[Run], due: list[int]) -> None:
    assert [day.day for day in due_days(now, PLAN, AT, runs)] == due


async def test_each_day_is_compared_once_though_several_workers_look(world: World) -> None:
    await world.order(1)
    world.clock.at = datetime.combine(DAY + timedelta(days=1), AT, SHANGHAI)
    world.zzy.will("probe", BOTH)
    for _ in range(3):
        await world.daily().look()
    assert world.zzy.calls == ["probe"]
    assert [run.day for run in await world.store.reconciliations()] == [DAY]


async def test_differences_raise_an_alarm(world: World) -> None:
    await world.order(1)
    world.clock.at = datetime.combine(DAY + timedelta(days=1), AT, SHANGHAI)
    world.zzy.will("probe", NO_CODES)
    counter = metrics.ALARMS.labels("reconciliation_differs")
    before = counter._value.get()
    await world.daily().look()
    assert counter._value.get() == before + 1

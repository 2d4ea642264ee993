"""Samples: taken by one of several, counted whole, fewer as they grow old."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.queues import ORDERS, relay_queue
from tests.doubles import NOON, HeldClock
from tests.parity.store.kit import commit, full, notification
from tests.reconciliation.beginnings import ISSUED
from tests.stores import sqlite_store
from worker.errors import BrokerUnavailableError
from worker.runtime import snapshot
from worker.runtime.alarm_records import RaisedAlarm, Severity, Telling
from worker.runtime.controlling import ChannelReport
from worker.runtime.failure_reasons import REASONS
from worker.runtime.ports import Backlog, NotificationResult, TimelineEntry, Transition
from worker.runtime.pressure import UNSAID_SECONDS
from worker.runtime.sampler import LAG, SECONDS, Sampler, begin_of
from worker.runtime.sampling import Sample, Waiting, bucket_of, histogram, merged, percentile
from worker.saga.states import Ending, Failure, Order, PastRefund, Phase, Refund
from worker.store.sqlite import SqliteStore

DAY = timedelta(days=1)


@dataclass
class Queues:
    """A broker that is asked for nothing else."""

    waiting: Sequence[Backlog] = ()
    away: bool = False

    async def backlogs(self, names: Sequence[str]) -> list[Backlog]:
        if self.away:
            raise BrokerUnavailableError
        return [one for one in self.waiting if one.queue in names]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    async with sqlite_store(tmp_path) as opened:
        yield opened


def sampler(store: SqliteStore, clock: HeldClock, broker: Queues | None = None) -> Sampler:
    queues = {ORDERS: "orders", relay_queue("k"): "relay.k"}
    return Sampler(store, broker or Queues(), clock, queues=queues, keep_days=90)


async def order(store: SqliteStore, name: str, clock: HeldClock, seconds_ago: float) -> None:
    at = clock.now() - timedelta(seconds=seconds_ago)
    assert (await store.commit(full(name, created_at=at))).applied


async def test_a_sample_holds_what_happened_and_how_things_stand(store: SqliteStore) -> None:
    clock = HeldClock()
    clock.advance(LAG)
    for name, ago in (("before", SECONDS + LAG + 1), ("one", SECONDS + LAG), ("late", LAG)):
        await order(store, name, clock, ago)
    done = clock.now() - timedelta(seconds=LAG + 1)
    await store.record_deliveries([NotificationResult("hook-one-1", "delivered", 1, "", done)])
    since = clock.now() - timedelta(seconds=90)
    await store.report_channels([ChannelReport("k", since, "open", oldest_at=since)])
    broker = Queues([Backlog(ORDERS, 4, NOON), Backlog(relay_queue("k"), 7), Backlog("x", 1)])
    taken = await sampler(store, clock, broker).sample()
    assert taken.at == NOON - timedelta(seconds=SECONDS)
    assert taken.orders == 1
    assert taken.latencies == {bucket_of(SECONDS - 1): 1}
    assert taken.queues["orders"] == Waiting(4, LAG)
    assert taken.queues["relay.k"] == Waiting(7, 90)
    assert taken.channels == {"k": "open"}
    assert await store.samples(taken.at, clock.now()) == [taken]


async def test_a_broker_that_is_away_leaves_the_rest(store: SqliteStore) -> None:
    clock = HeldClock()
    await order(store, "one", clock, SECONDS)
    taken = await sampler(store, clock, Queues(away=True)).sample()
    assert (taken.orders, "orders" in taken.queues) == (0, False)


@pytest.mark.parametrize("days", [0, 1, 10, 40])
async def test_old_samples_become_fewer_and_lose_no_count(store: SqliteStore, days: int) -> None:
    clock = HeldClock()
    begin = NOON - days * DAY - timedelta(hours=3)
    for number in range(720):
        at = begin + timedelta(seconds=SECONDS * number)
        await store.add_sample(Sample(at, SECONDS, orders=1, latencies={number % 3: 1}))
    await sampler(store, clock).thin()
    await sampler(store, clock).thin()
    kept = await store.samples(begin - DAY, clock.now())
    assert sum(one.orders for one in kept) == 720
    assert sum(sum(one.latencies.values()) for one in kept) == 720
    assert {one.seconds for one in kept} == {0: {10, 60}, 1: {60}, 10: {600}, 40: {3600}}[days]
    for one in kept:
        assert begin_of(one.at, one.seconds) == one.at


async def test_the_oldest_are_forgotten(store: SqliteStore) -> None:
    clock = HeldClock()
    await store.add_sample(Sample(NOON - 91 * DAY, SECONDS))
    await store.add_sample(Sample(NOON - 89 * DAY, SECONDS))
    await sampler(store, clock).thin()
    assert len(await store.samples(NOON - 100 * DAY, NOON)) == 1


async def test_of_two_processes_one_samples(store: SqliteStore) -> None:
    clock = HeldClock()
    now = clock.now()
    first = [await store.claim_sync("console.sample", now, interval=9) for _ in range(2)]
    assert first == [True, False]


def test_percentiles_are_as_exact_as_a_bucket() -> None:
    latencies = [number / 10 for number in range(1, 1001)]
    counted = histogram(latencies)
    for share in (0.5, 0.95, 0.99):
        exact = latencies[int(share * 1000) - 1]
        told = percentile(counted, share)
        assert told is not None
        assert exact <= told <= exact * 1.1
    assert percentile({}, 0.5) is None
    assert percentile(histogram([0.0, 0.001]), 0.5) == pytest.approx(0.01)


def test_merged_samples_show_the_worst() -> None:
    one = Sample(NOON, 10, queues={"orders": Waiting(3, 1)}, channels={"k": "closed"}, human=1)
    worse = replace(one, queues={"orders": Waiting(1, 9)}, channels={"k": "open", "m": "paused"})
    both = merged(NOON, 60, [one, worse, replace(one, zzy_down=True)])
    assert both.queues == {"orders": Waiting(3, 9)}
    assert both.channels == {"k": "open", "m": "paused"}
    assert both.zzy_down
    failed = [replace(one, failures={"order_3008": 1}), replace(one, failures={"order_3008": 2})]
    assert merged(NOON, 60, failed).failures == {"order_3008": 3}
    assert both.human == 1


async def failed(store: SqliteStore, num: str, change: Order, ago: float) -> None:
    """Commit an order that came into its phase so many seconds ago."""
    at = NOON - timedelta(seconds=ago)
    made = snapshot.row(replace(change, order_num=num), 1, at)
    told = notification(f"told-{num}", num, type="refund", created_at=at)
    entries = [TimelineEntry(at, "create_refused", "", change.phase)]
    await commit(store, Transition(made, entries, notifications=[told] if change.refunds else ()))


async def test_what_failed_is_counted_by_reason(store: SqliteStore) -> None:
    clock = HeldClock()
    refused = replace(ISSUED, phase=Phase.REFUSED)
    for number, code in enumerate(("3008", "3008", "3009", "ours", "")):
        failure = Failure(code, "words of ZZY") if code else None
        await failed(store, f"o{number}", replace(refused, failure=failure), 3 + number)
    await failed(store, "late", replace(refused, failure=Failure("3002", "")), -1)
    await failed(store, "ticket", replace(ISSUED, phase=Phase.TICKET_FAILED), 9)
    ends = [PastRefund(Refund(f"R{one}", 1), one, 1) for one in Ending]
    for number, one in enumerate(ends):
        await failed(store, f"r{number}", replace(ISSUED, refunds=(one,)), 5)
    later = replace(ISSUED, refunds=(ends[0], ends[1]))
    await failed(store, "again", later, -1)
    clock.advance(LAG)
    taken = await sampler(store, clock).sample()
    assert taken.failures == {
        "order_3008": 2,
        "order_3009": 1,
        "order_other": 2,
        "ticket_failed": 1,
        "refund_rejected": 1,
    }
    assert set(taken.failures) <= set(REASONS)
    assert await store.samples(taken.at, clock.now()) == [taken]


async def test_zzy_is_down_while_any_process_says_so(store: SqliteStore) -> None:
    clock = HeldClock()
    down = RaisedAlarm("zzy_down", "", Severity.CRITICAL, "ZZY does not answer", clock.now())
    await store.raise_alarm(down, Telling())
    assert (await sampler(store, clock).sample()).zzy_down
    clock.advance(SECONDS + UNSAID_SECONDS)
    assert not (await sampler(store, clock).sample()).zzy_down, "its process died"
    await store.raise_alarm(replace(down, at=clock.now()), Telling())
    clock.advance(SECONDS)
    assert (await sampler(store, clock).sample()).zzy_down
    await store.resolve_alarm("zzy_down", "", clock.now(), "worker", ())
    clock.advance(SECONDS)
    assert not (await sampler(store, clock).sample()).zzy_down

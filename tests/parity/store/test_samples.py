"""What is counted of the work, and what is kept of it."""

from dataclasses import replace

import pytest

from tests.parity.store.kit import NOW, after, commit, full, letter, notification
from worker.runtime.ports import NotificationResult, Store
from worker.runtime.sampling import Sample, Tally, Waiting

SAMPLE = Sample(
    NOW.replace(microsecond=0),
    10,
    orders=3,
    refused=1,
    latencies={7: 2, 0: 1},
    letters={"delivery_failed": 4},
    queues={"ticketbridge.orders": Waiting(5, 1.5)},
    channels={"k": "open"},
    zzy_down=True,
    human=2,
    letters_open=9,
    failures={"order_3008": 2},
)


async def settled(store: Store, hook: str, seconds: float, status: str = "delivered") -> None:
    await store.record_deliveries([NotificationResult(hook, status, 1, "200", after(seconds))])


async def test_nothing_is_counted_of_nothing(store: Store) -> None:
    assert await store.tally(NOW, after(10)) == Tally(latencies=[])


async def test_orders_are_counted_where_they_were_taken(store: Store) -> None:
    for number, seconds in enumerate((-1, 0, 9.999, 10)):
        await commit(store, full(f"o{number}", created_at=after(seconds), phase="refused"))
    await commit(store, full("o9", created_at=after(5)))
    tally = await store.tally(NOW, after(10))
    assert (tally.orders, tally.refused) == (3, 2)


async def test_the_way_of_a_voucher_counts_from_its_order(store: Store) -> None:
    for name in ("a", "b", "c", "d"):
        await commit(store, full(name, created_at=NOW))
    again = notification("again", "a", seq=2)
    await commit(store, replace(full("a", 2), notifications=[again], inbox=[], outbox=[]))
    await settled(store, "hook-a-1", 12.5)
    await settled(store, "again", 13)
    await settled(store, "hook-b-1", 20)
    await settled(store, "hook-c-1", 15, "dead")
    tally = await store.tally(after(10), after(20))
    assert tally.latencies == [pytest.approx(12.5)]


async def test_only_what_died_lately_is_counted(store: Store) -> None:
    for number, seconds in enumerate((-1, 0, 5, 10)):
        at = after(seconds)
        await store.add_dead_letter(letter(f"d{number}", first_failed_at=at, last_failed_at=at))
    await store.add_dead_letter(letter("n", kind="no_url", last_failed_at=after(1)))
    assert (await store.tally(NOW, after(10))).letters == {"relay_gave_up": 2, "no_url": 1}


async def test_a_sample_is_kept_whole(store: Store) -> None:
    await store.add_sample(SAMPLE)
    await store.add_sample(replace(SAMPLE, orders=99))
    empty = Sample(after(10), 10)
    await store.add_sample(empty)
    assert await store.samples(SAMPLE.at, after(20)) == [SAMPLE, empty]
    assert await store.samples(after(0.5), after(10)) == []


async def test_a_longer_sample_takes_the_place_of_shorter_ones(store: Store) -> None:
    begin = SAMPLE.at
    short = [replace(SAMPLE, at=begin.replace(second=second)) for second in (10, 20, 50)]
    outside = replace(SAMPLE, at=begin.replace(minute=begin.minute + 1, second=0))
    for one in (*short, outside):
        await store.add_sample(one)
    minute = replace(SAMPLE, at=begin.replace(second=0), seconds=60, orders=9)
    await store.merge_samples(minute)
    await store.merge_samples(minute)
    assert await store.samples(minute.at, after(3600)) == [minute, outside]
    hour = replace(minute, at=begin.replace(minute=0, second=0), seconds=3600, orders=12)
    await store.merge_samples(hour)
    assert await store.samples(hour.at, after(7200)) == [hour]


async def test_old_samples_are_forgotten(store: Store) -> None:
    for second in (0, 10, 20):
        await store.add_sample(replace(SAMPLE, at=SAMPLE.at.replace(second=second)))
    assert await store.drop_samples(SAMPLE.at.replace(second=20)) == 2
    assert await store.drop_samples(SAMPLE.at.replace(second=20)) == 0

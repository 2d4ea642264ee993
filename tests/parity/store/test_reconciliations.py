"""What a reconciliation reads of a day, and where it keeps what it found: on both stores."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.parity.store.kit import (
    NOW,
    ODD_STRINGS,
    Opener,
    after,
    commit,
    full,
    held,
    letter,
    message,
    order_row,
)
from worker.reconciliation import Difference, Kind
from worker.runtime.lettering import Replayed
from worker.runtime.ports import Booking, Store, Transition
from worker.runtime.reconcilable import Kept, Reached, Run, Span
from worker.saga.accounting import Movement, MovementKind

DAY = date(2026, 3, 1)
SPAN = Span(NOW, NOW + timedelta(days=1))
BEGUN = Run(DAY, "running", NOW)


def difference(num: str = "o1", kind: Kind = Kind.UNSETTLED, **changes: Any) -> Difference:  # noqa: ANN401
    one = Difference(DAY, kind, num, "k", f"channel-{num}", "7", Decimal("12.34"), "why", "d1")
    return replace(one, **changes)


def kept(run: Run, *found: Difference, lease: float = 100) -> Kept:
    return Kept(run, found, after(lease))


async def test_a_day_is_read_in_portions(store: Store) -> None:
    times = {"before": -1.0, "a": 0, "b": 5, "c": 5, "d": 86_399, "after": 86_400}
    for num, seconds in times.items():
        await commit(store, Transition(order_row(num, created_at=after(seconds))))
    await commit(store, Transition(order_row("gone", created_at=NOW, erased_at=NOW)))
    first = await store.orders_of(SPAN, after=None, limit=2)
    assert [row.order_num for row in first] == ["a", "b"]
    place = Reached(first[-1].created_at, "b")
    rest = await store.orders_of(SPAN, after=place, limit=10)
    assert [row.order_num for row in rest] == ["c", "d"]
    assert list(await store.orders_of(SPAN, after=Reached(after(86_399), "d"), limit=9)) == []


async def test_what_belongs_to_orders(store: Store) -> None:
    await store.book(Booking("t", "k", "top_up", Decimal(99), "", "ann", NOW))
    first = replace(
        full("o1", zzy_order_id="7"), movements=[Movement("m", MovementKind.HOLD, Decimal(5))]
    )
    await commit(store, first)
    await commit(store, full("o2"))
    await commit(store, full("o3"))
    for name, num, state in (("d1", "o1", "open"), ("d2", "o3", "open"), ("d3", "o1", "open")):
        one = letter(name, order_num=num, state=state, message=message(f"dead-{name}"))
        await store.add_dead_letter(one)
    await store.mark_replayed(Replayed(["d3"], NOW, NOW))
    await store.hold_notice(held("h1", zzy="7"))
    await store.hold_notice(held("h2", num="o2"))
    await store.hold_notice(held("h3", num="o3", zzy="8"))
    rows = list(await store.orders_of(SPAN, after=None, limit=9))[:2]
    beside = await store.belongings(rows)
    assert sorted(one.order_num for one in beside.notifications) == ["o1", "o2"]
    assert [(one.order_num, one.amount) for one in beside.entries] == [("o1", Decimal(5))]
    assert [one.id for one in beside.letters] == ["d1"]
    assert sorted(one.id for one in beside.held) == ["h1", "h2"]


async def test_notices_of_orders_never_heard_of(store: Store) -> None:
    unknown = letter("d1", kind="notice_unknown_order")
    await store.add_dead_letter(unknown)
    await store.add_dead_letter(letter("d2"))
    await store.add_dead_letter(
        letter("d3", kind="notice_unknown_order", first_failed_at=after(-1), last_failed_at=NOW)
    )
    assert [one.id for one in await store.letters_without_order(SPAN, limit=9)] == ["d1"]
    assert await store.letters_without_order(SPAN, limit=0) == []


async def test_a_day_is_compared_by_one(open_store: Opener) -> None:
    stores = [await open_store(), await open_store()]
    claims = await asyncio.gather(
        *(
            stores[n % 2].claim_reconciliation(DAY, f"t{n}", NOW, lease=60, again=bool(n % 3))
            for n in range(8)
        )
    )
    assert [one for one in claims if one] == [BEGUN]
    assert await stores[0].reconciliations() == [BEGUN]


async def test_who_comes_after_a_death_goes_on(open_store: Opener) -> None:
    first, second = await open_store(), await open_store()
    await first.claim_reconciliation(DAY, "t1", NOW, lease=60)
    far = replace(BEGUN, reached=Reached(after(5), "o2"), orders=2, asked=2, unanswered=1, found=1)
    assert await first.keep_reconciled("t1", kept(far, difference()))
    assert await second.claim_reconciliation(DAY, "t2", after(99), lease=60, again=True) is None
    assert await second.claim_reconciliation(DAY, "t2", after(100), lease=60) == far
    assert not await first.keep_reconciled("t1", kept(BEGUN, difference("late")))
    assert await second.differences(DAY) == [difference()]
    done = replace(far, state="done", finished_at=after(101), found=2)
    assert await second.keep_reconciled("t2", kept(done, difference("o2")))
    assert not await second.keep_reconciled("t2", kept(BEGUN))
    assert await first.reconciliations() == [done]


async def test_a_day_that_is_done_begins_anew_when_asked_alone(store: Store) -> None:
    await store.claim_reconciliation(DAY, "t1", NOW, lease=60)
    far = replace(BEGUN, reached=Reached(after(5), "o2"), orders=2, found=1)
    await store.keep_reconciled("t1", kept(far, difference()))
    done = replace(far, state="done", finished_at=after(9))
    await store.keep_reconciled("t1", kept(done))
    assert await store.claim_reconciliation(DAY, "t2", after(500), lease=60) is None
    assert await store.differences(DAY) == [difference()]
    anew = await store.claim_reconciliation(DAY, "t3", after(500), lease=60, again=True)
    assert anew == Run(DAY, "running", after(500))
    assert await store.differences(DAY) == []


async def test_what_was_found_comes_back_as_it_was(store: Store) -> None:
    odd = [
        difference(f"o{n}", Kind.CODES_DIFFER, channel_order_num=text, detail=text, letter_id="")
        for n, text in enumerate(ODD_STRINGS)
    ]
    found = [difference("o1", Kind.UNSETTLED, money=Decimal("0.12345")), *odd]
    await store.claim_reconciliation(DAY, "t1", NOW, lease=60)
    assert await store.keep_reconciled("t1", kept(BEGUN, *found))
    again = replace(odd[0], detail="seen again")
    assert await store.keep_reconciled("t1", kept(BEGUN, again))
    back = await store.differences(DAY)
    expected = [again, *odd[1:], replace(found[0], money=Decimal("0.1235"))]
    assert back == expected
    assert await store.differences(DAY + timedelta(days=1)) == []


async def test_the_latest_days_come_first(store: Store) -> None:
    days = [DAY + timedelta(days=number) for number in range(3)]
    for day in days:
        await store.claim_reconciliation(day, "t", NOW, lease=60)
    assert [one.day for one in await store.reconciliations(limit=2)] == days[:0:-1]

"""Accounts: what orders move in their own commit, and what people book."""

import asyncio
from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.parity.store.kit import NOW, Opener, after, commit, entry, message, order_row
from worker.errors import StoreRefusedError
from worker.runtime.ports import Account, Booked, Booking, Committed, InboxEntry, Store, Transition
from worker.saga.accounting import Movement, MovementKind

HOLD, CHARGE = MovementKind.HOLD, MovementKind.CHARGE
RELEASE, CREDIT = MovementKind.RELEASE, MovementKind.CREDIT


def moves(
    num: str, version: int, *kinds: MovementKind, amount: str = "100", app_key: str = "k"
) -> Transition:
    """Return a transition that moves the account and writes an inbox id and a message."""
    return Transition(
        order_row(num, version, app_key=app_key),
        entries=[entry()],
        inbox=[InboxEntry(f"in-{num}-{version}")],
        outbox=[message(f"out-{num}-{version}")],
        movements=[Movement(f"{num}:{kind}:{version}", kind, Decimal(amount)) for kind in kinds],
    )


async def top_up(store: Store, amount: str, number: str = "t1", app_key: str = "k") -> Booked:
    return await store.book(
        Booking(number, app_key, "top_up", Decimal(amount), "bank 42", "ann", NOW)
    )


async def standing(store: Store) -> tuple[Decimal, Decimal]:
    account = await store.account("k")
    assert account is not None
    return account.balance, account.held


async def sums(store: Store, app_key: str = "k") -> Account:
    """Check that the account is the sum of its entries, each of which tells the sum so far."""
    account = await store.account(app_key)
    assert account is not None
    balance = held = Decimal(0)
    entries = await store.account_entries(app_key)
    assert [one.seq for one in entries] == list(range(1, account.entries + 1))
    for one in entries:
        if one.kind in set(MovementKind):
            moved = Movement(one.id, MovementKind(one.kind), one.amount)
            balance, held = balance + moved.on_balance, held + moved.on_held
        else:
            balance += one.amount
        assert (one.balance_after, one.held_after) == (balance, held)
        assert balance >= held >= 0
    assert (account.balance, account.held) == (balance, held)
    assert [one.at for one in entries] == sorted(one.at for one in entries)
    return account


async def test_there_is_no_account_before_its_first_entry(store: Store) -> None:
    assert await store.account("k") is None
    assert await store.accounts() == []
    assert await store.account_entries("k") == []


async def test_an_orders_life_on_the_account(store: Store) -> None:
    await top_up(store, "1000.0001")
    held = await store.commit(moves("o1", 1, HOLD, amount="120.5"))
    assert held.applied
    assert held.available == Decimal("879.5001")
    assert await standing(store) == (Decimal("1000.0001"), Decimal("120.5"))
    await store.commit(moves("o1", 2, CHARGE, amount="120.5"))
    assert await standing(store) == (Decimal("879.5001"), 0)
    credited = await store.commit(moves("o1", 3, CREDIT, amount="60.25"))
    assert credited.available == Decimal("939.7501")
    await sums(store)
    last = (await store.account_entries("k"))[-1]
    assert (last.seq, last.kind, last.order_num, last.by) == (4, "credit", "o1", "")
    assert last.amount == Decimal("60.25")


async def test_several_movements_of_one_step_are_told_one_by_one(store: Store) -> None:
    await top_up(store, "100")
    await store.commit(moves("o1", 1, HOLD))
    await store.commit(moves("o1", 2, CHARGE, CREDIT))
    assert [one.balance_after for one in await store.account_entries("k")] == [100, 100, 0, 100]
    await sums(store)


@pytest.mark.parametrize("funds", ["0", "99.9999"])
async def test_a_hold_that_the_account_cannot_bear_writes_nothing(store: Store, funds: str) -> None:
    if funds != "0":
        await top_up(store, funds)
    done = await store.commit(moves("o1", 1, HOLD))
    assert done == Committed(applied=False, short=True)
    loaded = await store.load("o1", ["in-o1-1"])
    assert (loaded.row, dict(loaded.seen)) == (None, {})
    assert await store.claim_unsent(after(99), older_than=0, limit=9, lease=1) == []
    await top_up(store, "100", "t2")
    assert (await store.commit(moves("o1", 1, HOLD))).applied
    await sums(store)


async def test_an_id_that_nobody_looked_for_is_not_taken_for_an_empty_account(
    store: Store,
) -> None:
    await top_up(store, "100")
    await commit(store, moves("o1", 1, HOLD))
    late = replace(moves("o1", 2, CHARGE), unread=["in-o1-1"])
    assert await store.commit(late) == Committed(applied=False)
    await commit(store, replace(late, unread=["in-o1-2"]))
    await sums(store)


async def test_who_is_late_is_late_whether_or_not_the_account_is_short(store: Store) -> None:
    await top_up(store, "150")
    assert (await store.commit(moves("o1", 1, HOLD))).applied
    assert await store.commit(moves("o1", 1, HOLD)) == Committed(applied=False)
    assert await standing(store) == (150, 100)
    assert not (await store.commit(moves("o1", 3, RELEASE))).applied
    assert (await sums(store)).entries == 2


async def test_nothing_more_is_charged_than_is_held(store: Store) -> None:
    await top_up(store, "500")
    await store.commit(moves("o1", 1, HOLD))
    with pytest.raises(StoreRefusedError):
        await store.commit(moves("o1", 2, CHARGE, amount="100.0001"))
    assert await standing(store) == (500, 100)
    assert (await sums(store)).entries == 2


async def test_the_same_key_is_never_booked_twice(store: Store) -> None:
    await top_up(store, "500")
    await store.commit(moves("o1", 1, HOLD))
    again = moves("o1", 2)
    repeated = Movement("o1:hold:1", HOLD, Decimal(100))
    with pytest.raises(StoreRefusedError):
        await store.commit(Transition(again.row, movements=[repeated]))
    assert await standing(store) == (500, 100)


async def test_accounts_are_kept_apart(store: Store) -> None:
    await top_up(store, "100", "t1", "b")
    await top_up(store, "200", "t2", "a")
    await store.commit(moves("o1", 1, HOLD, app_key="a"))
    assert [(one.app_key, one.available) for one in await store.accounts()] == [
        ("a", 100),
        ("b", 100),
    ]


async def test_no_money_is_held_twice_by_orders_at_once(open_store: Opener) -> None:
    stores = [await open_store() for _ in range(2)]
    await top_up(stores[0], "2000")
    done = await asyncio.gather(
        *(stores[n % 2].commit(moves(f"o{n}", 1, HOLD)) for n in range(60)),
        *(stores[n % 2].commit(moves(f"o{n}", 1, HOLD)) for n in range(60)),
    )
    told = Counter((one.applied, one.short) for one in done)
    assert told[True, False] == 20
    assert {one.available for one in done if one.applied} == {100 * n for n in range(20)}
    account = await sums(stores[1])
    assert (account.balance, account.held, account.entries) == (2000, 2000, 21)


async def test_who_loses_a_race_for_an_order_is_never_told_that_the_account_is_short(
    open_store: Opener,
) -> None:
    stores = [await open_store() for _ in range(2)]
    await top_up(stores[0], "2000")
    for number in range(20):
        num = f"o{number}"
        assert (await stores[0].commit(moves(num, 1, HOLD))).applied
        done = await asyncio.gather(*(store.commit(moves(num, 2, CHARGE)) for store in stores))
        assert sorted((one.applied, one.short) for one in done) == [(False, False), (True, False)]
    await sums(stores[1])


async def test_orders_and_people_at_once(open_store: Opener) -> None:
    stores = [await open_store() for _ in range(2)]
    await top_up(stores[0], "1000")

    async def live(number: int) -> None:
        store = stores[number % 2]
        if not (await store.commit(moves(f"o{number}", 1, HOLD))).applied:
            return
        last = (CHARGE, CREDIT) if number % 3 else (RELEASE,)
        await store.commit(moves(f"o{number}", 2, *last[:1]))
        if last[1:]:
            await store.commit(moves(f"o{number}", 3, *last[1:], amount="50"))

    await asyncio.gather(
        *(live(number) for number in range(30)),
        *(top_up(store, "10", f"t{n}") for n in range(2, 12) for store in stores),
    )
    account = await sums(stores[0])
    assert account.held == 0
    kinds = Counter(one.kind for one in await stores[0].account_entries("k"))
    assert kinds["top_up"] == 11
    assert kinds["hold"] == kinds["charge"] + kinds["release"]


async def test_a_booking_is_booked_once(store: Store) -> None:
    first = await top_up(store, "100")
    again = await top_up(store, "100")
    other = await top_up(store, "7")
    assert (first.repeated, again.repeated, other.repeated) == (False, True, True)
    assert first.entry == again.entry == other.entry
    assert first.entry is not None
    assert (first.entry.note, first.entry.by, first.entry.at) == ("bank 42", "ann", NOW)
    assert await standing(store) == (100, 0)


async def test_a_correction_never_takes_what_is_held(store: Store) -> None:
    await top_up(store, "150")
    await store.commit(moves("o1", 1, HOLD))

    async def adjust(number: str, amount: str) -> Booked:
        booking = Booking(number, "k", "adjust", Decimal(amount), "error", "bob", NOW)
        return await store.book(booking)

    assert await adjust("a1", "-50.0001") == Booked(None)
    assert (await adjust("a1", "-50")).entry is not None
    assert await standing(store) == (100, 100)
    await sums(store)


async def test_moments_never_go_back_and_entries_are_found_by_them(store: Store) -> None:
    for number, at in ((1, after(10)), (2, after(5)), (3, after(20))):
        booking = Booking(f"t{number}", "k", "top_up", Decimal(number), "", "ann", at)
        await store.book(booking)
    found = await store.account_entries("k")
    assert [one.at for one in found] == [after(10), after(10), after(20)]
    part = await store.account_entries("k", since=after(10), until=after(20))
    assert [one.seq for one in part] == [1, 2]
    assert [one.seq for one in await store.account_entries("k", limit=2)] == [2, 3]
    assert [one.seq for one in await store.account_entries("k", until=after(10))] == []

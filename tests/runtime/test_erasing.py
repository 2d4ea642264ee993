"""People are forgotten when their time is over: by rule, at once, and once."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.doubles import NOON, HeldClock
from tests.saga.beginnings import awaiting, has_tickets, refunding
from tests.saga.facts import DEMAND, NUM, V1
from tests.saga.playbook import Playbook
from tests.stores import sqlite_store
from worker.runtime import snapshot
from worker.runtime.cataloguing import Purchase
from worker.runtime.erasable import ERASED_BODY
from worker.runtime.erasing import RUN_SECONDS, Eraser
from worker.runtime.ports import DeadLetter, Message, Store, Transition
from worker.saga.policy import Policy
from worker.saga.states import Order
from worker.sealing import Sealer
from worker.store.sealed import sealed

DAYS = 180
PEOPLE = (DEMAND.take_phone, DEMAND.tourists[0].name, DEMAND.tourists[0].id_card, V1.code)


@pytest.fixture(params=[(), (bytes(range(32)),)], ids=["plain", "sealed"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with sqlite_store(tmp_path) as opened:
        yield sealed(opened, Sealer(request.param))


def later(days: float) -> HeldClock:
    return HeldClock(NOON + timedelta(days=days))


def eraser(store: Store, days: float) -> Eraser:
    return Eraser(store, later(days), Policy())


async def kept(store: Store, story: Playbook, order_num: str = NUM) -> None:
    order = story.set(order_num=order_num).order
    await store.commit(Transition(snapshot.row(order, 1, NOON)))


async def order_of(store: Store, order_num: str = NUM) -> Order:
    order = snapshot.read((await store.load(order_num)).row)
    assert order is not None
    return order


def letter(letter_id: str, order_num: str) -> DeadLetter:
    body = json.dumps({"data": {"take_phone": DEMAND.take_phone}}).encode()
    message = Message("ticketbridge.relay.k", "channel.notification.v1", body, "m1")
    return DeadLetter(letter_id, "delivery_failed", "", message, "k", order_num, "2x", NOON, NOON)


async def test_everything_personal_of_an_old_order_goes_and_its_history_says_so(
    store: Store,
) -> None:
    await kept(store, has_tickets())
    await store.add_dead_letter(letter("d1", NUM))
    bought = Purchase(NUM, "phone", "digest", "11063", 2, NOON)
    await store.keep_purchases(NUM, [bought])
    done = await eraser(store, DAYS + 2).sweep(DAYS)
    assert (done.orders, done.kept) == (1, 0)
    order = await order_of(store)
    assert order.erased_at == NOON + timedelta(days=DAYS + 2)
    row = (await store.load(NUM)).row
    assert row is not None
    assert not any(word in row.state.decode() for word in PEOPLE)
    assert await store.purchases("11063", ["digest"], NOON) == []
    dead = await store.dead_letter("d1")
    assert dead is not None
    assert (dead.message.body, dead.state) == (ERASED_BODY, "discarded")
    [line] = await store.timeline(NUM)
    assert (line.kind, line.text) == ("personal_data_erased", f"{DAYS} days after its end")


@pytest.mark.parametrize(("days", "erased"), [(DAYS - 1, False), (DAYS, False), (DAYS + 3, True)])
async def test_it_happens_so_many_days_after_the_end(
    store: Store,
    days: int,
    erased: bool,  # noqa: FBT001  (a table)
) -> None:
    await kept(store, has_tickets())
    await eraser(store, days).sweep(DAYS)
    assert ((await order_of(store)).erased_at is not None) is erased


async def test_who_is_still_needed_is_counted_and_left(store: Store) -> None:
    late_visit = DEMAND.visit_date + timedelta(days=400)
    coming = has_tickets()
    coming.set(demand=replace(DEMAND, visit_date=late_visit))
    await kept(store, coming, "coming")
    await kept(store, awaiting(), "awaiting")
    await kept(store, refunding(), "refunding")
    done = await eraser(store, DAYS + 9).sweep(DAYS, dry_run=True)
    assert (done.orders, done.kept) == (0, 1)
    assert (await eraser(store, DAYS + 9).sweep(DAYS)).orders == 0
    for name in ("coming", "awaiting", "refunding"):
        assert (await order_of(store, name)).erased_at is None


async def test_a_dry_run_changes_nothing(store: Store) -> None:
    await kept(store, has_tickets())
    done = await eraser(store, DAYS + 9).sweep(DAYS, dry_run=True)
    assert done.orders == 1
    assert (await order_of(store)).erased_at is None


async def test_one_person_is_forgotten_at_once_and_the_reason_is_on_record(store: Store) -> None:
    await kept(store, has_tickets())
    too_soon = eraser(store, 0.1)
    assert await too_soon.objection(NUM) == "its visit may still be to come"
    assert await too_soon.erase(NUM, "by letter") == "its visit may still be to come"
    assert await eraser(store, 9).erase(NUM, f"by letter of {DEMAND.take_phone}") == ""
    assert await eraser(store, 9).erase(NUM, "again") == ""
    assert [line.text for line in await store.timeline(NUM)] == ["by letter of ***"]
    assert await eraser(store, 9).erase("nobody", "") == "no order has this number"


async def test_a_letter_that_was_left_by_a_crash_goes_with_the_next_try(store: Store) -> None:
    await kept(store, has_tickets())
    await eraser(store, 9).erase(NUM, "")
    await store.add_dead_letter(letter("late", NUM))
    assert (await eraser(store, DAYS + 9).sweep(DAYS)).letters == 1


async def test_of_several_workers_one_does_it_and_a_change_meanwhile_is_not_lost(
    store: Store,
) -> None:
    for number in range(9):
        await kept(store, has_tickets(), f"o{number}")
    sweeps = (eraser(store, DAYS + 9).sweep(DAYS) for _ in range(2))
    await asyncio.gather(*sweeps)
    for number in range(9):
        row = (await store.load(f"o{number}")).row
        assert row is not None
        assert row.version == 2
    clock = later(DAYS + 9)
    assert await store.claim_sync("erasure", clock.now(), interval=RUN_SECONDS)
    assert not await store.claim_sync("erasure", clock.now(), interval=RUN_SECONDS)

"""Which orders and dead letters are old enough to be forgotten, on both stores."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.parity.store.kit import NOW, after, commit, letter, message, order_row
from worker.runtime.erasable import ERASED_BODY, Erasable
from worker.runtime.ports import Store, Transition

DAY = 86_400.0
OLD = after(-200 * DAY)
CUT = after(-180 * DAY)


def old(num: str, at: datetime = OLD, **changes: object) -> Transition:
    values: dict[str, Any] = {"phase": "issued", "created_at": at, "updated_at": at}
    return Transition(order_row(num, **(values | changes)))


async def found(store: Store, limit: int = 10) -> list[str]:
    return [one.order_num for one in await store.erasable(CUT, after=None, limit=limit)]


@pytest.mark.parametrize(
    "changes",
    [
        {"phase": "awaiting_ticket"},
        {"phase": "ticket_failed"},
        {"human": "look"},
        {"wake_at": NOW},
        {"updated_at": CUT},
        {"created_at": CUT, "updated_at": CUT},
        {"erased_at": NOW},
    ],
)
async def test_who_is_still_needed_is_not_found(store: Store, changes: dict[str, Any]) -> None:
    await commit(store, old("o1", **changes))
    assert await found(store) == []


@pytest.mark.parametrize("phase", ["issued", "refused", "cancelled", "refunded"])
async def test_who_ended_long_ago_is_found(store: Store, phase: str) -> None:
    await commit(store, old("o1", phase=phase))
    assert await found(store) == ["o1"]
    row = (await store.load("o1")).row
    assert row is not None
    assert row.erased_at is None
    await commit(store, Transition(replace(row, version=2, erased_at=NOW)))
    assert await found(store) == []
    again = (await store.load("o1")).row
    assert again is not None
    assert again.erased_at == NOW


async def test_nobody_is_found_of_whom_a_message_waits(store: Store) -> None:
    await commit(store, replace(old("o1"), outbox=[message("m1")]))
    assert await found(store) == []
    await store.mark_sent(["m1"])
    assert await found(store) == ["o1"]


async def test_they_come_in_portions_oldest_first(store: Store) -> None:
    for number in range(5):
        await commit(store, old(f"o{number}", after((-200 - number // 2) * DAY)))
    seen: list[str] = []
    last: Erasable | None = None
    while portion := await store.erasable(CUT, after=last, limit=2):
        seen += [one.order_num for one in portion]
        last = portion[-1]
    assert seen == ["o4", "o2", "o3", "o0", "o1"]


async def test_the_letters_of_an_order_lose_their_bodies_and_are_kept(store: Store) -> None:
    for num, order_num, state in (("d1", "o1", "open"), ("d2", "o1", "replayed"), ("d3", "o2", "")):
        await store.add_dead_letter(letter(num, order_num=order_num, state=state or "open"))
    assert await store.erase_letters("o1") == 2
    assert await store.erase_letters("o1") == 0
    states = {}
    for one in await store.dead_letters(state=None):
        states[one.id] = (one.state, one.message.body == ERASED_BODY)
    assert states == {"d1": ("discarded", True), "d2": ("replayed", True), "d3": ("open", False)}


async def test_old_letters_of_nobody_known_are_erased(store: Store) -> None:
    await commit(store, old("known"))
    await commit(store, old("erased", erased_at=NOW))
    for num, order_num, at in (
        ("d1", "", OLD),
        ("d2", "nobody", OLD),
        ("d3", "erased", OLD),
        ("d4", "known", OLD),
        ("d5", "", CUT),
    ):
        await store.add_dead_letter(letter(num, order_num=order_num, last_failed_at=at))
    assert await store.erase_old_letters(CUT, limit=2) == 2
    assert await store.erase_old_letters(CUT, limit=2) == 1
    assert await store.erase_old_letters(CUT, limit=2) == 0
    left = [one.id for one in await store.dead_letters()]
    assert sorted(left) == ["d4", "d5"]

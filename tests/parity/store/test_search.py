"""Orders as people look for them: lists, terms, and what becomes of terms."""

from dataclasses import replace

import pytest

from tests.parity.store.kit import NOW, after, commit, order_row
from worker.runtime.erasable import Erasable
from worker.runtime.finding import OrderFilter
from worker.runtime.ports import Store, Transition
from worker.sealing import Sealer
from worker.store.sealed import sealed

OURS, OLD = "#new.", "#old."


def searched(num: str, *terms: str, version: int = 1, **changes: object) -> Transition:
    return Transition(order_row(num, version, **changes), search=terms)


async def under(store: Store, *terms: str, limit: int = 10) -> list[str]:
    return [row.order_num for row in await store.searched(terms, limit=limit)]


async def test_an_order_is_found_by_each_of_its_terms_the_last_changed_first(store: Store) -> None:
    await commit(store, searched("o1", "#new.a", "=R1", updated_at=after(1)))
    await commit(store, searched("o2", "#new.a", "#new.b", updated_at=after(2)))
    assert await under(store, "#new.a") == ["o2", "o1"]
    assert await under(store, "#new.a", limit=1) == ["o2"]
    assert await under(store, "#new.b", "=R1") == ["o2", "o1"]
    assert await under(store, "#new.c") == []
    assert (await store.searched(["=R1"], limit=1))[0] == order_row("o1", updated_at=after(1))


async def test_a_term_that_is_there_is_written_again_without_harm(store: Store) -> None:
    await commit(store, searched("o1", "#new.a"))
    await commit(store, searched("o1", "#new.a", "=x\0y", version=2))
    assert await under(store, "#new.a", "=x\ufffdy") == ["o1"]


async def test_a_step_that_lost_leaves_no_term(store: Store) -> None:
    await commit(store, searched("o1", "#new.a"))
    assert not (await store.commit(searched("o1", "#new.b", version=3))).applied
    assert await under(store, "#new.b") == []


async def test_the_personal_terms_go_with_the_people_in_the_same_step(store: Store) -> None:
    await commit(store, searched("o1", "#new.a", "#old.b", "=R1"))
    await commit(store, searched("o2", "#new.a"))
    await commit(store, searched("o1", "=R2", version=2, erased_at=NOW))
    assert await under(store, "#new.a", "#old.b") == ["o2"]
    assert await under(store, "=R1") == await under(store, "=R2") == ["o1"]


async def test_orders_without_a_term_of_the_newest_key_come_in_portions(store: Store) -> None:
    for number in range(4):
        row = order_row(f"o{number}", created_at=after(number // 2))
        await commit(store, Transition(row, search=["#old.a"] if number else []))
    await commit(store, searched("new", "#new.a"))
    await commit(store, searched("gone", erased_at=NOW))
    seen, last = [], None
    while portion := await store.unindexed(OURS, after=last, limit=2):
        seen += [one.order_num for one in portion]
        last = portion[-1]
    assert seen == ["o0", "o1", "o2", "o3"]
    late = await store.unindexed(OURS, after=Erasable("", after(1)), limit=9)
    assert [one.order_num for one in late] == ["o2", "o3"]


async def test_an_order_is_brought_under_other_terms_while_it_is_as_it_was_read(
    store: Store,
) -> None:
    await commit(store, searched("o1", "#old.a", "#old.b", "=R1"))
    assert not await store.reindex("o1", 2, ["#new.x"])
    assert not await store.reindex("nobody", 1, ["#new.x"])
    assert await under(store, "#new.x") == []
    assert await store.reindex("o1", 1, ["#new.a", "#old.b"])
    assert await under(store, "#old.a", "=R1") == []
    assert await under(store, "#new.a") == await under(store, "#old.b") == ["o1"]
    await commit(store, searched("o1", version=2, erased_at=NOW))
    assert not await store.reindex("o1", 2, ["#new.x"])
    assert await under(store, "#new.x", "#new.a") == []


async def test_terms_are_counted_by_their_keys(store: Store) -> None:
    await commit(store, searched("o1", "#old.a", "#new.b", "#new.c", "=R.1"))
    assert await store.term_keys() == {OLD: 1, OURS: 2}


async def test_what_is_found_and_listed_is_opened(store: Store) -> None:
    kept = sealed(store, Sealer([bytes(32)]))
    made = searched("o1", "#new.a")
    await commit(kept, replace(made, row=replace(made.row, state=b'{"x":1}')))
    assert [row.state for row in await kept.searched(["#new.a"], limit=1)] == [b'{"x":1}']
    assert [row.state for row in await kept.list_orders(OrderFilter(), limit=1)] == [b'{"x":1}']
    assert (await store.searched(["#new.a"], limit=1))[0].state != b'{"x":1}'


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (OrderFilter(), ["o4", "o3", "o2", "o1"]),
        (OrderFilter(phase="issued"), ["o4", "o2"]),
        (OrderFilter(app_key="other"), ["o3"]),
        (OrderFilter(human=True), ["o2"]),
        (OrderFilter(human=False, phase="issued"), ["o4"]),
        (OrderFilter(since=after(3)), ["o4", "o3"]),
        (OrderFilter(until=after(3)), ["o2", "o1"]),
        (OrderFilter(since=after(2), until=after(3), app_key="k"), ["o2"]),
        (OrderFilter(forgotten=True), ["o5"]),
        (OrderFilter(before=Erasable("o3", after(3))), ["o2", "o1"]),
        (OrderFilter(before=Erasable("o4", after(3))), ["o3", "o2", "o1"]),
    ],
)
async def test_a_list_holds_what_is_wanted_the_last_taken_first(
    store: Store, wanted: OrderFilter, found: list[str]
) -> None:
    for number, changes in (
        (1, {}),
        (2, {"phase": "issued", "human": "look"}),
        (3, {"app_key": "other"}),
        (4, {"phase": "issued"}),
        (5, {"phase": "issued", "erased_at": NOW}),
    ):
        await commit(store, searched(f"o{number}", created_at=after(number), **changes))
    assert [row.order_num for row in await store.list_orders(wanted, limit=9)] == found
    assert [row.order_num for row in await store.list_orders(wanted, limit=1)] == found[:1]

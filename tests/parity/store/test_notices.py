"""Early notices wait for their order."""

import asyncio

from tests.parity.store.kit import NOW, Opener, after, commit, full, held, order_row
from worker.runtime.ports import InboxEntry, Store, Transition


async def test_a_notice_is_matched_by_either_number(store: Store) -> None:
    for one in (
        held("by-num", num="o1", zzy="unheard of"),
        held("by-zzy", zzy="77", at=after(-1)),
        held("by-both", num="o1", zzy="77", at=after(1)),
        held("other", num="o2", zzy="78"),
        held("nobody"),
    ):
        await store.hold_notice(one)
    first = await commit(store, Transition(order_row()))
    assert [one.id for one in first.held] == ["by-num", "by-both"]
    second = await commit(store, Transition(order_row(version=2, zzy_order_id="77")))
    assert [one.id for one in second.held] == ["by-zzy", "by-num", "by-both"]
    assert second.held[2] == held("by-both", num="o1", zzy="77", at=after(1))


async def test_blank_numbers_match_nothing(store: Store) -> None:
    await store.hold_notice(held("blank"))
    assert not (await commit(store, Transition(order_row(zzy_order_id="")))).held


async def test_a_lost_swap_returns_no_notices(store: Store) -> None:
    await store.hold_notice(held("n", num="o1"))
    assert not (await store.commit(full(version=2))).held


async def test_commits_asked_together_get_their_own_notices(store: Store) -> None:
    for number in range(20):
        await store.hold_notice(held(f"n{number}", num=f"o{number}"))
    done = await asyncio.gather(
        *(store.commit(Transition(order_row(f"o{number}"))) for number in range(25))
    )
    assert [[one.id for one in each.held] for each in done] == [
        *([f"n{number}"] for number in range(20)),
        *([] for _ in range(5)),
    ]


async def test_a_repeat_changes_nothing_and_a_released_one_is_gone(store: Store) -> None:
    await store.hold_notice(held("a", num="o1", at=after(2)))
    await store.hold_notice(held("a", num="changed"))
    await store.hold_notice(held("b", num="o1", at=after(1)))
    assert [one.id for one in await store.held_notices(limit=9)] == ["b", "a"]
    assert [one.order_num for one in await store.held_notices(limit=9)] == ["o1", "o1"]
    assert [one.id for one in await store.held_notices(limit=1)] == ["b"]
    await store.release_notice("b")
    await store.release_notice("b")
    assert [one.id for one in await store.held_notices(limit=9)] == ["a"]


async def test_a_held_notice_outlives_the_worker(open_store: Opener) -> None:
    await (await open_store()).hold_notice(held("a", num="o1"))
    done = await commit(await open_store(), Transition(order_row()))
    assert list(done.held) == [held("a", num="o1")]


async def test_an_inbox_id_is_claimed_for_one_digest(open_store: Opener) -> None:
    one, other = await open_store(), await open_store()
    claims = [
        store.claim_inbox(InboxEntry("i", digest), NOW) for store in (one, other) for digest in "ab"
    ]
    a, b, *rest = await asyncio.gather(*claims)
    assert a is not b
    assert rest == [a, b], "the same digest again is the same claim"
    assert (await one.load("o1", ["i"])).seen == {"i": "a" if a else "b"}


async def test_a_claimed_id_is_a_transitions_too(store: Store) -> None:
    assert await store.claim_inbox(InboxEntry("in-o1-1", "early"), NOW)
    await commit(store, full())
    assert (await store.load("o1", ["in-o1-1"])).seen == {"in-o1-1": "early"}
    assert not await store.claim_inbox(InboxEntry("in-o1-1", "digest-o1-1"), NOW)

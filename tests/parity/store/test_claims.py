"""Due timers and unsent messages are handed to one worker at a time."""

import asyncio
from collections import Counter

from tests.parity.store.kit import NOW, Opener, after, commit, message, order_row, unsent_ids
from worker.runtime.ports import Store, Transition


async def test_what_is_due_is_claimed_for_the_lease(store: Store) -> None:
    for num, wake in (("due", NOW), ("late", after(1)), ("none", None)):
        await commit(store, Transition(order_row(num, wake_at=wake)))
    assert await store.claim_due(NOW, limit=9, lease=30) == ["due"]
    assert await store.claim_due(after(0.9), limit=9, lease=30) == []
    assert await store.claim_due(after(29.9), limit=9, lease=30) == ["late"]
    assert await store.claim_due(after(30), limit=9, lease=30) == ["due"]
    row = (await store.load("due")).row
    assert row is not None
    assert (row.version, row.wake_at) == (1, after(60))


async def test_the_longest_due_come_first(store: Store) -> None:
    for number in range(5):
        await commit(store, Transition(order_row(f"o{number}", wake_at=after(-number))))
    assert sorted(await store.claim_due(NOW, limit=2, lease=9)) == ["o3", "o4"]
    assert await store.claim_due(NOW, limit=0, lease=9) == []
    assert sorted(await store.claim_due(NOW, limit=9, lease=9)) == ["o0", "o1", "o2"]


async def test_a_commit_after_the_claim_decides_the_timer(store: Store) -> None:
    await commit(store, Transition(order_row(wake_at=NOW)))
    await store.claim_due(NOW, limit=1, lease=30)
    await commit(store, Transition(order_row(version=2, wake_at=after(5))))
    assert await store.claim_due(after(5), limit=1, lease=30) == ["o1"]
    await commit(store, Transition(order_row(version=3, wake_at=None)))
    assert await store.claim_due(after(9999), limit=1, lease=30) == []


async def test_workers_never_claim_the_same_order(open_store: Opener) -> None:
    stores = [await open_store() for _ in range(3)]
    await asyncio.gather(
        *(
            commit(stores[0], Transition(order_row(f"o{number}", wake_at=after(-number))))
            for number in range(200)
        )
    )

    async def work(store: Store) -> list[str]:
        mine: list[str] = []
        while found := await store.claim_due(NOW, limit=7, lease=30):
            mine += found
        return mine

    # SKIP LOCKED may leave a worker nothing while others hold rows: ask until all is taken.
    claimed = Counter(num for each in await asyncio.gather(*map(work, stores * 3)) for num in each)
    claimed.update(await work(stores[0]))
    assert len(claimed) == 200
    assert set(claimed.values()) == {1}


async def test_an_unsent_message_is_claimed_when_it_is_old(store: Store) -> None:
    sent = message(headers={"a": "b"}, reply_to="r", attempt=3)
    await commit(store, Transition(order_row(updated_at=NOW), outbox=[sent]))
    assert await store.claim_unsent(after(4.9), older_than=5, limit=9, lease=10) == []
    assert await store.claim_unsent(after(5), older_than=5, limit=9, lease=10) == [sent]
    assert await store.claim_unsent(after(14.9), older_than=5, limit=9, lease=10) == []
    assert await store.claim_unsent(after(15), older_than=5, limit=9, lease=10) == [sent]


async def test_the_oldest_message_comes_first(store: Store) -> None:
    for number in range(5):
        row = order_row(f"o{number}", updated_at=after(-number))
        await commit(store, Transition(row, outbox=[message(f"m{number}")]))
    first = await store.claim_unsent(NOW, older_than=0, limit=2, lease=9)
    rest = await store.claim_unsent(NOW, older_than=0, limit=9, lease=9)
    assert [one.message_id for one in [*first, *rest]] == ["m4", "m3", "m2", "m1", "m0"]


async def test_a_sent_message_is_never_claimed(store: Store) -> None:
    ids = [f"m{number}" for number in range(6)]
    await commit(store, Transition(order_row(), outbox=[message(one) for one in ids]))
    await asyncio.gather(store.mark_sent(ids[:2]), store.mark_sent([ids[3]]), store.mark_sent([]))
    await store.mark_sent(["never heard of", ids[0]])
    assert await unsent_ids(store) == ["m2", "m4", "m5"]
    assert len(await store.claim_unsent(after(9), older_than=0, limit=9, lease=9)) == 3
    await store.mark_sent(ids)
    assert await unsent_ids(store) == []


async def test_workers_never_claim_the_same_message(open_store: Opener) -> None:
    stores = [await open_store() for _ in range(3)]
    outbox = [message(f"m{number}") for number in range(120)]
    await commit(stores[0], Transition(order_row(), outbox=outbox))
    found = await asyncio.gather(
        *(
            one.claim_unsent(after(99), older_than=0, limit=20, lease=30)
            for one in stores
            for _ in range(3)
        )
    )
    ids = [one.message_id for each in found for one in each]
    assert len(ids) == len(set(ids)) > 0

"""One check of an order is sent at a time, whoever asks, and never after a newer one."""

import asyncio
from collections import Counter
from dataclasses import replace

from tests.parity.store.kit import Opener, after, commit, notification, order_row
from worker.runtime.ports import NotificationResult, Store, Transition, Turn, TurnAsked

LEASE = 17.0


def asked(seq: int, seconds: float = 0, **changes: object) -> TurnAsked:
    turn = TurnAsked(f"w{seq}", "o1", "check", seq, after(seconds), LEASE)
    return replace(turn, **changes)  # type: ignore[arg-type]


def ended(seq: int, status: str, seconds: float = 0) -> NotificationResult:
    return NotificationResult(f"w{seq}", status, 1, "HTTP", after(seconds))


async def begin(store: Store, count: int = 3) -> None:
    rows = [notification(f"w{n}", seq=n, type="check") for n in range(1, count + 1)]
    rows.append(notification("voucher", seq=9, type="voucher", status="delivered"))
    await commit(store, Transition(order_row(), notifications=rows))


async def statuses(store: Store) -> list[str]:
    return [row.status for row in await store.notifications("o1") if row.type == "check"]


async def test_a_turn_lasts_until_its_result_is_on_record(store: Store) -> None:
    await begin(store)
    assert await store.take_turn(asked(1)) is Turn.MINE
    assert await statuses(store) == ["sending", "pending", "pending"]
    for seq in (1, 2, 3):
        assert await store.take_turn(asked(seq)) is Turn.BUSY
    assert await store.take_turn(asked(2, type="refund", webhook_id="r")) is Turn.MINE, (
        "another matter"
    )
    await store.record_deliveries([ended(1, "pending")])
    assert await store.take_turn(asked(3)) is Turn.MINE


async def test_a_turn_that_nobody_ended_ends_by_itself(store: Store) -> None:
    await begin(store)
    await store.take_turn(asked(1))
    assert await store.take_turn(asked(2, LEASE - 0.1)) is Turn.BUSY
    assert await store.take_turn(asked(2, LEASE)) is Turn.MINE
    await store.record_deliveries([ended(2, "delivered", LEASE)])
    assert await store.take_turn(asked(1, LEASE)) is Turn.SUPERSEDED


async def test_what_the_channel_has_is_not_sent_again(store: Store) -> None:
    await begin(store)
    await store.record_deliveries([ended(2, "delivered"), ended(3, "dead")])
    turns = [await store.take_turn(asked(seq)) for seq in (1, 2, 3)]
    assert turns == [Turn.SUPERSEDED, Turn.DELIVERED, Turn.MINE]
    assert await statuses(store) == ["pending", "delivered", "sending"]
    assert await store.take_turn(asked(1)) is Turn.SUPERSEDED, "there is nothing to wait for"
    row = (await store.notifications("o1"))[2]
    assert (row.settled_at, row.attempts) == (None, 1)


async def test_what_was_superseded_is_on_record(store: Store) -> None:
    await begin(store, 1)
    await store.record_deliveries([ended(1, "dead", 1)])
    await store.record_deliveries([ended(1, "superseded", 2)])
    row = (await store.notifications("o1"))[0]
    assert (row.status, row.settled_at) == ("superseded", after(2))


async def test_an_unknown_notification_has_its_turn(store: Store) -> None:
    assert await store.take_turn(asked(1)) is Turn.MINE
    await begin(store)
    assert await store.take_turn(asked(7, webhook_id="unknown")) is Turn.MINE
    assert await statuses(store) == ["pending"] * 3


async def test_of_many_who_ask_at_once_one_has_the_turn(open_store: Opener) -> None:
    stores = [await open_store() for _ in range(3)]
    await begin(stores[0])
    for round_ in range(10):
        asks = [each.take_turn(asked(seq, round_)) for each in stores for seq in (1, 2, 3)]
        turns = Counter(await asyncio.gather(*asks))
        assert turns == {Turn.MINE: 1, Turn.BUSY: 8}
        [mine] = [n for n, status in enumerate(await statuses(stores[0]), 1) if status == "sending"]
        await stores[0].record_deliveries([ended(mine, "pending", round_)])

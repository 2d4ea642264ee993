"""What people ask."""

import pytest

from tests.parity.store.kit import after, commit, letter, message, notification, order_row
from worker.runtime.ports import Figures, Store, Transition


async def test_orders_are_listed_last_changed_first(store: Store) -> None:
    for number, human in ((1, "pay is unknown"), (3, None), (2, "refund refused")):
        row = order_row(f"o{number}", human=human, updated_at=after(number))
        await commit(store, Transition(row))
    assert [one.order_num for one in await store.orders()] == ["o3", "o2", "o1"]
    assert [one.order_num for one in await store.orders(limit=1)] == ["o3"]
    assert [one.order_num for one in await store.orders(human=True)] == ["o2", "o1"]
    assert (await store.orders(human=True))[1] == order_row(
        "o1", human="pay is unknown", updated_at=after(1)
    )


@pytest.mark.parametrize("number", ["o1", "channel-o1", "77"])
async def test_an_order_is_found_by_any_of_its_numbers(store: Store, number: str) -> None:
    await commit(store, Transition(order_row(zzy_order_id="77")))
    await commit(store, Transition(order_row("o2")))
    assert await store.find_orders(number) == [order_row(zzy_order_id="77")]


async def test_one_number_may_find_several_orders(store: Store) -> None:
    for num, at in (("o1", 1), ("o2", 2)):
        row = order_row(num, channel_order_num="same", updated_at=after(at))
        await commit(store, Transition(row))
    assert [one.order_num for one in await store.find_orders("same")] == ["o2", "o1"]
    assert await store.find_orders("") == []


async def test_notifications_are_listed_oldest_first(store: Store) -> None:
    rows = [
        notification("w1", created_at=after(2), seq=1),
        notification("w2", created_at=after(1), seq=2),
        notification("w3", created_at=after(1), seq=1),
    ]
    await commit(store, Transition(order_row(), notifications=rows))
    found = await store.notifications("o1")
    assert [one.webhook_id for one in found] == ["w3", "w2", "w1"]
    assert found[0] == rows[2]


async def test_the_figures_count_what_waits(store: Store) -> None:
    assert await store.figures() == Figures(0, 0, None)
    waiting = order_row(human="pay is unknown", updated_at=after(3), wake_at=after(9))
    await commit(store, Transition(waiting, outbox=[message("m1"), message("m2")]))
    await commit(store, Transition(order_row("o2", wake_at=after(8))))
    await store.add_dead_letter(letter("d1", first_failed_at=after(5), last_failed_at=after(6)))
    await store.add_dead_letter(letter("d2", state="replayed", first_failed_at=after(1)))
    assert await store.figures() == Figures(1, 1, after(3), 2, after(5), after(8))
    await store.mark_sent(["m1", "m2"])
    assert await store.figures() == Figures(1, 1, None, 0, after(5), after(8))


async def test_ping_answers(store: Store) -> None:
    await store.ping()

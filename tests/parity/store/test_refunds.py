"""Which orders have a refund, and which failed: the same over both databases."""

from dataclasses import replace
from typing import Any

import pytest

from tests.parity.store.kit import NOW, after, commit, full, notification, order_row
from worker.runtime.ports import Store, TimelineEntry, Transition


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"phase": "issued", "wake_at": NOW}, True),
        ({"phase": "ticket_failed", "human": "look"}, True),
        ({"phase": "issued"}, False),
        ({"phase": "creating", "wake_at": NOW}, False),
        ({"phase": "refunded", "human": "look"}, False),
    ],
)
async def test_who_may_have_one_open(store: Store, changes: dict[str, Any], *, found: bool) -> None:
    await commit(store, Transition(order_row("o1", **changes)))
    rows = await store.perhaps_refunding(limit=5)
    assert [row.order_num for row in rows] == ["o1"] * found
    assert await store.perhaps_refunding(limit=0) == []


async def test_what_channels_were_told_lately(store: Store) -> None:
    for number, seconds in enumerate((0, 50, 20)):
        num = f"o{number}"
        told = notification(f"w{number}", num, type="refund", created_at=after(seconds))
        other = notification(f"v{number}", num, created_at=after(seconds))
        made = full(num, state=b"state")
        await commit(store, Transition(made.row, notifications=[told, other]))
    found = await store.refunds_told(after(20), limit=5)
    assert [(one.told.webhook_id, one.order.order_num) for one in found] == [
        ("w1", "o1"),
        ("w2", "o2"),
    ]
    assert {one.order.state for one in found} == {b"state"}
    assert [one.told.webhook_id for one in await store.refunds_told(NOW, limit=1)] == ["w1"]


async def came_into(store: Store, num: str, version: int, phase: str, seconds: float) -> None:
    """Commit a line of an order's history, in a phase."""
    row = order_row(num, version, phase=phase, state=b"state")
    line = TimelineEntry(after(seconds), "pay_refused", "3009", phase)
    await commit(store, Transition(row, entries=[replace(line, kind="first"), line]))


async def test_an_order_failed_when_it_came_into_the_phase(store: Store) -> None:
    for num, seconds in (("early", -1), ("one", 0), ("two", 9), ("late", 10)):
        await came_into(store, num, 1, "paying", -60)
        await came_into(store, num, 2, "refused", seconds)
    await came_into(store, "early", 3, "refused", 5)
    await came_into(store, "back", 1, "ticket_failed", 4)
    await came_into(store, "back", 2, "refunded", 6)
    found = await store.failed_orders(NOW, after(10), limit=9)
    assert [(one.row.order_num, one.phase) for one in found] == [
        ("one", "refused"),
        ("back", "ticket_failed"),
        ("two", "refused"),
    ]
    assert {one.row.phase for one in found} == {"refused", "refunded"}
    assert {one.row.state for one in found} == {b"state"}
    assert len(await store.failed_orders(NOW, after(10), limit=1)) == 1

"""Which orders have a refund, as far as columns tell: the same over both databases."""

import pytest

from tests.parity.store.kit import NOW, after, commit, full, notification, order_row
from worker.runtime.ports import Store, Transition


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
async def test_who_may_have_one_open(
    store: Store, changes: dict[str, object], *, found: bool
) -> None:
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

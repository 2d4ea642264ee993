"""How far a notification has come."""

import asyncio
from dataclasses import replace
from datetime import datetime

from tests.parity.store.kit import after, commit, notification, order_row
from worker.runtime.ports import NotificationResult, NotificationRow, Store, Transition


def result(
    status: str, attempts: int, at: datetime, answer: str = "", webhook_id: str = "w1"
) -> NotificationResult:
    return NotificationResult(webhook_id, status, attempts, answer, at)


async def _status(store: Store) -> NotificationRow:
    (row,) = await store.notifications("o1")
    return row


async def _begin(store: Store) -> None:
    await commit(store, Transition(order_row(), notifications=[notification()]))


async def test_a_notification_begins_pending(store: Store) -> None:
    await _begin(store)
    assert await _status(store) == notification()


async def test_attempts_are_noted(store: Store) -> None:
    await _begin(store)
    await store.record_deliveries([result("pending", 1, after(1), "HTTP 500")])
    assert await _status(store) == replace(notification(), attempts=1, last_answer="HTTP 500")
    await store.record_deliveries([result("delivered", 2, after(2), "200")])
    expected = replace(
        notification(), status="delivered", attempts=2, last_answer="200", settled_at=after(2)
    )
    assert await _status(store) == expected


async def test_an_older_attempt_never_overwrites_a_newer(store: Store) -> None:
    await _begin(store)
    await store.record_deliveries([result("dead", 9, after(9), "gone")])
    await store.record_deliveries([result("pending", 8, after(8), "late")])
    assert (await _status(store)).last_answer == "gone"
    assert (await _status(store)).settled_at == after(9)


async def test_a_replay_counts_from_one_again(store: Store) -> None:
    await _begin(store)
    await store.record_deliveries([result("dead", 9, after(9))])
    await store.record_deliveries([result("pending", 1, after(10), "again")])
    row = await _status(store)
    assert (row.status, row.attempts, row.settled_at) == ("pending", 1, None)


async def test_delivered_is_final(store: Store) -> None:
    await _begin(store)
    await store.record_deliveries([result("pending", 3, after(3))])
    await store.record_deliveries([result("delivered", 2, after(2))])
    await store.record_deliveries([result("dead", 9, after(9))])
    assert (await _status(store)).status == "delivered"


async def test_results_in_one_call_or_together_are_sorted_out(store: Store) -> None:
    await commit(
        store,
        Transition(
            order_row(),
            notifications=[notification(f"w{number}", seq=number) for number in range(4)],
        ),
    )
    await asyncio.gather(
        store.record_deliveries(
            [
                result("pending", 2, after(2), webhook_id="w0"),
                result("pending", 1, after(1), webhook_id="w0"),
                result("delivered", 1, after(1), webhook_id="w1"),
                result("dead", 2, after(2), webhook_id="w1"),
            ]
        ),
        store.record_deliveries([result("pending", 4, after(4), "a\0b", webhook_id="w2")]),
        store.record_deliveries([result("pending", 3, after(3), webhook_id="w2")]),
        store.record_deliveries([result("pending", 3, after(3), webhook_id="not there")]),
        store.record_deliveries([]),
    )
    rows = await store.notifications("o1")
    assert [(row.status, row.attempts) for row in rows] == [
        ("pending", 2),
        ("delivered", 1),
        ("pending", 4),
        ("pending", 0),
    ]

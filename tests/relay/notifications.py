"""Notifications to begin a test with."""

from collections.abc import Mapping, Sequence

from contracts.channel import NotifyType, order_num
from contracts.envelope import wrap
from contracts.events import ChannelNotification
from contracts.queues import relay_queue
from tests.doubles import NOON
from worker.relay.target import ChannelTarget
from worker.runtime.ports import Message, NotificationRow, OrderRow, Transition
from worker.store.sqlite import SqliteStore

OURS = order_num("k", "2x")
URL = "http://channel.test/notify"
PARAMS = '{"order_num": "2x", "check_time":"2026-05-01 12:00:00","note":"检票"}'
TARGET = ChannelTarget("k", "demo channel", ("s3cret", "older"), URL)


def notification(
    kind: NotifyType = NotifyType.CHECK, *, seq: int = 1, app_key: str = "k"
) -> ChannelNotification:
    return ChannelNotification(
        webhook_id=f"msg_{kind}_{seq}",
        notify_type=kind,
        app_key=app_key,
        order_num=OURS,
        channel_order_num="2x",
        seq=seq,
        created_at=NOON,
        params=PARAMS,
    )


def message(
    content: ChannelNotification | None = None,
    *,
    attempt: int = 0,
    headers: Mapping[str, str] | None = None,
) -> Message:
    content = content or notification()
    body = wrap(content, id=content.webhook_id, time=NOON, correlation_id=OURS)
    queue = relay_queue(content.app_key)
    return Message(queue, content.TYPE, body, "m-1", headers or {}, attempt=attempt)


async def know(
    store: SqliteStore, contents: Sequence[ChannelNotification], phase: str = "issued"
) -> None:
    """Put the order and its notifications into the store, as the saga does."""
    row = OrderRow(OURS, 1, "k", "2x", None, phase, None, None, b"{}", NOON, NOON)
    rows = [
        NotificationRow(one.webhook_id, OURS, "k", one.notify_type, one.seq, NOON)
        for one in contents
    ]
    assert (await store.commit(Transition(row, notifications=rows))).applied

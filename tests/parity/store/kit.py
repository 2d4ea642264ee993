"""Values to store, and a way to open one database several times."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from worker.runtime.ports import (
    Committed,
    DeadLetter,
    HeldNotice,
    InboxEntry,
    Message,
    NotificationRow,
    OrderRow,
    Store,
    TimelineEntry,
    Transition,
)

Opener = Callable[[], Awaitable[Store]]
"""Opens one more store over the same database, as another worker would."""

NOW = datetime(2026, 3, 1, 4, 5, 6, 789012, tzinfo=UTC)

ODD_STRINGS = (
    "票务桥 🎫",
    "a'b\"c\\d;--%s{}",
    "\u200b\u202e\ufeff",
    "\r\n\t",
    "NULL",
    "",
    "é" * 4000,
)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def order_row(num: str = "o1", version: int = 1, **changes: object) -> OrderRow:
    values: dict[str, object] = {
        "order_num": num,
        "version": version,
        "app_key": "k",
        "channel_order_num": f"channel-{num}",
        "zzy_order_id": None,
        "phase": "accepted",
        "human": None,
        "wake_at": None,
        "state": b"{}",
        "created_at": NOW,
        "updated_at": after(version),
    }
    return OrderRow(**(values | changes))  # type: ignore[arg-type]


def message(message_id: str = "m1", **changes: object) -> Message:
    values: dict[str, object] = {
        "queue": "ticketbridge.relay.k",
        "type": "channel.notification.v1",
        "body": b'{"b":1}',
        "message_id": message_id,
        "headers": {"order_num": "o1"},
        "correlation_id": "c1",
        "attempt": 0,
    }
    return Message(**(values | changes))  # type: ignore[arg-type]


def notification(webhook_id: str = "w1", num: str = "o1", **changes: object) -> NotificationRow:
    values: dict[str, object] = {
        "webhook_id": webhook_id,
        "order_num": num,
        "app_key": "k",
        "type": "voucher",
        "seq": 1,
        "created_at": NOW,
    }
    return NotificationRow(**(values | changes))  # type: ignore[arg-type]


def entry(text: str = "taken", at: datetime = NOW) -> TimelineEntry:
    return TimelineEntry(at, "accepted", text, "accepted")


def full(num: str = "o1", version: int = 1, tag: str = "", **changes: object) -> Transition:
    """Return a transition that writes to every table, under ids made from its place."""
    name = f"{num}-{version}{tag}"
    return Transition(
        order_row(num, version, **changes),
        entries=[entry(f"{name} first"), entry(f"{name} second")],
        inbox=[InboxEntry(f"in-{name}", f"digest-{name}")],
        outbox=[message(f"out-{name}")],
        notifications=[notification(f"hook-{name}", num)],
    )


def held(notice_id: str, *, num: str = "", zzy: str = "", at: datetime = NOW) -> HeldNotice:
    return HeldNotice(notice_id, num, zzy, "zzy.notice.v1", b'{"n":1}', at)


def letter(letter_id: str = "d1", **changes: object) -> DeadLetter:
    values: dict[str, object] = {
        "id": letter_id,
        "kind": "relay_gave_up",
        "reason": "no answer",
        "message": message(f"dead-{letter_id}", attempt=9),
        "app_key": "k",
        "order_num": "o1",
        "channel_order_num": "channel-o1",
        "first_failed_at": NOW,
        "last_failed_at": NOW,
    }
    return DeadLetter(**(values | changes))  # type: ignore[arg-type]


async def commit(store: Store, transition: Transition) -> Committed:
    """Commit what must be applied."""
    done = await store.commit(transition)
    assert done.applied
    return done


async def unsent_ids(store: Store) -> list[str]:
    """Return the ids in the outbox, and leave them claimable."""
    found = await store.claim_unsent(after(10_000), older_than=0, limit=10_000, lease=-20_000)
    return sorted(one.message_id for one in found)

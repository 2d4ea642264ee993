"""What is known about the order that a strange notice names: for whoever decides on a replay.

Why it exists: a notice that may be forged, stale or contradicted is replayed only by a
person who has seen what our order says, what PersonQrCodes said, and what came first under
the signature. It must not judge, nor show personal data.
Source: PROTOCOL.md, "The signature does not cover the body".
"""

from datetime import UTC, datetime
from typing import Any, Final

from contracts.envelope import unwrap
from contracts.events import NoticeReceived
from worker.deadletters.subject import subject_of
from worker.runtime import snapshot
from worker.runtime.ports import DeadLetter, OrderRow, Store, TimelineEntry

LINES: Final = 20
"""How many of the order's last lines are shown."""

Evidence = dict[str, Any]


async def evidence_for(store: Store, letter: DeadLetter) -> Evidence | None:
    """Return what speaks for and against a notice; None where the letter is none.

    Raises StoreUnavailableError.
    """
    if not letter.kind.startswith("notice_"):
        return None
    about = subject_of(letter.message.body)
    order_num = letter.order_num or about.order_num
    loaded = await store.load(order_num)
    if loaded.row is None and about.zzy_order_id:
        loaded = await store.load_by_zzy_order_id(about.zzy_order_id)
    row = loaded.row
    history = await store.timeline(row.order_num) if row else []
    return {
        "notice": await _notice(store, letter, about.zzy_order_id),
        "order": _order(row) if row else None,
        "history": [_line(entry) for entry in history[-LINES:]],
    }


async def _notice(store: Store, letter: DeadLetter, zzy_order_id: str) -> Evidence | None:
    try:
        received = unwrap(NoticeReceived, letter.message.body).data
    except ValueError:
        return None
    used = f"signature:{received.signature_digest}:{zzy_order_id}"
    first = (await store.load("", [used])).seen.get(used, "")
    return {
        "zzy_order_id": zzy_order_id,
        "signed_at": _moment(received.timestamp_ms),
        "received_at": received.received_at.isoformat(),
        "content_digest": received.content_digest,
        "first_digest_of_this_signature": first,
        "is_the_first": first == received.content_digest if first else None,
    }


def _order(row: OrderRow) -> Evidence:
    shown: Evidence = {
        "order_num": row.order_num,
        "zzy_order_id": row.zzy_order_id or "",
        "state": row.phase,
        "human": row.human or "",
        "updated_at": row.updated_at.isoformat(),
    }
    order = snapshot.read(row)
    if order is not None:
        counts = {
            "bought": order.demand.count,
            "vouchers": len(order.vouchers),
            "checked": order.checked,
            "refunded": order.refunded,
            "pending": order.pending,
        }
        shown.update(counts)
    return shown


def _line(entry: TimelineEntry) -> Evidence:
    return {
        "at": entry.at.isoformat(),
        "kind": entry.kind,
        "state": entry.phase,
        "text": entry.text,
    }


def _moment(milliseconds: int) -> str:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return ""

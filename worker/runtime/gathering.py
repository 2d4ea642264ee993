"""The facts about an order, gathered from what the store holds beside it.

Why it exists: the comparison (worker/reconciliation) takes plain facts; what a row, a body and
an entry say is read here. It must not compare, and must not ask anybody.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from contracts import queues
from contracts.envelope import unwrap
from contracts.events import ChannelNotification, NoticeReceived
from contracts.zzy import VerifyNotice, parse_notice
from worker.reconciliation.facts import Facts, Letter, Place, Told
from worker.runtime.ports import DeadLetter, OrderRow, TimelineEntry
from worker.runtime.reconcilable import Belongings
from worker.saga.states import Order

_PLACES: Final = {
    queues.NOTICES: Place.NOTICES,
    queues.ORDERS: Place.COMMANDS,
    queues.SMS: Place.GUEST,
}
HUMAN: Final = "in front of a human"
"""How the timeline says so (runtime/timeline.py)."""


def gathered(order: Order, row: OrderRow, beside: Belongings) -> Facts:
    """Return what is known of one order here."""
    num = order.order_num
    held = [
        one.received_at
        for one in beside.held
        if one.order_num == num or (one.zzy_order_id and one.zzy_order_id == order.zzy_order_id)
    ]
    booked: dict[str, Decimal] = {}
    for entry in beside.entries:
        if entry.order_num == num:
            booked[entry.kind] = booked.get(entry.kind, Decimal(0)) + entry.amount
    return Facts(
        order,
        changed_at=row.updated_at,
        asked=bool(order.zzy_order_id) or order.attempts.create > 0,
        told=tuple(
            Told(one.type, one.seq, one.status, one.created_at)
            for one in beside.notifications
            if one.order_num == num
        ),
        booked=booked,
        letters=tuple(_letter(one) for one in beside.letters if one.order_num == num),
        held_since=min(held, default=None),
    )


def human_since(timeline: Sequence[TimelineEntry]) -> datetime | None:
    """Return since when an order is in front of a human without a break."""
    since = None
    for entry in timeline:
        if HUMAN not in entry.text:
            since = None
        elif since is None:
            since = entry.at
    return since


def _letter(letter: DeadLetter) -> Letter:
    place = _PLACES.get(letter.message.queue, Place.COMMANDS)
    if letter.message.queue.startswith(queues.RELAY_PREFIX):
        return Letter(letter.id, Place.CHANNEL, _told(letter.message.body))
    checked = _checked(letter.message.body) if place is Place.NOTICES else 0
    return Letter(letter.id, place, checked=checked)


def _told(body: bytes) -> str:
    """Return the type of the notification that a body holds; empty where it cannot be read."""
    try:
        return str(unwrap(ChannelNotification, body).data.notify_type)
    except ValueError:
        return ""


def _checked(body: bytes) -> int:
    """Return how many used tickets a notice speaks of; none where it speaks of something else."""
    try:
        notice = parse_notice(unwrap(NoticeReceived, body).data.raw.encode()).notice()
    except ValueError:
        return 0
    return notice.checked_number if isinstance(notice, VerifyNotice) else 0

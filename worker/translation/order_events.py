"""What a transition of an order means to those who listen to its events.

Why it exists: one place tells, purely from the order before and after, which of the
published kinds happened. It must hold no personal data, no voucher and none of ZZY's own
words (they may name a person), and must not publish.
"""

from typing import Final

from contracts.channel import Code
from contracts.events import OrderEvent, OrderEventKind
from worker.saga.events import Event
from worker.saga.states import Ending, Order, Phase

_REACHED: Final[dict[Phase, OrderEventKind]] = {
    Phase.CREATING: "accepted",
    Phase.PAYING: "created",
    Phase.AWAITING_TICKET: "paid",
    Phase.TICKET_FAILED: "failed",
    Phase.REFUSED: "failed",
    Phase.CANCELLED: "cancelled",
}
"""What it means to have come into a phase; vouchers and money are looked at by themselves."""


def kinds(before: Order | None, after: Order, event: Event) -> tuple[OrderEventKind, ...]:
    """Return what happened that means something outside, the furthest last; mostly nothing."""
    if before is not None and before.accepted_at != after.accepted_at:
        before = None  # a number that was left free began a new life
    found: list[OrderEventKind] = []
    if (before is None or before.phase is not after.phase) and after.phase in _REACHED:
        found.append(_REACHED[after.phase])
    if _was_issued(before, after):
        found.append("issued")
    if after.checked > (before.checked if before else 0):
        found.append("verified")
    found += _refunds(before, after)
    if type(event).__name__ == "ResendCommanded" and before and after.notified > before.notified:
        found.append("resent")
    if after.human and (before is None or before.human != after.human):
        found.append("needs_human")
    return tuple(found)


def _was_issued(before: Order | None, after: Order) -> bool:
    """Tell whether tickets came, or more of them (several notices: a bundle, 打包票)."""
    came = after.phase is Phase.ISSUED and (before is None or before.phase is not Phase.ISSUED)
    return came or len(after.vouchers) > (len(before.vouchers) if before else 0)


def _refunds(before: Order | None, after: Order) -> list[OrderEventKind]:
    found: list[OrderEventKind] = []
    was, now = before.refund if before else None, after.refund
    refunded = after.refunded > (before.refunded if before else 0)
    ended = {past.intent.refund_id: past.ending for past in after.refunds}
    if was is not None and ended.get(was.refund_id) is Ending.REJECTED:
        found.append("refund_rejected")
    if refunded:
        found.append("refunded")
    if now is not None and (was is None or was.refund_id != now.refund_id):
        found.append("refund_requested")
    return found


def order_event(
    before: Order | None, after: Order, event: Event, version: int
) -> OrderEvent | None:
    """Return the event of one transition, or None where nothing happened that others want."""
    happened = kinds(before, after, event)
    if not happened:
        return None
    refund = after.refund or (before.refund if before else None)
    return OrderEvent.made_of(
        kind=happened[-1],
        also=happened[:-1],
        app_key=after.app_key,
        order_num=after.order_num,
        channel_order_num=after.channel_order_num,
        zzy_order_id=after.zzy_order_id,
        state=after.phase.value,
        version=version,
        product_code=after.demand.product_code,
        visit_date=after.demand.visit_date,
        count=after.demand.count,
        amount=after.demand.amount,
        vouchers=len(after.vouchers),
        checked=after.checked,
        refunded=after.refunded,
        pending=after.pending,
        refund_id=refund.refund_id if refund else "",
        code=after.failure.code if after.failure else "",
        reason=_reason(after),
    )


def _reason(order: Order) -> str:
    """Return a failure in the words of its code: ZZY's own words may name a person."""
    if order.failure is None:
        return ""
    try:
        return Code(order.failure.code).text
    except ValueError:
        return ""

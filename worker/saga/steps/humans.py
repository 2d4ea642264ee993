"""Steps that call a person, with the reason that the operator reads.

Why it exists: where no rule can go on without risking money, somebody must look, and each
reason says at what. It must not decide when that is: that is the table's. The reasons are
explained in docs/operations.md.
"""

from typing import Final

from worker.saga.effects import Alarm
from worker.saga.events import Event
from worker.saga.replacing import replace
from worker.saga.states import Order, Phase
from worker.saga.steps import Moment, Result

PAY_UNKNOWN: Final = "pay and CancelOrder of unknown outcome: ask ZZY whether it was paid"
NO_TICKET: Final = "paid, and no ticket came: ask ZZY for the tickets or the money"
REFUND_REFUSED: Final = "a refund was refused: settle it with ZZY"
REFUND_UNKNOWN: Final = "a refund has no known outcome: settle it with ZZY"
STRAY_REFUND: Final = "a refund notice names no refund of ours: ask ZZY what it refunded"
EXCESS: Final = "ZZY refunded more than was left: compare what it checked and refunded"
DOUBTED_REFUND: Final = (
    "ZZY forced a refund of codes that it still shows: ask ZZY, then replay its dead letter"
)

OVER_WITH_PHASE: Final = frozenset({PAY_UNKNOWN, NO_TICKET, REFUND_REFUSED})
"""Reasons that are gone when the order moves on."""
OVER_WITH_REFUND: Final = frozenset({REFUND_UNKNOWN})
"""Reasons that are gone when the refund intent is closed."""


def contradiction(event: Event, phase: Phase) -> str:
    """Return the reason where ZZY says what cannot be true of an order in this phase."""
    return f"ZZY reported {type(event).__name__} for an order that is {phase}: money may be lost"


def release(before: Order, after: Order) -> Order:
    """Let the person go if what they were called for has been answered."""
    moved = after.phase is not before.phase and after.human == before.human
    over = (
        (after.human in OVER_WITH_PHASE and moved)
        or (after.human in OVER_WITH_REFUND and after.refund is None)
        or (after.human == DOUBTED_REFUND and len(after.refunds) > len(before.refunds))
    )
    return replace(after, human="") if over else after


def _call(o: Order, reason: str) -> Result:
    alarms = () if o.human == reason else (Alarm("order_needs_human", reason),)
    return replace(o, human=reason), alarms


def _leave_to(o: Order, reason: str) -> Result:
    """Call a person and stop: there is nothing left to try."""
    return _call(replace(o, wake_at=None), reason)


def human_for_cancel(o: Order, _e: Event, _m: Moment) -> Result:
    """Call a person: neither the pay nor CancelOrder gave a clear answer."""
    return _leave_to(o, PAY_UNKNOWN)


def human_for_ticket(o: Order, _e: Event, _m: Moment) -> Result:
    """Call a person: paid, and neither a notice nor PersonQrCodes shows a ticket."""
    return _leave_to(o, NO_TICKET)


def human_for_refused_refund(o: Order, _e: Event, _m: Moment) -> Result:
    """Call a person: the money of a failed ticket was not given back."""
    return _leave_to(o, REFUND_REFUSED)


def human_for_unknown_refund(o: Order, _e: Event, _m: Moment) -> Result:
    """Call a person: nobody knows whether ZZY has the refund. The intent stays open."""
    return _leave_to(o, REFUND_UNKNOWN)


def human_for_contradiction(o: Order, e: Event, _m: Moment) -> Result:
    """Call a person: ZZY says what cannot be true of this order. What was under way goes on."""
    return _call(o, contradiction(e, o.phase))


def human_for_stray_refund(o: Order, _e: Event, _m: Moment) -> Result:
    """Call a person: a refund notice is not about our refund. What was under way goes on."""
    return _call(o, STRAY_REFUND)


def human_for_excess(o: Order, _e: Event, _m: Moment) -> Result:
    """Call a person: the supplier refunded tickets that were used, or more than were left."""
    return _call(o, EXCESS)


def human_for_doubted_refund(o: Order, _e: Event, _m: Moment) -> Result:
    """Call a person: PersonQrCodes contradicts a forced refund. What was under way goes on."""
    return _call(o, DOUBTED_REFUND)


def human_if_refund_exceeds(o: Order, e: Event, m: Moment) -> Result:
    """Call a person if the refund that is about to be settled takes what is not there.

    A refund of all that was left takes less where the supplier forced a part of it before.
    """
    intent = o.refund
    if intent is None:
        return o, ()
    used = bool(set(intent.codes) & set(o.checked_codes))
    gone = len(set(intent.codes) & set(o.refunded_codes))
    short = intent.count - gone > o.refundable and (o.checked > 0 or not intent.whole)
    return human_for_excess(o, e, m) if used or short else (o, ())


def alarm_stock_held(o: Order, _e: Event, _m: Moment) -> Result:
    """Raise a low alarm: nothing was paid, but ZZY may still hold the stock.

    Not where Create was never sent: an order may end while ZZY is not to be called.
    """
    if not o.attempts.create:
        return o, ()
    return o, (Alarm("zzy_order_left_unpaid", "an unpaid order may still hold stock at ZZY"),)


def alarm_refunds_exhausted(o: Order, _e: Event, _m: Moment) -> Result:
    """Raise an alarm, once for an order: the channel may not open another refund of it."""
    if o.refunds_exhausted:
        return o, ()
    text = "too many refunds of one order were tried: the channel is refused another one"
    return replace(o, refunds_exhausted=True), (Alarm("refunds_exhausted", text),)

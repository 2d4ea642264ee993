"""Steps that answer who asked for a refund (退款), or waits for one.

Why it exists: a channel that asks twice must read the same outcome twice, and one that
asks for what cannot be must read why, with the field's name and one of the codes 4000 to
4003. It must not decide which answer applies: that is the table's.
Source: channel document, section three; PROTOCOL.md, ``cancelOrder``.
"""

from typing import Final

from worker.saga import codes
from worker.saga.effects import RefundStands, Reply
from worker.saga.events import CancelCommanded, Event, RefundCommanded
from worker.saga.replacing import replace
from worker.saga.states import Ending, Order, PastRefund, Waiter, Wants
from worker.saga.steps import Moment, Result
from worker.saga.steps.outcomes import tell_asker

PENDING: Final = "pending"


def answer_refund(o: Order, _e: Event, _m: Moment) -> Result:
    """Tell those who wait for the channel's own refund what became of it."""
    done = [waiter for waiter in o.waiters if waiter.wants is Wants.REFUNDED]
    waiting = tuple(waiter for waiter in o.waiters if waiter.wants is not Wants.REFUNDED)
    return replace(o, waiters=waiting), tuple(_outcome(w, o.refunds[-1]) for w in done)


def answer_past_refund(o: Order, e: RefundCommanded, _m: Moment) -> Result:
    """Tell who asks again what became of this refund."""
    past = next(past for past in o.refunds if past.intent.refund_num == e.refund_num)
    return o, ((_outcome(e.waiter, past),) if e.waiter else ())


def _outcome(waiter: Waiter, past: PastRefund) -> Reply:
    stands = RefundStands(past.intent.refund_id, past.count, past.ending.value)
    if past.ending is not Ending.REJECTED:
        return Reply(waiter, codes.SUCCESS, codes.OK_TEXT, refund=stands)
    text = "：".join(filter(None, (codes.REFUND_REJECTED_TEXT, past.reason)))
    return Reply(waiter, codes.CANCEL_FAILED, text, refund=stands)


def answer_under_audit(o: Order, e: Event, _m: Moment) -> Result:
    """Tell those who wait for the refund that ZZY audits it (退款审核中), as their channel chose.

    Who asks just now is told alone: the others know. 1000 ends the wait; 退款审核中 does not.
    """
    if o.refund is None or not o.refund.under_audit:
        return o, ()
    wants = Wants.REFUNDED if o.refund.refund_num else Wants.CANCELLED
    asked = e.waiter if isinstance(e, CancelCommanded | RefundCommanded) else None
    told = [w for w in ((asked,) if asked else o.waiters) if w.wants is wants]
    replies = tuple(_so_far(o, waiter) for waiter in told)
    ended = [reply.to for reply in replies if reply.final]
    return replace(o, waiters=tuple(w for w in o.waiters if w not in ended)), replies


def _so_far(o: Order, waiter: Waiter) -> Reply:
    stands = None
    if waiter.wants is Wants.REFUNDED and o.refund is not None:
        stands = RefundStands(o.refund.refund_id, o.pending, PENDING)
    if waiter.audit_reply == "accepted":
        return Reply(waiter, codes.SUCCESS, codes.OK_TEXT, refund=stands)
    return Reply(waiter, codes.CANCEL_FAILED, codes.AUDIT_TEXT, final=False, refund=stands)


# --- refused ----------------------------------------------------------------------------


def refuse_as_conflict(o: Order, e: RefundCommanded, _m: Moment) -> Result:
    """Refuse a different refund under the same refund_num."""
    return o, tell_asker(e, codes.CANCEL_FAILED, codes.REFUND_CONFLICT_TEXT)


def refuse_as_unpaid(o: Order, e: RefundCommanded, _m: Moment) -> Result:
    """Refuse to refund what is not known to be paid."""
    return o, tell_asker(e, codes.CANCEL_FAILED, codes.NOT_PAID_TEXT)


def refuse_as_over(o: Order, e: RefundCommanded, _m: Moment) -> Result:
    """Refuse to refund an order of which nothing is left."""
    return o, tell_asker(e, codes.ALREADY_CANCELLED, codes.ALREADY_CANCELLED_TEXT)


def refuse_as_used(o: Order, e: RefundCommanded, _m: Moment) -> Result:
    """Refuse to refund a ticket that was used."""
    return o, tell_asker(e, codes.ALREADY_CHECKED, codes.ALREADY_CHECKED_TEXT)


def refuse_as_fixed(o: Order, e: RefundCommanded, _m: Moment) -> Result:
    """Refuse to refund a product that gives nothing back (RefundSet 0)."""
    return o, tell_asker(e, codes.CANCEL_FAILED, codes.NOT_REFUNDABLE_TEXT)


def refuse_as_busy(o: Order, e: RefundCommanded, _m: Moment) -> Result:
    """Refuse a second refund while one is open (退款处理中)."""
    return o, tell_asker(e, codes.CANCEL_FAILED, codes.REFUND_OPEN_TEXT)


def refuse_unknown_codes(o: Order, e: RefundCommanded, _m: Moment) -> Result:
    """Refuse codes that are no personal vouchers of this order."""
    return o, tell_asker(e, codes.CANCEL_FAILED, codes.CODES_UNKNOWN_TEXT)


def refuse_forgotten_codes(o: Order, e: RefundCommanded, _m: Moment) -> Result:
    """Refuse codes of an order whose codes were forgotten: a count can still be refunded."""
    return o, tell_asker(e, codes.CANCEL_FAILED, codes.CODES_FORGOTTEN_TEXT)


def refuse_refunded_codes(o: Order, e: RefundCommanded, _m: Moment) -> Result:
    """Refuse codes that came back before."""
    return o, tell_asker(e, codes.CANCEL_FAILED, codes.CODES_REFUNDED_TEXT)


def refuse_too_many(o: Order, e: RefundCommanded, _m: Moment) -> Result:
    """Refuse more than is left."""
    return o, tell_asker(e, codes.CANCEL_FAILED, codes.COUNT_TEXT)


def refuse_as_exhausted(o: Order, e: RefundCommanded, _m: Moment) -> Result:
    """Refuse yet another refund where too many were tried."""
    return o, tell_asker(e, codes.CANCEL_FAILED, codes.REFUNDS_EXHAUSTED_TEXT)

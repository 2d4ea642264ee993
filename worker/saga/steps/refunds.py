"""Steps that fetch money back.

Why it exists: a refund intent (退款) has its RefundId before its first call and keeps it on
every retry, so that ZZY can refuse a repeat. It must not open a second intent while one
is open.
"""

from dataclasses import replace

from worker.saga.effects import Alarm, HoldNotice, RefundTold
from worker.saga.events import (
    Event,
    RefundAccepted,
    RefundNoticed,
    RefundRefused,
    RefundUnknown,
)
from worker.saga.guards import forced_count
from worker.saga.states import Order, Refund
from worker.saga.steps import Moment, Result
from worker.saga.steps.calls import call_refund
from worker.saga.steps.outcomes import notify


def open_refund(o: Order, e: Event, m: Moment) -> Result:
    """Make an intent for all that is left, and send it."""
    number = o.refunds_made + 1
    intent = Refund(refund_id=f"{o.order_num}R{number}", count=o.refundable)
    fresh = replace(o.attempts, refund=0)
    return call_refund(replace(o, refund=intent, refunds_made=number, attempts=fresh), e, m)


def doubt_refund(o: Order, e: RefundUnknown, _m: Moment) -> Result:
    """Remember that ZZY may have the refund: its next 批次号重复 means that it has."""
    refund = o.refund and replace(o.refund, doubtful=o.refund.doubtful or e.sent)
    return replace(o, refund=refund), ()


def await_audit(o: Order, e: RefundAccepted | RefundRefused, m: Moment) -> Result:
    """Wait for ZZY's audit (审核) until the audit deadline."""
    apply_id = e.apply_id if isinstance(e, RefundAccepted) else ""
    refund = o.refund and replace(
        o.refund, under_audit=True, apply_id=apply_id or o.refund.apply_id
    )
    return replace(o, refund=refund, call=None, wake_at=m.after(m.policy.audit_deadline)), ()


def settle_refund(o: Order, e: RefundAccepted | RefundNoticed, _m: Moment) -> Result:
    """Close the intent as approved and tell the channel."""
    if o.refund is None:
        return o, ()
    count = min(o.refund.count, o.demand.count - o.refunded)
    closed = replace(o, refund=None, refunded=o.refunded + count)
    codes = e.codes if isinstance(e, RefundNoticed) else ()
    news = RefundTold(o.refund.refund_id, count, codes, "approved", e.reason)
    told, notice = notify(closed, news)
    return told, (notice,)


def reject_refund(
    o: Order, e: RefundAccepted | RefundRefused | RefundNoticed, _m: Moment
) -> Result:
    """Close the intent as rejected and tell the channel; a later cancel opens a new one."""
    if o.refund is None:
        return o, ()
    reason = e.message if isinstance(e, RefundRefused) else e.reason
    news = RefundTold(o.refund.refund_id, o.refund.count, (), "rejected", reason)
    told, notice = notify(_close_rejected(o, o.refund), news)
    return told, (notice,)


def drop_refused_refund(o: Order, _e: Event, _m: Moment) -> Result:
    """Close the intent of a ticketless order; only a person can fetch that money now."""
    return (_close_rejected(o, o.refund), ()) if o.refund else (o, ())


def _close_rejected(o: Order, intent: Refund) -> Order:
    names = tuple(name for name in (intent.refund_id, intent.apply_id) if name)
    rejected = (*o.rejected_refunds, *names)
    return replace(o, refund=None, call=None, wake_at=None, rejected_refunds=rejected)


def note_forced_refund(o: Order, e: RefundNoticed, _m: Moment) -> Result:
    """Record that the supplier refunded by itself (强制退款); tell the channel, and us."""
    count = forced_count(o, e)
    refunded = replace(
        o,
        refunded=o.refunded + count,
        refunded_codes=tuple(dict.fromkeys((*o.refunded_codes, *e.codes))),
    )
    told, notice = notify(refunded, RefundTold("", count, e.codes, "forced", e.reason))
    return told, (notice, Alarm("forced_refund", f"the supplier refunded {count} by itself"))


def forget_intent(o: Order, _e: Event, _m: Moment) -> Result:
    """Drop the open intent: a forced refund took all that it asked for."""
    return replace(o, refund=None), ()


def hold_notice(o: Order, _e: Event, _m: Moment) -> Result:
    """Let a notice wait: an answer under way may tell the ApplyId that it names."""
    return o, (HoldNotice(),)

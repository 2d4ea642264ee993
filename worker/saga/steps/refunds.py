"""Steps that fetch money back.

Why it exists: a refund intent (退款) has its RefundId before its first call and keeps it,
and all that is sent with it, on every retry, so that ZZY can refuse a repeat. What ZZY
gives back is counted only as far as tickets are left. It must not open a second intent
while one is open.
"""

from worker.saga.effects import Alarm, HoldNotice, RefundTold, SetApart
from worker.saga.events import (
    Event,
    RefundAccepted,
    RefundCommanded,
    RefundNoticed,
    RefundRefused,
    RefundUnknown,
)
from worker.saga.refund_guards import forced_codes, forced_count, wanted_count
from worker.saga.replacing import replace
from worker.saga.states import Ending, Order, PastRefund, Refund
from worker.saga.steps import Moment, Result
from worker.saga.steps.calls import call_refund
from worker.saga.steps.outcomes import notify

# --- opening and sending ----------------------------------------------------------------


def open_refund(o: Order, e: Event, m: Moment) -> Result:
    """Make an intent for all that is left, and send it."""
    return _open(o, Refund(_next_id(o), o.refundable), e, m)


def open_commanded_refund(o: Order, e: RefundCommanded, m: Moment) -> Result:
    """Make an intent for what the channel asked for, under its refund_num, and send it."""
    intent = Refund(
        refund_id=_next_id(o),
        count=wanted_count(o, e),
        refund_num=e.refund_num,
        asked=None if e.codes else e.count,
        codes=e.codes,
    )
    return _open(o, intent, e, m)


def _next_id(o: Order) -> str:
    return f"{o.order_num}R{o.refunds_made + 1}"


def _open(o: Order, intent: Refund, e: Event, m: Moment) -> Result:
    fresh = replace(o.attempts, refund=0)
    made = replace(o, refund=intent, refunds_made=o.refunds_made + 1, attempts=fresh)
    return call_refund(made, e, m)


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


def hold_notice(o: Order, _e: Event, _m: Moment) -> Result:
    """Let a notice wait: an answer under way may tell the ApplyId that it names."""
    return o, (HoldNotice(),)


# --- its outcome ------------------------------------------------------------------------


def settle_refund(o: Order, e: RefundAccepted | RefundNoticed, _m: Moment) -> Result:
    """Close the intent as approved and tell the channel; what was forced before is not its."""
    if o.refund is None:
        return o, ()
    named = e.codes if isinstance(e, RefundNoticed) else ()
    past = PastRefund(o.refund, Ending.APPROVED, o.pending, o.refund.codes or named, e.reason)
    return _tell(_close(o, past), past)


def reject_refund(
    o: Order, e: RefundAccepted | RefundRefused | RefundNoticed, _m: Moment
) -> Result:
    """Close the intent as rejected and tell the channel; a later cancel opens a new one."""
    if o.refund is None:
        return o, ()
    past = _rejected(o.refund, e)
    told, notices = _tell(_close(o, past), past, count=o.refund.count)
    return told, notices


def drop_refused_refund(
    o: Order, e: RefundAccepted | RefundRefused | RefundNoticed, _m: Moment
) -> Result:
    """Close the intent of a ticketless order; only a person can fetch that money now."""
    return (_close(o, _rejected(o.refund, e)), ()) if o.refund else (o, ())


def _rejected(intent: Refund, e: RefundAccepted | RefundRefused | RefundNoticed) -> PastRefund:
    reason = e.message if isinstance(e, RefundRefused) else e.reason
    return PastRefund(intent, Ending.REJECTED, 0, intent.codes, reason)


def _close(o: Order, past: PastRefund) -> Order:
    """Put the open intent among those that are over; nothing is waited for any more."""
    return replace(_record(o, past), refund=None, call=None, wake_at=None)


def _record(o: Order, past: PastRefund) -> Order:
    back = () if past.ending is Ending.REJECTED else past.codes
    personal = [code for code in back if code and code != o.order_code]
    return replace(
        o,
        refunds=(*o.refunds, past),
        refunded=o.refunded + past.count,
        refunded_codes=tuple(dict.fromkeys((*o.refunded_codes, *personal))),
    )


def _tell(o: Order, past: PastRefund, *, count: int | None = None) -> Result:
    number = past.count if count is None else count
    named = past.codes if o.erased_at is None else ()  # marks mean nothing to anybody else
    news = RefundTold(past.intent.refund_id, number, named, past.ending.value, past.reason)
    told, notice = notify(o, news)
    return told, (notice,)


# --- the supplier's own (强制退款) -------------------------------------------------------


def note_forced_refund(o: Order, e: RefundNoticed, _m: Moment) -> Result:
    """Record that the supplier refunded by itself; tell the channel, and us."""
    count = forced_count(o, e)
    if count == 0:
        return o, ()
    used = forced_codes(o, e) & set(o.checked_codes)
    codes = tuple(code for code in e.codes if code not in used)
    past = PastRefund(Refund("", count), Ending.FORCED, count, codes, e.reason)
    told, notices = _tell(_record(o, past), past)
    alarm = Alarm("forced_refund", f"the supplier refunded {count} by itself")
    return told, (*notices, alarm)


def set_forced_refund_apart(o: Order, e: RefundNoticed, _m: Moment) -> Result:
    """Keep a forced refund for a person, without any effect."""
    return o, (SetApart(e.doubt),)


def note_money_back(o: Order, _e: Event, _m: Moment) -> Result:
    """Record that all that was left came back on another way, as a person learned of ZZY."""
    if o.refundable == 0:
        return o, ()
    past = PastRefund(Refund("", o.refundable), Ending.FORCED, o.refundable)
    return _tell(_record(o, past), past)


def forget_intent(o: Order, e: RefundNoticed, _m: Moment) -> Result:
    """Drop the open intent: a forced refund took all that it asked for.

    One that the channel named itself ends by that name: it may wait for nothing else.
    """
    if o.refund is None:
        return o, ()
    past = PastRefund(o.refund, Ending.FORCED, 0, (), e.reason)
    closed = _close(o, past)
    return _tell(closed, past) if past.intent.refund_num else (closed, ())

"""Steps that record why an order ends and tell those who wait or must know.

Why it exists: a reply answers who asked and may be lost; a notification is for what the
channel must know and may not. It must not word what a code means elsewhere: codes.py.
"""

from typing import Final

from worker.saga import codes
from worker.saga.effects import Alarm, FailureTold, News, Notify, Reply, TextVouchers
from worker.saga.events import (
    CancelCommanded,
    CreateRefused,
    Event,
    OrderCommanded,
    PayRefused,
    RefundCommanded,
    ResendCommanded,
)
from worker.saga.replacing import replace
from worker.saga.states import Failure, Order, Voucher, Waiter, Wants
from worker.saga.steps import Moment, Result

BUYING = frozenset({Wants.CREATED, Wants.PAID})


def notify(o: Order, news: News) -> tuple[Order, Notify]:
    """Make the order's next notification."""
    seq = o.notified + 1
    return replace(o, notified=seq), Notify(seq, news)


def text_vouchers(
    o: Order, vouchers: tuple[Voucher, ...], waiter: Waiter | None = None
) -> tuple[Order, TextVouchers]:
    """Give the next text to the guest (短信) its number, one of the notifications'."""
    seq = o.notified + 1
    return replace(o, notified=seq), TextVouchers(seq, vouchers, o.order_code, waiter)


def answer_waiters(o: Order, wants: frozenset[Wants], code: str, message: str) -> Result:
    """Answer all who wait for one of ``wants``; they wait no longer."""
    answered = tuple(waiter for waiter in o.waiters if waiter.wants in wants)
    waiting = tuple(waiter for waiter in o.waiters if waiter.wants not in wants)
    replies = tuple(Reply(waiter, code, message) for waiter in answered)
    return replace(o, waiters=waiting), replies


# --- why it ends ------------------------------------------------------------------------


def fail_at_door(o: Order, e: OrderCommanded, _m: Moment) -> Result:
    """Record the refusal that came before anything was asked of ZZY; raise its alarm, if any."""
    alarms = (Alarm(e.alarm, e.refusal.message),) if e.alarm and e.refusal else ()
    return replace(o, failure=e.refusal), alarms


def fail_as_refused(o: Order, e: CreateRefused | PayRefused, _m: Moment) -> Result:
    """Record ZZY's refusal; raise the alarm that goes with it, if any."""
    alarms = (Alarm(e.alarm, e.failure.message),) if e.alarm else ()
    return replace(o, failure=e.failure), alarms


def fail_as_late(o: Order, _e: Event, _m: Moment) -> Result:
    """Record that the pay deadline passed."""
    return replace(o, failure=Failure(codes.CREATE_FAILED, codes.LATE_TEXT)), ()


def fail_as_unknown(o: Order, _e: Event, _m: Moment) -> Result:
    """Record that ZZY gave no clear answer to the end."""
    return replace(o, failure=Failure(codes.CREATE_FAILED, codes.UNKNOWN_TEXT)), ()


def fail_as_ticketless(o: Order, _e: Event, _m: Moment) -> Result:
    """Record that no ticket will come for money that was taken."""
    return replace(o, failure=Failure(codes.CREATE_FAILED, codes.TICKET_FAILED_TEXT)), ()


def forget_failure(o: Order, _e: Event, _m: Moment) -> Result:
    """Drop a failure that turned out not to be one."""
    return replace(o, failure=None), ()


# --- who is told ------------------------------------------------------------------------


def tell_failure(o: Order, _e: Event, _m: Moment) -> Result:
    """Answer who waits for the order with its failure, and notify ``order_failed`` once."""
    failure = o.failure or Failure(codes.CREATE_FAILED, codes.UNKNOWN_TEXT)
    answered, replies = answer_waiters(o, BUYING, failure.code, failure.message)
    if o.failure_told:
        return answered, replies
    told, notice = notify(
        replace(answered, failure_told=True), FailureTold(failure.code, failure.message)
    )
    return told, (*replies, notice)


def tell_refusal_at_door(o: Order, e: OrderCommanded, m: Moment) -> Result:
    """Answer with the refusal; notify it too where the answer may come too late to be seen."""
    waited = (m.now - e.received_at).total_seconds()
    if e.waiter is None or waited >= m.policy.reply_wait:
        return tell_failure(o, e, m)
    failure = o.failure or Failure(codes.CREATE_FAILED, codes.UNKNOWN_TEXT)
    return answer_waiters(o, BUYING, failure.code, failure.message)


def answer_created(o: Order, _e: Event, _m: Moment) -> Result:
    """Answer those who only wait for the order to be created."""
    return answer_waiters(o, frozenset({Wants.CREATED}), codes.SUCCESS, codes.OK_TEXT)


def answer_paid(o: Order, _e: Event, _m: Moment) -> Result:
    """Answer those who wait for the order to be created or paid."""
    return answer_waiters(o, BUYING, codes.SUCCESS, codes.OK_TEXT)


def tell_cancelled_order(o: Order, e: Event, m: Moment) -> Result:
    """Tell, as a failure, that the order ended cancelled: who cancelled may have gone."""
    cancelled = replace(o, failure=Failure(codes.CREATE_FAILED, codes.CANCELLED_TEXT))
    return tell_failure(cancelled, e, m)


def answer_refunded_order(o: Order, _e: Event, _m: Moment) -> Result:
    """Answer those who ask for an order that was refunded."""
    return answer_waiters(o, BUYING, codes.CREATE_FAILED, codes.REFUNDED_TEXT)


def answer_failure(o: Order, _e: Event, _m: Moment) -> Result:
    """Answer those who ask again for an order that failed."""
    failure = o.failure or Failure(codes.CREATE_FAILED, codes.UNKNOWN_TEXT)
    return answer_waiters(o, BUYING, failure.code, failure.message)


def answer_conflict(o: Order, e: OrderCommanded, _m: Moment) -> Result:
    """Refuse a different order under the same number, to this asker alone.

    Nobody to answer (reply_on = "accepted"): an alarm, for an ``order_failed`` under this
    number would be read as the failure of the first order.
    """
    if e.waiter is None:
        return o, (Alarm("conflicting_order", codes.CONFLICT_TEXT),)
    return o, (Reply(e.waiter, codes.CREATE_FAILED, codes.CONFLICT_TEXT),)


# --- cancelling -------------------------------------------------------------------------

_CANCELLERS = frozenset({Wants.CANCELLED})
MOST_WAITERS: Final = 16
"""Nobody waits for longer than a few seconds: of very many askers the last ones still do."""


def wait_for_outcome(
    o: Order, e: OrderCommanded | CancelCommanded | RefundCommanded, _m: Moment
) -> Result:
    """Let the asker wait for the outcome with the others."""
    if e.waiter is None:
        return o, ()
    return replace(o, waiters=(*o.waiters, e.waiter)[-MOST_WAITERS:]), ()


def want_cancel(o: Order, _e: CancelCommanded, _m: Moment) -> Result:
    """Remember that the channel wants the order cancelled."""
    return replace(o, cancel_waits=True), ()


def answer_cancelled(o: Order, _e: Event, _m: Moment) -> Result:
    """Tell those who cancelled that it is done."""
    done = replace(o, cancel_waits=False)
    return answer_waiters(done, _CANCELLERS, codes.SUCCESS, codes.OK_TEXT)


def answer_cancel_failed(o: Order, e: Event, m: Moment) -> Result:
    """Tell those who cancelled that the order stays, and if so that a ticket was used."""
    if o.checked:
        return answer_already_checked(o, e, m)
    done = replace(o, cancel_waits=False)
    return answer_waiters(done, _CANCELLERS, codes.CANCEL_FAILED, codes.CANCEL_FAILED_TEXT)


def answer_already_cancelled(o: Order, _e: Event, _m: Moment) -> Result:
    """Tell those who cancel that there is nothing left to cancel."""
    done = replace(o, cancel_waits=False)
    return answer_waiters(done, _CANCELLERS, codes.ALREADY_CANCELLED, codes.ALREADY_CANCELLED_TEXT)


def answer_not_refundable(o: Order, e: Event, m: Moment) -> Result:
    """Tell those who cancel that a ticket was used, or that nothing is given back (RefundSet 0)."""
    if o.checked:
        return answer_already_checked(o, e, m)
    done = replace(o, cancel_waits=False)
    return answer_waiters(done, _CANCELLERS, codes.CANCEL_FAILED, codes.NOT_REFUNDABLE_TEXT)


def answer_refunds_exhausted(o: Order, _e: Event, _m: Moment) -> Result:
    """Tell those who cancel that too many refunds of this order were tried."""
    done = replace(o, cancel_waits=False)
    return answer_waiters(done, _CANCELLERS, codes.CANCEL_FAILED, codes.REFUNDS_EXHAUSTED_TEXT)


def answer_already_checked(o: Order, _e: Event, _m: Moment) -> Result:
    """Tell those who cancel that a ticket was used."""
    done = replace(o, cancel_waits=False)
    return answer_waiters(done, _CANCELLERS, codes.ALREADY_CHECKED, codes.ALREADY_CHECKED_TEXT)


def answer_refund_open(o: Order, _e: Event, _m: Moment) -> Result:
    """Tell those who cancel that the failed order's refund is under way."""
    return answer_waiters(o, _CANCELLERS, codes.CANCEL_FAILED, codes.REFUND_OPEN_TEXT)


Asking = CancelCommanded | RefundCommanded | ResendCommanded


def answer_unknown_order(o: Order, e: Asking, _m: Moment) -> Result:
    """Tell who asks that there is no such order of theirs."""
    return o, unknown_order(e)


def unknown_order(e: Asking) -> tuple[Reply, ...]:
    """Return the reply to who asks about an order that is not there, or not theirs."""
    return tell_asker(e, codes.ORDER_UNKNOWN, codes.ORDER_UNKNOWN_TEXT)


def tell_asker(e: Asking, code: str, message: str) -> tuple[Reply, ...]:
    """Return the reply to whoever sent a command, if anybody waits for it."""
    return (Reply(e.waiter, code, message),) if e.waiter else ()

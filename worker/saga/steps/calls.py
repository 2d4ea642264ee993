"""Steps that send a call to ZZY, and those that set the order's timer.

Why it exists: a call's intent is committed before it is made, with a lease: if no answer
is recorded by then, the call's outcome is unknown. It must not make a call.
"""

from worker.saga.effects import Alarm, CallZzy
from worker.saga.events import (
    CancelUnknown,
    CreateUnknown,
    Event,
    PayUnknown,
    RefundUnknown,
)
from worker.saga.replacing import replace
from worker.saga.states import CallKind, Order
from worker.saga.steps import Moment, Result


def _send(o: Order, kind: CallKind, m: Moment) -> Result:
    number = getattr(o.attempts, kind) + 1
    sent = replace(
        o,
        call=kind,
        calls=o.calls + 1,
        attempts=replace(o.attempts, **{kind.value: number}),
        wake_at=m.after(m.policy.call_lease),
    )
    return sent, (CallZzy(kind, sent.call_key),)


def call_create(o: Order, _e: Event, m: Moment) -> Result:
    """Send Create (订单新增), always with our own order number as OriginOrderId."""
    return _send(o, CallKind.CREATE, m)


def call_pay(o: Order, _e: Event, m: Moment) -> Result:
    """Send Pay (订单支付) for the one ZZY order that we know."""
    return _send(o, CallKind.PAY, m)


def call_cancel(o: Order, _e: Event, m: Moment) -> Result:
    """Send CancelOrder (订单取消): accepted, it proves that nothing was paid."""
    return _send(o, CallKind.CANCEL, m)


def call_probe(o: Order, _e: Event, m: Moment) -> Result:
    """Ask PersonQrCodes (获取游客入园二维码): codes prove that the ticket was issued."""
    return _send(o, CallKind.PROBE, m)


def call_refund(o: Order, _e: Event, m: Moment) -> Result:
    """Send Refund (订单退改申请) with the RefundId of the open intent."""
    return _send(o, CallKind.REFUND, m)


def _retry_after(o: Order, sent: int, m: Moment) -> Result:
    waits = m.policy.unknown_retries or (1.0,)
    index = min(max(sent, 1), len(waits)) - 1
    return replace(o, wake_at=m.after(waits[index])), ()


def retry_create_later(o: Order, _e: Event, m: Moment) -> Result:
    """Wait before Create is sent again."""
    return _retry_after(o, o.attempts.create, m)


def retry_pay_later(o: Order, _e: Event, m: Moment) -> Result:
    """Wait before the pay's outcome is looked into."""
    return _retry_after(o, o.attempts.pay, m)


def retry_cancel_later(o: Order, _e: Event, m: Moment) -> Result:
    """Wait before CancelOrder is sent again."""
    return _retry_after(o, o.attempts.cancel, m)


def retry_refund_later(o: Order, _e: Event, m: Moment) -> Result:
    """Wait before Refund is sent again, with the same RefundId."""
    return _retry_after(o, o.attempts.refund, m)


def await_ticket(o: Order, _e: Event, m: Moment) -> Result:
    """Wait for the ticket notice until the ticket deadline; then PersonQrCodes is asked."""
    fresh = replace(o.attempts, probe=0)
    return replace(o, attempts=fresh, wake_at=m.after(m.policy.ticket_deadline)), ()


def probe_again_later(o: Order, _e: Event, m: Moment) -> Result:
    """Wait longer before PersonQrCodes is asked again."""
    waits = m.policy.ticket_probes or (m.policy.ticket_deadline,)
    index = min(max(o.attempts.probe, 1), len(waits)) - 1
    return replace(o, wake_at=m.after(waits[index])), ()


def report_signature(
    o: Order,
    e: CreateUnknown | PayUnknown | CancelUnknown | RefundUnknown,
    _m: Moment,
) -> Result:
    """Raise an alarm if ZZY refused our signature: the key or the clock is wrong."""
    if not e.signature_refused:
        return o, ()
    return o, (Alarm("zzy_signature_refused", e.reason),)

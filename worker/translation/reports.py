"""How an order stands, from what the saga knows to what its channel may read (查询订单).

Why it exists: the one place that turns phases, counts and vouchers into the words of the
public report. It must not tell more than the notifications did: vouchers that are held back
stay held back. Source: docs/channel-guide.md.
"""

from datetime import datetime
from typing import Final

from contracts.channel import OrderReport, ReportedRefund, ReportedVoucher
from contracts.channel_reports import NextStep, OrderState, RefundState, VoucherState
from worker.saga.states import FINAL, Ending, Order, Phase
from worker.translation.admission import SHANGHAI

_STATES: Final[dict[Phase, OrderState]] = {
    Phase.NEW: "creating",
    Phase.CREATING: "creating",
    Phase.PAYING: "paying",
    Phase.CLOSING: "closing",
    Phase.AWAITING_TICKET: "awaiting_ticket",
    Phase.ISSUED: "issued",
    Phase.TICKET_FAILED: "ticket_failed",
    Phase.REFUSED: "refused",
    Phase.CANCELLED: "cancelled",
    Phase.REFUNDED: "refunded",
}
_NEXT: Final[dict[Phase, NextStep]] = {
    Phase.NEW: "create",
    Phase.CREATING: "create",
    Phase.PAYING: "pay",
    Phase.CLOSING: "close",
    Phase.AWAITING_TICKET: "ticket",
    Phase.ISSUED: "visit",
    Phase.TICKET_FAILED: "refund",
}
_ENDINGS: Final[dict[Ending, RefundState]] = {
    Ending.APPROVED: "approved",
    Ending.REJECTED: "rejected",
    Ending.FORCED: "forced",
}
_TEXTS: Final[dict[NextStep, str]] = {
    "nothing": "已结束 (nothing: it has ended)",
    "create": "等待下单结果 (waiting for the supplier to take it)",
    "pay": "等待支付结果 (waiting for the outcome of the pay)",
    "close": "等待关闭结果 (waiting for the supplier to cancel it)",
    "ticket": "等待出票 (waiting for the tickets)",
    "visit": "等待入园 (waiting for the visit)",
    "refund": "等待退款结果 (waiting for the outcome of a refund)",
    "person": "等待人工处理 (a person looks after it)",
}


def order_report(order: Order) -> OrderReport:
    """Return the report on an order."""
    step = _next(order)
    settled = order.failure_told or order.phase in FINAL
    failure = order.failure if settled else None  # one that may still be taken back is not told
    tells_codes = order.vouchers_told is not None and order.erased_at is None
    return OrderReport(
        channel_order_num=order.channel_order_num,
        order_num=order.order_num,
        product_code=order.demand.product_code,
        date=order.demand.visit_date.isoformat(),
        state=_STATES[order.phase],
        count=order.demand.count,
        checked=order.checked,
        refunded=order.refunded,
        refund_pending=order.pending,
        check_time=order.check_time,
        vouchers=_vouchers(order),
        order_code=order.order_code if tells_codes else "",
        is_ticket=order.terms.is_ticket,
        ticket_get_address=order.terms.ticket_get_address,
        refunds=_refunds(order),
        code=failure.code if failure else "",
        message=failure.message if failure else "",
        next=step,
        next_text=_TEXTS[step],
        next_at=_local(order.wake_at),
    )


def _vouchers(order: Order) -> tuple[ReportedVoucher, ...]:
    told = order.vouchers[: order.vouchers_told or 0] if order.erased_at is None else ()
    used = [code for code in order.checked_codes if code != order.order_code]  # one for all lasts
    rest = _rest(order, len(used))
    marks: dict[str, VoucherState] = dict.fromkeys(used, "used")
    marks |= dict.fromkeys(order.refunded_codes, "refunded")
    return tuple(
        ReportedVoucher(
            code=voucher.code,
            id_card=voucher.id_card,
            name=voucher.name,
            product_name=voucher.product_name,
            memo=voucher.memo,
            state=marks.get(voucher.code, rest),
        )
        for voucher in told
    )


def _rest(order: Order, named_used: int) -> VoucherState:
    """Return the state of the vouchers that no check and no refund has named.

    Where nothing is left and every check named its voucher, the others came back.
    """
    if order.refundable > 0 and order.phase is not Phase.REFUNDED:
        return "unused"
    came_back = order.refunded > 0 and named_used >= order.checked
    return "refunded" if came_back or not order.checked else "used"


def _refunds(order: Order) -> tuple[ReportedRefund, ...]:
    past = [
        ReportedRefund(
            refund_id=refund.intent.refund_id,
            refund_num=refund.intent.refund_num,
            count=refund.intent.count if refund.ending is Ending.REJECTED else refund.count,
            codes=(refund.codes or refund.intent.codes) if order.erased_at is None else (),
            status=_ENDINGS[refund.ending],
            reason=refund.reason,
        )
        for refund in order.refunds
    ]
    intent = order.refund
    if intent is None:
        return tuple(past)
    pending = ReportedRefund(
        refund_id=intent.refund_id,
        refund_num=intent.refund_num,
        count=intent.count,
        codes=intent.codes,
        status="pending",
    )
    return (*past, pending)


def _next(order: Order) -> NextStep:
    if order.human:
        return "person"
    if order.phase in FINAL:
        return "nothing"
    if order.refund is not None:
        return "refund"
    if order.phase is Phase.ISSUED and order.refundable == 0:
        return "nothing"
    return _NEXT[order.phase]


def _local(at: datetime | None) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" if at else ""

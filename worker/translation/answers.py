"""ZZY's answers as facts of the saga: what each call told us.

Why it exists: the one place that reads OrderStatus, IsSuccess and the refusals' wordings,
so that the saga's events mean one thing each. It must not decide what follows.
Source: PROTOCOL.md, "Pay's answer", "Did a call succeed?", "PersonQrCodes".
"""

from collections import Counter
from collections.abc import Iterable

from contracts.zzy import (
    CancelAnswer,
    CreateAnswer,
    OrderStatus,
    PayAnswer,
    PersonQrCode,
    PersonQrCodesAnswer,
    RefundAnswer,
    RefundStatus,
    UserVoucher,
)
from worker.saga.events import (
    CancelAccepted,
    CancelRefused,
    CancelUnknown,
    CodesMissing,
    CreateRefused,
    CreateSucceeded,
    CreateUnknown,
    Event,
    PayRefused,
    PaySucceeded,
    PayUnknown,
    RefundAccepted,
    RefundRefused,
    RefundUnknown,
    TicketFailed,
    TicketIssued,
)
from worker.saga.states import Order, Voucher
from worker.translation.refusals import RefusalPatterns, says
from worker.translation.supplier import Refused, SupplierResult, Unknown


def read_create(result: SupplierResult[CreateAnswer], patterns: RefusalPatterns) -> Event:
    """Tell what Create (订单新增, 1.1.4) came to."""
    match result:
        case Unknown():
            return CreateUnknown(result.reason, result.signature_refused)
        case Refused():
            failure, alarm = patterns.failure(result.message)
            duplicate = says(result.message, patterns.duplicate_order)
            return CreateRefused(failure, duplicate, alarm)
    data = result.answer.data
    if data is None or not data.order_id:
        return CreateUnknown("the answer holds no OrderId")
    untouched = data.order_status is OrderStatus.AWAITING_PAYMENT
    return CreateSucceeded(data.order_id, untouched)


def read_pay(result: SupplierResult[PayAnswer], patterns: RefusalPatterns) -> Event:
    """Tell what Pay (订单支付, 1.1.5) came to."""
    match result:
        case Unknown():
            return PayUnknown(result.reason, result.signature_refused, result.sent)
        case Refused():
            failure, alarm = patterns.failure(result.message)
            return PayRefused(failure, says(result.message, patterns.already_paid), alarm)
    return _read_pay_answer(result.answer, patterns)


def _read_pay_answer(answer: PayAnswer, patterns: RefusalPatterns) -> Event:
    data = answer.data
    if data is None:
        return PayUnknown("the answer holds no data")
    if data.order_status is OrderStatus.PAY_FAILED:
        failure, alarm = patterns.failure(answer.message, otherwise="支付失败")
        return PayRefused(failure, alarm=alarm)
    if data.order_status is OrderStatus.TICKET_FAILED:
        return TicketFailed()
    vouchers = read_vouchers(data.voucher_code, data.order_user_vouchers)
    if vouchers or data.order_status is OrderStatus.TICKETED:
        return TicketIssued(vouchers, data.voucher_code, data.pay_money, ask_codes=not vouchers)
    if data.order_status in {OrderStatus.PAID, OrderStatus.AWAITING_TICKET}:
        return PaySucceeded(data.pay_money)
    return PayUnknown("the answer says neither paid nor failed")


def read_vouchers(
    order_code: str, personal: Iterable[UserVoucher], product_name: str = "", memo: str = ""
) -> tuple[Voucher, ...]:
    """Return the vouchers: one a person (一人一码), else the order's own code (多人一码)."""
    vouchers = tuple(
        Voucher(v.voucher_code, v.id_card_no, v.mobile, "", product_name, memo)
        for v in personal
        if v.voucher_code
    )
    if vouchers or not order_code:
        return vouchers
    return (Voucher(order_code, product_name=product_name, memo=memo),)


def read_cancel(result: SupplierResult[CancelAnswer], patterns: RefusalPatterns) -> Event:
    """Tell what CancelOrder (订单取消, 1.1.8) came to."""
    match result:
        case Unknown():
            return CancelUnknown(result.reason, result.signature_refused)
        case Refused():
            return CancelRefused(result.message, says(result.message, patterns.already_paid))
    return CancelAccepted()


def read_probe(result: SupplierResult[PersonQrCodesAnswer], order: Order) -> Event:
    """Tell what PersonQrCodes (获取游客入园二维码, 1.1.6) shows.

    It carries names and no ids: a code is a person's only where the name is unique in the
    order and in the answer; else it is delivered unassigned, as is one code for all (多人一码).
    """
    match result:
        case Unknown():
            return CodesMissing(result.reason)
        case Refused():
            return CodesMissing(f"refused: {result.message}")
    codes = [code for code in result.answer.data or () if code.qr_code]
    if not codes:
        return CodesMissing("no code")
    return TicketIssued(_assigned(codes, order))


def _assigned(codes: list[PersonQrCode], order: Order) -> tuple[Voucher, ...]:
    tickets = order.demand.count - order.refunded
    may_be_for_all = len({code.qr_code for code in codes}) == 1 < tickets
    shown = Counter(code.name for code in codes)
    ordered = Counter(tourist.name for tourist in order.demand.tourists)
    ids = {tourist.name: tourist.id_card for tourist in order.demand.tourists}
    vouchers = []
    for code in codes:
        unique = shown[code.name] == 1 == ordered[code.name] and not may_be_for_all
        id_card, name = (ids[code.name], code.name) if unique else ("", "")
        vouchers.append(Voucher(code.qr_code, id_card, "", name, code.product_name, code.memo))
    return tuple(vouchers)


def read_refund(
    result: SupplierResult[RefundAnswer], patterns: RefusalPatterns, refund_id: str = ""
) -> Event:
    """Tell what Refund (订单退改申请, 1.1.7) came to; only 1 and 2 are final."""
    match result:
        case Unknown():
            return RefundUnknown(result.reason, result.signature_refused, result.sent)
        case Refused():
            return RefundRefused(result.message, says(result.message, patterns.repeated_refund))
    data = result.answer.data
    if data is None:
        return RefundUnknown("the answer holds no data")
    approved = {RefundStatus.APPROVED: True, RefundStatus.REJECTED: False}.get(data.refund_status)
    reason = result.answer.message if approved is False else ""
    return RefundAccepted(data.apply_id or "", approved, reason, refund_id)

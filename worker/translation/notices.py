"""ZZY's notices (通知) as facts of the saga.

Why it exists: the one place that reads the four notices' bodies and says which order each
speaks of. It must not decide whether a notice is true, new, or legal now.
Source: ZZY document, sections 2.1.1 to 2.1.4; PROTOCOL.md, "ZZY side".
"""

from dataclasses import dataclass

from contracts.zzy import (
    Notice,
    ProductNotice,
    RefundNotice,
    RefundStatus,
    TicketNotice,
    TicketStatus,
    VerifyNotice,
)
from worker.saga.events import (
    Event,
    RefundNoticed,
    TicketFailed,
    TicketIssued,
    VerificationNoticed,
)
from worker.translation.answers import read_vouchers


@dataclass(frozen=True, slots=True)
class OrderNotice:
    """A notice about one order. A refund notice names only ZZY's number of it."""

    order_num: str
    zzy_order_id: str
    event: Event


def read_notice(notice: Notice) -> OrderNotice | ProductNotice:
    """Return the order's fact that a notice tells, or the product notice itself.

    Raises :class:`ValueError` for a refund notice whose audit is still open: it decides
    nothing, and must not be taken for a rejection.
    """
    match notice:
        case TicketNotice():
            return OrderNotice(notice.origin_order_id, notice.order_id, _ticket(notice))
        case VerifyNotice():
            event: Event = VerificationNoticed(
                notice.checked_number, notice.check_time, notice.order_id, notice.voucher_code
            )
            return OrderNotice(notice.origin_order_id, notice.order_id, event)
        case RefundNotice():
            return OrderNotice("", notice.order_id, _refund(notice))
        case ProductNotice():
            return notice


def _ticket(notice: TicketNotice) -> Event:
    if notice.ticket_status is TicketStatus.FAILED:
        return TicketFailed(notice.order_id)
    codes = notice.voucher_code
    vouchers = read_vouchers(
        codes.order_voucher_code, codes.order_user_vouchers, notice.product_name, notice.memo
    )
    return TicketIssued(vouchers, codes.order_voucher_code, zzy_order_id=notice.order_id)


def _refund(notice: RefundNotice) -> Event:
    if notice.refund_status is RefundStatus.PENDING:
        raise ValueError("a refund notice that is neither approved nor rejected")
    return RefundNoticed(
        apply_no=notice.refund_apply_no.strip(),
        approved=notice.refund_status is RefundStatus.APPROVED,
        reason=notice.refund_reason,
        codes=notice.voucher_code,
        zzy_order_id=notice.order_id,
    )

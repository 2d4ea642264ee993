"""What the saga wants done, in the words of the two protocols.

Why it exists: the one place that builds ZZY's requests and the channels' notifications
from an order. It must not decide whether they are sent.
Source: PROTOCOL.md, "Contact and visitors", "Vouchers, refund results, late failures".
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Final, Literal

from contracts.channel import (
    CheckNotification,
    Code,
    Notification,
    NotifiedVoucher,
    NotifyType,
    OrderFailedNotification,
    RefundNotification,
    VoucherNotification,
)
from contracts.events import OrderOutcome
from contracts.zzy import CreateRequest, PayRequest, Person, RefundRequest
from worker.saga.effects import (
    CheckTold,
    FailureTold,
    News,
    RefundTold,
    Reply,
    VouchersTold,
)
from worker.saga.states import Order, Wants


@dataclass(frozen=True, slots=True)
class Partner:
    """Who we are to ZZY, and whom to name where an order names nobody."""

    partner_id: str
    contact_name: str = "游客"


def create_request(order: Order, partner: Partner) -> CreateRequest:
    """Return Create's request (1.1.4): OriginOrderId is our own number of the order."""
    demand = order.demand
    visitors = tuple(
        Person(name=t.name, mobile=demand.take_phone, id_card=t.id_card, id_card_type=0)
        for t in demand.tourists
    )
    nobody = Person(name=partner.contact_name, mobile=demand.take_phone, id_card="")
    return CreateRequest(
        partner_id=partner.partner_id,
        origin_order_id=order.order_num,
        contact_person=visitors[0] if visitors else nobody,
        product_id=order.zzy_product_id,
        begin_play_time=demand.begin_play_time or None,
        end_play_time=demand.end_play_time or None,
        order_quantity=demand.count,
        visit_date=demand.visit_date,
        visit_person=visitors,
    )


def pay_request(order: Order, partner: Partner) -> PayRequest:
    """Return Pay's request (1.1.5): no UnitPrice, for the channel's price is not ZZY's."""
    return PayRequest(
        partner_id=partner.partner_id,
        order_id=order.zzy_order_id,
        eticket_no=order.order_num,
        ticket_count=order.demand.count,
    )


def refund_request(order: Order, partner: Partner) -> RefundRequest | None:
    """Return Refund's request (1.1.7) for the open intent, or None where there is none."""
    if order.refund is None:
        return None
    return RefundRequest(
        partner_id=partner.partner_id,
        order_id=order.zzy_order_id,
        refund_count=order.refund.count,
        voucher_code=order.refund.codes,
        refund_id=order.refund.refund_id,
    )


_TYPES: Final = {
    VouchersTold: NotifyType.VOUCHER,
    FailureTold: NotifyType.ORDER_FAILED,
    CheckTold: NotifyType.CHECK,
    RefundTold: NotifyType.REFUND,
}


def notify_type(news: News) -> NotifyType:
    """Return the type of the notification that tells ``news``."""
    return _TYPES[type(news)]


def notification(order: Order, news: News) -> Notification:
    """Return the notification that tells ``news``, in the channel's own numbers."""
    numbers = {"channel_order_num": order.channel_order_num, "order_num": order.order_num}
    match news:
        case VouchersTold():
            vouchers = tuple(
                NotifiedVoucher(
                    code=v.code,
                    id_card=v.id_card,
                    name=v.name,
                    product_name=v.product_name,
                    memo=v.memo,
                )
                for v in news.vouchers
            )
            return VoucherNotification(
                **numbers,
                vouchers=vouchers,
                order_code=news.order_code,
                is_ticket=order.terms.is_ticket,
                ticket_get_address=order.terms.ticket_get_address,
            )
        case FailureTold():
            return OrderFailedNotification(**numbers, code=news.code, message=news.message)
        case RefundTold():
            return RefundNotification(
                **numbers,
                refund_id=news.refund_id,
                count=news.count,
                codes=news.codes,
                status=news.status,
                reason=news.reason,
            )
        case CheckTold():
            return _check(order, news)


def _check(order: Order, news: CheckTold) -> CheckNotification:
    left = max(news.total - news.checked - news.refunded, 0)
    result = "0" if news.checked == 0 else "1" if left else "2"
    return CheckNotification(
        order_num=order.channel_order_num,
        check_time=news.check_time,
        check_result=result,
        total_count=str(news.total),
        no_check_count=str(left),
        check_count=str(news.checked),
    )


def webhook_id(order_num: str, kind: NotifyType, seq: int) -> str:
    """Return a notification's Webhook-Id: the same after a crash or a replay."""
    digest = hashlib.sha256(f"{order_num}\n{kind}\n{seq}".encode()).hexdigest()
    return f"msg_{digest[:32]}"


def outcome(order_num: str, reply: Reply) -> OrderOutcome:
    """Return the body of a reply; createOrder's success names our order number."""
    return OrderOutcome(
        code=Code(reply.code),
        message=reply.message,
        data=_data(order_num, reply),
        final=reply.final,
    )


def _data(order_num: str, reply: Reply) -> dict[str, Any] | Literal[""]:
    if reply.refund is not None:
        return {
            "refund_id": reply.refund.refund_id,
            "count": reply.refund.count,
            "status": reply.refund.status,
        }
    ordered = reply.to.wants in {Wants.CREATED, Wants.PAID}
    return {"order_num": order_num} if ordered and reply.code == Code.SUCCESS else ""

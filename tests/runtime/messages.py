"""Commands and notices as the ingress publishes them."""

import hashlib
import itertools
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from contracts import queues
from contracts.channel import CreateOrder, order_num
from contracts.commands import CancelOrderCommand, CreateOrderCommand, RefundOrderCommand
from contracts.envelope import wrap
from contracts.events import NoticeReceived, OrderUnanswered
from contracts.zzy import parse_notice
from tests.doubles import NOON
from tests.saga.facts import ZZY
from worker.runtime.ports import Message

OUR_NUM = order_num("k", "2x")
_serial = itertools.count(1)


def create_message(
    *,
    count: int = 2,
    at: datetime = NOON,
    number: str = "2x",
    day: date = date(2026, 5, 2),
    **fields: Any,  # noqa: ANN401
) -> Message:
    """Return createOrder as the ingress publishes it."""
    order = CreateOrder(
        channel_order_num=number,
        product_code="11063",
        take_phone="13456451211",
        tourist_info={"110101199003070134": "张三"},
        date=day,
        price=Decimal(60),
        amount=Decimal(60) * count,
        count=count,
    )
    command = CreateOrderCommand(app_key="k", received_at=at, reply_on="paid", order=order)
    return _message(queues.ORDERS, command, **fields)


def unanswered_message(command_id: str, **fields: Any) -> Message:  # noqa: ANN401
    """Return what the ingress publishes when it heard nothing of an order."""
    told = OrderUnanswered(app_key="k", order_num=OUR_NUM, command_id=command_id, answered_at=NOON)
    return _message(queues.ORDERS, told, **fields)


def cancel_message(number: str = OUR_NUM, **fields: Any) -> Message:  # noqa: ANN401
    """Return cancelOrder as the ingress publishes it."""
    command = CancelOrderCommand(app_key="k", received_at=NOON, order_num=number)
    return _message(queues.ORDERS, command, **fields)


def refund_message(refund_num: str = "r-1", **fields: Any) -> Message:  # noqa: ANN401
    """Return refundOrder of one ticket as the ingress publishes it."""
    command = RefundOrderCommand(
        app_key="k", received_at=NOON, order_num=OUR_NUM, refund_num=refund_num, count=1
    )
    return _message(queues.ORDERS, command, **fields)


def _message(queue: str, data: Any, **fields: Any) -> Message:  # noqa: ANN401
    number = f"m{next(_serial)}"
    values: dict[str, Any] = {
        "queue": queue,
        "type": data.TYPE,
        "body": wrap(data, id=number, time=NOON),
        "message_id": number,
    }
    return Message(**{**values, **fields})


def notice_message(
    service: str,
    body: Mapping[str, object],
    *,
    signature: str = "",
    at: datetime = NOON,
    **fields: Any,  # noqa: ANN401
) -> Message:
    """Return a notice as the ingress publishes it; without a signature named, freshly signed."""
    raw = json.dumps(
        {
            "OrderNotifyHeader": {"PartnerId": 9258, "NotifyServiceName": service},
            "OrderNotifyBody": json.dumps(body, ensure_ascii=False),
        }
    )
    signed = hashlib.sha256((signature or f"fresh {next(_serial)}").encode()).hexdigest()
    received = NoticeReceived(
        received_at=at,
        signature_digest=signed,
        timestamp_ms=1,
        partner_id="9258",
        service_name=service,
        raw=raw,
        content_digest=parse_notice(raw.encode()).content_digest(),
    )
    return _message(queues.NOTICES, received, **fields)


def ticket_notice(*codes: str, status: int = 1, **fields: Any) -> Message:  # noqa: ANN401
    """Return a ticket notice (出票通知) for our order."""
    vouchers = [{"IDCardNo": f"id {c}", "VoucherCode": c, "Mobile": ""} for c in codes]
    body = {
        "OriginOrderId": OUR_NUM,
        "OrderId": int(ZZY),
        "VoucherCode": {"OrderVoucherCode": "", "OrderUserVouchers": vouchers},
        "TicketStatus": status,
    }
    return notice_message("order_ticket_notify", body, **fields)


def refund_notice(apply_no: str, status: int = 1, **fields: Any) -> Message:  # noqa: ANN401
    """Return a refund notice (退款通知): it names only ZZY's number."""
    body = {"OrderId": int(ZZY), "RefundApplyNo": apply_no, "RefundStatus": status}
    return notice_message("order_refund_notify", body, **fields)

"""Dead letters to begin a test with."""

import json
from dataclasses import replace

from contracts.channel import order_num
from contracts.headers import (
    DEAD_AT,
    DEAD_ATTEMPTS,
    DEAD_KIND,
    DEAD_QUEUE,
    DEAD_REASON,
)
from contracts.queues import DEAD, NOTICES, relay_queue
from tests.doubles import NOON
from worker.deadletters.drain import read_letter
from worker.runtime.ports import DeadLetter, Message

OURS = order_num("k", "2x")
ID_CARD, NAME, PHONE, VOUCHER = "11010119900307109X", "张三丰", "13456451211", "635474911632"


def enveloped(data: dict[str, object], kind: str) -> bytes:
    head = {"id": "e-1", "type": kind, "time": NOON.isoformat(), "correlation_id": OURS}
    return json.dumps({**head, "data": data}, ensure_ascii=False).encode()


def notification_body(params: dict[str, object] | None = None) -> bytes:
    vouchers = [{"code": VOUCHER, "id_card": ID_CARD, "name": NAME, "product_name": "良渚"}]
    params = params or {"notify_type": "voucher", "order_num": OURS, "vouchers": vouchers}
    data: dict[str, object] = {
        "webhook_id": "wh-1",
        "notify_type": "voucher",
        "app_key": "k",
        "order_num": OURS,
        "channel_order_num": "2x",
        "seq": 1,
        "created_at": NOON.isoformat(),
        "params": json.dumps(params, ensure_ascii=False),
    }
    return enveloped(data, "channel.notification.v1")


def notice_body() -> bytes:
    user = {"IDCardNo": ID_CARD, "VoucherCode": VOUCHER, "Mobile": PHONE}
    vouchers = {"OrderVoucherCode": VOUCHER, "OrderUserVouchers": [user]}
    inner = {"OriginOrderId": OURS, "OrderId": 4553010, "VoucherCode": vouchers, "TicketStatus": 1}
    outer = {
        "OrderNotifyHeader": {"PartnerId": 9258, "NotifyServiceName": "order_ticket_notify"},
        "OrderNotifyBody": json.dumps(inner),
    }
    raw = json.dumps(outer)
    return enveloped({"partner_id": "9258", "raw": raw, "timestamp_ms": 1}, "zzy.notice.v1")


def command_body() -> bytes:
    order = {"channel_order_num": "2x", "take_phone": PHONE, "tourist_info": {ID_CARD: NAME}}
    return enveloped({"app_key": "k", "order": order}, "order.create.v1")


def dead_message(
    body: bytes = b"",
    *,
    kind: str = "delivery_failed",
    queue: str = "",
    message_id: str = "m-1",
) -> Message:
    headers = {
        DEAD_KIND: kind,
        DEAD_REASON: "the last answer was HTTP 500",
        DEAD_QUEUE: queue or relay_queue("k"),
        DEAD_ATTEMPTS: "10",
        DEAD_AT: NOON.isoformat(),
        "traceparent": "00-1-2-01",
    }
    return Message(
        queue=DEAD,
        type="channel.notification.v1",
        body=body or notification_body(),
        message_id=message_id,
        headers=headers,
        correlation_id=OURS,
        reply_to="somebody",
    )


def letter(body: bytes = b"", *, state: str = "open", kind: str = "delivery_failed") -> DeadLetter:
    queue = NOTICES if kind.startswith("notice_") else ""
    return replace(read_letter(dead_message(body, kind=kind, queue=queue), NOON), state=state)

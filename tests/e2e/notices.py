"""Notices as ZZY would sign them, or as somebody else would like to."""

import io
import json
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from contracts.signatures import authorization, sign_zzy

PATH = "/zzy/notify"
PARTNER = 9258
TICKET, VERIFY = "order_ticket_notify", "order_verify_notify"
REFUND, PRODUCT = "order_refund_notify", "order_product_notify"


@dataclass(frozen=True)
class Answer:
    """What was answered to a notice."""

    status: int
    fields: dict[str, Any]

    @property
    def code(self) -> int:
        return int(self.fields["Code"])

    @property
    def taken(self) -> bool:
        return bool(self.fields["IsSuccess"])


def signed(*, key: str = "demo-sign-key", age_seconds: float = 0) -> dict[str, str]:
    """Return the three headers; they do not cover the body."""
    timestamp = str(int((time.time() - age_seconds) * 1000))
    return {
        "Timestamp": timestamp,
        "PartnerId": str(PARTNER),
        "Authorization": authorization(PARTNER, sign_zzy(key, PARTNER, timestamp, PATH)),
    }


def envelope(service: str, body: object, *, partner: int = PARTNER) -> bytes:
    """Return a notice; a dictionary travels as JSON text, as the document has it."""
    text = json.dumps(body, ensure_ascii=False) if isinstance(body, dict) else body
    header = {"PartnerId": partner, "NotifyServiceName": service}
    return json.dumps({"OrderNotifyHeader": header, "OrderNotifyBody": text}).encode()


def tickets(ours: str, zzy_order_id: int, code: str) -> dict[str, Any]:
    """Return the body of a ticket notice with the order's own code."""
    return {
        "OriginOrderId": ours,
        "OrderId": zzy_order_id,
        "VoucherCode": {"OrderVoucherCode": code, "OrderUserVouchers": []},
        "TicketStatus": 1,
        "ProductName": "良渚杭州市民免费票",
        "Memo": "",
    }


async def post(url: str, raw: bytes, headers: dict[str, str] | None = None) -> Answer:
    """POST a notice to the ingress at ``url``, freshly signed unless told otherwise."""
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as session,
        session.post(
            url + PATH, data=io.BytesIO(raw), headers=signed() if headers is None else headers
        ) as response,
    ):
        return Answer(response.status, json.loads(await response.read()))

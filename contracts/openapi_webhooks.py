"""What we send to channels, as the webhooks of the OpenAPI document.

Why it exists: a channel's developer builds these endpoints from it. It must not say how a
signature is made; the guide does. Sources: channel.txt 3.状态变更通知接口; PROTOCOL.md,
"Is it enveloped?" and "What counts as delivered?".
"""

from dataclasses import dataclass
from typing import Any, Final

from .channel import (
    CheckNotification,
    Notification,
    OrderFailedNotification,
    ProductNotification,
    RefundNotification,
    VoucherNotification,
)
from .openapi_schemas import ref


@dataclass(frozen=True, slots=True)
class Notified:
    """One type of notification."""

    name: str
    """The Webhook-Type."""
    summary: str
    model: type[Notification]


NOTIFICATIONS: Final = (
    Notified("check", "状态变更通知: tickets were checked at the gate", CheckNotification),
    Notified("voucher", "出票: vouchers were issued (ours)", VoucherNotification),
    Notified("refund", "退款: what became of a refund (ours)", RefundNotification),
    Notified("order_failed", "订单失败: after it was taken (ours)", OrderFailedNotification),
    Notified("product", "产品变更: a product changed (ours)", ProductNotification),
)
"""All types of notification, in the order of the guide."""

_HEADERS: Final = {
    "Webhook-Id": ({"type": "string"}, "The same on every attempt and replay: take it once."),
    "Webhook-Timestamp": (
        {"type": "string", "pattern": "^[0-9]+$"},
        "Of this attempt, in seconds since 1970.",
    ),
    "Webhook-Signature": (
        {"type": "string", "pattern": "^v1,\\S+( v1,\\S+)*$"},
        "Standard Webhooks: HMAC-SHA256 over id.timestamp.body, one entry for each secret.",
    ),
}


def webhook(one: Notified) -> dict[str, Any]:
    """Return the path item of one type."""
    name = one.model.__name__
    kind = {"type": "string", "const": one.name}
    headers = {**_HEADERS, "Webhook-Type": (kind, "Which notification it is.")}
    return {
        "post": {
            "operationId": f"{one.name}Notification",
            "summary": one.summary,
            "parameters": [
                {
                    "name": header,
                    "in": "header",
                    "required": True,
                    "description": what,
                    "schema": schema,
                }
                for header, (schema, what) in headers.items()
            ],
            "requestBody": {
                "required": True,
                "description": "The signed envelope; the notification alone for a channel that "
                'is set up with envelope = "plain".',
                "content": {
                    "application/json": {"schema": {"oneOf": [ref(f"Signed{name}"), ref(name)]}}
                },
            },
            "responses": _RESPONSES,
        }
    }


_RESPONSES: Final = {
    "200": {
        "description": "Taken if status is 200; anything else is sent again.",
        "content": {"application/json": {"schema": ref("ChannelReceipt")}},
    },
    "410": {"description": "The endpoint is gone: nothing is sent to it any more."},
    "default": {
        "description": "Not taken: sent again, in the end put among the dead letters.",
        "headers": {
            "Retry-After": {
                "description": "Honoured, rounded up to a delay of ours.",
                "schema": {"type": "string"},
            }
        },
    },
}

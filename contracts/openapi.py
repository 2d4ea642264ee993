"""The HTTP interface as an OpenAPI 3.1 document, made from the models.

Why it exists: channels, and whoever runs the worker, see every path, status and shape. It
must not describe ZZY's own interface, which is ZZY's to document.
"""

from typing import Any, Final

from .channel import Code

_SCHEMAS: Final = "./schemas"
_STATUSES: Final = {
    "200": "Every answer of the protocol, refusals too: decide by code.",
    "405": "Not a POST.",
    "413": "The body is too large.",
    "429": "Too many requests.",
    "503": "Surely not taken: send the same again later.",
    "504": "Not known whether it was taken: send the same again, with the same number.",
}
_NOTIFICATIONS: Final = {
    "check": ("CheckNotification", "状态变更通知: tickets were checked at the gate (document 3.)"),
    "voucher": ("VoucherNotification", "出票: vouchers were issued (ours)"),
    "refund": ("RefundNotification", "退款: what became of a refund (ours)"),
    "order_failed": ("OrderFailedNotification", "An order failed after it was taken (ours)"),
    "product": ("ProductNotification", "产品变更: a product changed (ours)"),
}
_WEBHOOK_HEADERS: Final = {
    "Webhook-Id": "The same on every attempt and replay.",
    "Webhook-Timestamp": "Of this attempt, in seconds.",
    "Webhook-Signature": "Standard Webhooks, one entry for each secret.",
    "Webhook-Type": "check, voucher, refund, order_failed or product.",
}


def openapi_document() -> dict[str, Any]:
    """Return the document as plain data."""
    codes = "\n".join(f"- `{code.value}` {code.text}" for code in Code)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ticketbridge",
            "version": "1",
            "description": f"Channels (分销渠道) order; ZZY (中智游) notifies.\n\n{codes}",
        },
        "paths": {
            "/public/createOrder": _channel_path("下单接口: place an order", "CreateOrder"),
            "/public/cancelOrder": _channel_path("取消订单: cancel an order", "CancelOrder"),
            "/zzy/notify": _notice_path(),
            "/healthz": _get("Whether the process lives; no dependencies.", ("200",)),
            "/readyz": _get("Whether it can serve, and what keeps it.", ("200", "503")),
            "/metrics": _get("Metrics in Prometheus's text format.", ("200",)),
        },
        "webhooks": {
            name: _webhook(model, summary) for name, (model, summary) in _NOTIFICATIONS.items()
        },
    }


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"{_SCHEMAS}/{name}.json"}


def _signed(content: str) -> dict[str, Any]:
    """Return the schema of the signed envelope whose ``params`` is text that holds ``content``."""
    holds = {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": _ref(f"channel.{content}"),
    }
    return {"allOf": [_ref("channel.ChannelRequest"), {"properties": {"params": holds}}]}


def _channel_path(summary: str, content: str) -> dict[str, Any]:
    answer = _json(_ref("channel.Answer"))
    return {
        "post": {
            "summary": summary,
            "requestBody": {"required": True, "content": _json(_signed(content))},
            "responses": {
                status: {"description": text, "content": answer}
                for status, text in _STATUSES.items()
            },
        }
    }


def _notice_path() -> dict[str, Any]:
    answer = _json(_ref("zzy.NoticeAnswer"))
    names = ("PartnerId", "Timestamp", "Authorization")
    return {
        "post": {
            "summary": "通知: the four notices of ZZY; the path is a setting",
            "parameters": [
                {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
                for name in names
            ],
            "requestBody": {"required": True, "content": _json(_ref("zzy.NoticeEnvelope"))},
            "responses": {
                status: {"description": _STATUSES[status], "content": answer}
                for status in ("200", "405", "413", "503", "504")
            },
        }
    }


def _get(summary: str, statuses: tuple[str, ...]) -> dict[str, Any]:
    said = {"200": "Yes.", "503": "No."}
    responses = {status: {"description": said[status]} for status in statuses}
    return {"get": {"summary": summary, "responses": responses}}


def _webhook(model: str, summary: str) -> dict[str, Any]:
    return {
        "post": {
            "summary": summary,
            "parameters": [
                {"name": name, "in": "header", "description": text, "schema": {"type": "string"}}
                for name, text in _WEBHOOK_HEADERS.items()
            ],
            "requestBody": {"required": True, "content": _json(_signed(model))},
            "responses": {
                "200": {
                    "description": "Taken if status is 200; anything else is sent again.",
                    "content": _json(_ref("channel.ChannelReceipt")),
                }
            },
        }
    }

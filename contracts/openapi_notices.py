"""ZZY's notices (通知) in the OpenAPI document: the door that ZZY calls.

Why it exists: the path is ours, the bodies are ZZY's; the two are told apart here. It must
not promise more than zzy.txt 2.1.1 to 2.1.4 do.
"""

from typing import Any, Final

from .channel import Code
from .openapi_schemas import ref
from .zzy import ProductNotice, RefundNotice, TicketNotice, VerifyNotice
from .zzy_base import ZzyModel
from .zzy_notices import NoticeService

_NOTICES: Final[dict[NoticeService, tuple[type[ZzyModel], str]]] = {
    NoticeService.REFUND: (RefundNotice, "订单退款通知 (2.1.1)"),
    NoticeService.VERIFY: (VerifyNotice, "订单核销通知 (2.1.2)"),
    NoticeService.TICKET: (TicketNotice, "订单出票通知 (2.1.3)"),
    NoticeService.PRODUCT: (ProductNotice, "产品变更通知 (2.1.4)"),
}
_TAKEN: Final = 1000
_NOT_TAKEN: Final = (Code.PARAMETER_MISSING, Code.SIGNATURE_INVALID)


def notice_components() -> dict[str, Any]:
    """Return the components that the path refers to."""
    found: dict[str, Any] = {}
    for service, (model, what) in _NOTICES.items():
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        found |= schema.pop("$defs", {})
        found[model.__name__] = schema
        found[f"Notified{model.__name__}"] = _envelope(service, model.__name__, what)
    found["NoticeTaken"] = _answer({"type": "integer", "const": _TAKEN}, taken=True)
    refused = [int(code) for code in _NOT_TAKEN]
    found["NoticeRefused"] = _answer({"type": "integer", "enum": refused}, taken=False)
    return found


def notice_path() -> dict[str, Any]:
    """Return the path item of POST /zzy/notify."""
    names = {
        "PartnerId": "分销商 ID.",
        "Timestamp": "时间戳毫秒; at most five minutes off.",
    }
    shapes = [ref(f"Notified{model.__name__}") for model, _ in _NOTICES.values()]
    return {
        "post": {
            "operationId": "zzyNotify",
            "summary": "通知: the four notices of ZZY; the path is a setting",
            "tags": ["ZZY notices"],
            "security": [{"ZzySignature": []}],
            "parameters": [
                {
                    "name": name,
                    "in": "header",
                    "required": True,
                    "description": what,
                    "schema": {"type": "string"},
                }
                for name, what in names.items()
            ],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"oneOf": shapes}}},
            },
            "responses": _responses(),
        }
    }


def _responses() -> dict[str, Any]:
    both = {"oneOf": [ref("NoticeTaken"), ref("NoticeRefused")]}
    said: dict[str, tuple[str, dict[str, Any]]] = {
        "200": ("Code 1000: durably kept. Any other Code: send it again.", both),
        "405": ("Not a POST.", ref("NoticeRefused")),
        "413": ("The body is too large.", ref("NoticeRefused")),
        "503": ("Surely not kept: send it again.", _not_kept(Code.CREATE_FAILED)),
        "504": ("Perhaps kept: send it again.", _not_kept(Code.UNKNOWN_OUTCOME)),
    }
    found: dict[str, Any] = {
        status: {"description": what, "content": {"application/json": {"schema": schema}}}
        for status, (what, schema) in said.items()
    }
    allow = {"description": "What is allowed.", "required": True, "schema": {"type": "string"}}
    found["405"]["headers"] = {"Allow": allow}
    return found


def _not_kept(code: Code) -> dict[str, Any]:
    return _answer({"type": "integer", "const": int(code)}, taken=False)


def _envelope(service: NoticeService, model: str, what: str) -> dict[str, Any]:
    header = {
        "type": "object",
        "required": ["PartnerId", "NotifyServiceName"],
        "properties": {
            "PartnerId": {"type": ["integer", "string"], "description": "合作方 ID."},
            "NotifyServiceName": {"type": "string", "const": service.value},
        },
    }
    body = {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": ref(model),
        "description": "通知内容: JSON text (documented); an object is tolerated.",
    }
    return {
        "type": "object",
        "title": f"Notified{model}",
        "description": f"{what}, in the envelope of every notice.",
        "required": ["OrderNotifyHeader", "OrderNotifyBody"],
        "properties": {"OrderNotifyHeader": header, "OrderNotifyBody": body},
    }


def _answer(code: dict[str, Any], *, taken: bool) -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "返回示例: what we answer to a notice (2.1.1).",
        "required": ["Code", "IsSuccess", "LogId", "Message"],
        "properties": {
            "Code": {**code, "description": "接口返回码: 1000 only once it is durable."},
            "IsSuccess": {"type": "boolean", "const": taken},
            "LogId": {**text, "description": "请求记录 ID: ours."},
            "Message": {**text, "minLength": 1, "description": "返回描述."},
        },
        "additionalProperties": False,
    }

"""The shapes inside the OpenAPI document: the signed envelope, each answer, each notification.

Why it exists: an interface's answer is described as exactly as its request: which codes it
may hold and what ``data`` is. It must not name a path. Source: channel.txt 一, 三.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from .channel import Code

Mode = Literal["validation", "serialization"]
PLACE: Final = "#/components/schemas/"


def models(pairs: Sequence[tuple[type[BaseModel], Mode]]) -> dict[str, Any]:
    """Return the components of the models, each as it is read or as it is written."""
    _, found = models_json_schema(list(pairs), ref_template=PLACE + "{model}")
    return dict(sorted(found["$defs"].items()))


def ref(name: str) -> dict[str, str]:
    """Return a reference to a component."""
    return {"$ref": PLACE + name}


def signed(content: str, what: str) -> dict[str, Any]:
    """Return the signed envelope whose ``params`` is text that holds ``content``."""
    return {
        "type": "object",
        "title": f"Signed{content}",
        "description": f"{what}, in the signed envelope (一、接口说明).",
        "required": ["app_key", "params", "sign", "time_stamp"],
        "properties": {
            "app_key": {"type": "string", "description": "开发key: names the channel."},
            "params": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": ref(content),
                "description": "The business parameters as one JSON text, signed exactly as it "
                "travels.",
            },
            "sign": {
                "type": "string",
                "description": "参数签名: hexadecimal MD5 of app_secret + params + time_stamp; "
                "sent in upper case, taken in either.",
            },
            "time_stamp": {
                "anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[0-9]{1,19}$"}],
                "description": "时间戳: milliseconds since 1970; at most five minutes off.",
            },
        },
    }


def codes(of: Iterable[Code], title: str) -> dict[str, Any]:
    """Return the schema of a code that is one of these."""
    values = sorted(of)
    listed = "; ".join(f"{code.value} {code.text}" for code in values)
    return {"type": "string", "enum": [code.value for code in values], "description": listed} | (
        {"title": title} if title else {}
    )


def answer(code: dict[str, Any], data: dict[str, Any], what: str) -> dict[str, Any]:
    """Return the shape of an answer (响应结果) with this code and this data."""
    return {
        "type": "object",
        "description": what,
        "required": ["code", "message", "data"],
        "properties": {
            "code": code,
            "message": {"type": "string", "minLength": 1, "description": "状态描述: for people."},
            "data": data,
        },
        "additionalProperties": False,
    }


NOTHING: Final[dict[str, Any]] = {
    "type": "string",
    "const": "",
    "description": "Empty text (失败为空).",
}


def refusal(of: Iterable[Code], what: str) -> dict[str, Any]:
    """Return the shape of a refusal with one of these codes."""
    return answer(codes(of, ""), NOTHING, what)


def outcome(done: dict[str, Any], refused: Iterable[Code]) -> dict[str, Any]:
    """Return what an interface answers: 1000 with ``done`` as data, or one of the refusals."""
    success = answer({"type": "string", "const": Code.SUCCESS.value}, done, "成功.")
    return {"oneOf": [success, refusal(refused, "Refused: the message tells why.")]}

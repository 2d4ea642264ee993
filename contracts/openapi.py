"""The HTTP interface as an OpenAPI 3.1 document, made from the models.

Why it exists: channels, and whoever runs the worker, see every path, status and shape; the
document needs no other file beside it. It must not describe what ZZY serves, which is ZZY's
to document: of ZZY only the notices that come to us are here.
"""

from collections.abc import Mapping
from typing import Any, Final

from .channel import ChannelReceipt, ChannelRequest, Code
from .openapi_interfaces import INTERFACES, REPORTS, Interface
from .openapi_notices import notice_components, notice_path
from .openapi_schemas import Mode, models, outcome, ref, refusal, signed
from .openapi_webhooks import NOTIFICATIONS, webhook
from .strict_json import dumps

_ABOUT: Final = """\
Distribution channels (分销渠道) order here; the supplier ZZY (中智游) sends its notices here.

**Every answer of the protocol, refusals too, is HTTP 200: decide by `code`.** Other statuses
have the same body:

| HTTP | Meaning | What to do |
|---|---|---|
| 405 | not a POST | correct the request |
| 413 | the body is too large | correct the request |
| 429 | too many requests of your channel; nothing was done | wait as `Retry-After` says |
| 503 | surely nothing was done | send the same again later |
| 504 | code `9999`: not known whether it was done | send the same again, with the same number |

`params` is **one string** that holds a JSON object. `sign` is the MD5 of `app_secret`, that
string exactly as it travels, and `time_stamp`, put together.

| Code | 状态描述 |
|---|---|
{codes}
"""
_HEALTH_TAG: Final = "Operation"
_APP_KEY: Final = "e346aca67b1b11eab1d45404a6b35c1e"
_APP_SECRET: Final = "94d95bdd7ef111eaa2505404a6b35c1e"  # noqa: S105  (channel.txt 一, its example)
_TIME_STAMP: Final = 1586936588379


def openapi_document() -> dict[str, Any]:
    """Return the document as plain data."""
    codes = "\n".join(f"| `{code.value}` | {code.text} |" for code in Code)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ticketbridge: the HTTP interface",
            "version": "1",
            "description": _ABOUT.replace("{codes}", codes),
        },
        "servers": [{"url": "/", "description": "Where the ingress answers."}],
        "tags": [
            {"name": "Channel protocol", "description": "The channel's document, 1 and 2."},
            {"name": "Channel extensions", "description": "Ours, in the same envelope."},
            {"name": "ZZY notices", "description": "zzy.txt, 2.分销商提供回调接口."},
            {"name": _HEALTH_TAG, "description": "For whoever runs the worker."},
        ],
        "paths": {
            **{f"/public/{one.name}": _channel_path(one) for one in INTERFACES},
            "/zzy/notify": notice_path(),
            **_health_paths(),
        },
        "webhooks": {one.name: webhook(one) for one in NOTIFICATIONS},
        "components": {"schemas": _components(), "securitySchemes": _SECURITY},
    }


_SECURITY: Final = {
    "ZzySignature": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Bearer ZZY-OPENAPI:{PartnerId}:{sign}`, sign being Base64 of HMAC-SHA1 "
        "(sign key, PartnerId + Timestamp + path). zzy.txt, 鉴权说明.",
    }
}


def _components() -> dict[str, Any]:
    read = [one.request for one in INTERFACES] + [ChannelReceipt]
    told = [*REPORTS, *(one.model for one in NOTIFICATIONS)]
    pairs: list[tuple[Any, Mode]] = [(model, "validation") for model in read]
    pairs += [(model, "serialization") for model in told]
    found = models(pairs)
    for one in INTERFACES:
        name = one.request.__name__
        found[f"Signed{name}"] = signed(name, one.summary.partition(":")[0])
        found[_answer(one)] = outcome(one.data, one.codes)
    for kind in NOTIFICATIONS:
        name = kind.model.__name__
        found[f"Signed{name}"] = signed(name, kind.summary.partition(":")[0])
    found["NotThatWay"] = refusal({Code.PARAMETER_MISSING}, "The request itself is not good.")
    found["NotKnown"] = refusal({Code.UNKNOWN_OUTCOME}, "结果未知: perhaps it was done.")
    return dict(sorted((found | notice_components()).items()))


def _example(one: Interface) -> dict[str, Any]:
    """Return a request as it travels, signed with the document's own key and time stamp."""
    asked = ChannelRequest.signed(_APP_KEY, _APP_SECRET, dumps(one.example), _TIME_STAMP)
    return {
        "summary": f"Signed with the document's app_secret {_APP_SECRET}",
        "value": dict(asked),
    }


def _answer(one: Interface) -> str:
    return f"{one.name[0].upper()}{one.name[1:]}Answer"


def response(
    what: str, schema: Mapping[str, Any], headers: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return a response with a JSON body."""
    found: dict[str, Any] = {"description": what}
    if headers:
        found["headers"] = dict(headers)
    return found | {"content": {"application/json": {"schema": dict(schema)}}}


_TEXT: Final = {"type": "string"}
_ALLOW: Final = {"Allow": {"description": "What is allowed.", "required": True, "schema": _TEXT}}
_RETRY_AFTER: Final = {
    "Retry-After": {
        "description": "Seconds to wait.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[1-9][0-9]*$"},
    }
}


def _channel_path(one: Interface) -> dict[str, Any]:
    name = one.request.__name__
    failed = refusal({one.failed}, "Surely nothing was done.")
    return {
        "post": {
            "operationId": one.name,
            "summary": one.summary,
            "tags": ["Channel extensions" if one.ours else "Channel protocol"],
            "requestBody": {
                "required": True,
                "description": "Content-Type is not judged.",
                "content": {
                    "application/json": {
                        "schema": ref(f"Signed{name}"),
                        "examples": {"signed": _example(one)},
                    }
                },
            },
            "responses": {
                "200": response("The answer, refusals too: decide by code.", ref(_answer(one))),
                "405": response("Not a POST.", ref("NotThatWay"), _ALLOW),
                "413": response("The body is too large.", ref("NotThatWay")),
                "429": response("Too many requests: nothing was done.", failed, _RETRY_AFTER),
                "503": response("Surely not done: send the same again later.", failed),
                "504": response(
                    "Not known whether it was done: send the same again, with the same number.",
                    ref("NotKnown"),
                ),
            },
        }
    }


def _health_paths() -> dict[str, Any]:
    lives = _object({"status": {"type": "string", "const": "ok"}})
    problems = {"type": "array", "items": _TEXT, "description": "What keeps it from serving."}
    ready = _object({"status": {"type": "string"}, "problems": problems})
    metrics = {"description": "In Prometheus's format.", "content": {"text/plain": {}}}
    return {
        "/healthz": _get("healthz", "Whether the process lives", {"200": response("Yes.", lives)}),
        "/readyz": _get(
            "readyz",
            "Whether it can serve, and what keeps it",
            {"200": response("Yes.", ready), "503": response("No.", ready)},
        ),
        "/metrics": _get("metrics", "Metrics", {"200": metrics}),
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": sorted(properties), "properties": properties}


def _get(name: str, summary: str, responses: dict[str, Any]) -> dict[str, Any]:
    refused = response("Not a GET.", ref("NotThatWay"), _ALLOW)
    shared = {"summary": summary, "tags": [_HEALTH_TAG]}
    bodiless = {status: {"description": one["description"]} for status, one in responses.items()}
    return {
        "get": {"operationId": name, **shared, "responses": {**responses, "405": refused}},
        "head": {"operationId": f"{name}Head", **shared, "responses": bodiless},
    }

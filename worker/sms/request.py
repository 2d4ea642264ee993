"""The HTTP request that carries one message to the gateway.

Why it exists: from configuration and values alone to the exact bytes, so that a provider's
published example can be tested. It must not send, look at a clock or throw dice.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from worker.runtime.texting import Sms
from worker.sms import templates
from worker.sms.signing import Encoding, Scheme, Signer

SIGNATURE: Final = "signature"
"""The placeholder of the signature; what holds it is not signed itself."""

FORM_TYPE: Final = "application/x-www-form-urlencoded"
JSON_TYPE: Final = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class GatewayPlan:
    """A gateway as the configuration describes it; every text is a template."""

    url: str
    method: str = "POST"
    secret: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    json: str = ""
    text: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    """By app_key, the texts of channels that have their own."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What ``${parameters}`` stands for: a JSON object, for gateways with templates."""
    signature: Scheme = "none"
    signature_encoding: Encoding = "base64"


@dataclass(frozen=True, slots=True)
class SmsRequest:
    """What is sent. ``url`` is encoded."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)


def build(plan: GatewayPlan, sms: Sms, now: datetime, nonce: str) -> SmsRequest:
    """Return the signed request for one attempt made at ``now``."""
    values = _values(plan, sms, now, nonce)
    signer = Signer(plan.signature, plan.secret, plan.signature_encoding)
    unsigned = _filled({**plan.query, **plan.form}, values, signed=False)
    values[SIGNATURE] = signer.over_parameters(plan.method, unsigned)
    body = _body(plan, values)
    if not values[SIGNATURE]:
        values[SIGNATURE] = signer.over_body(body or b"")
    query = _encoded(_filled(plan.query, values, signed=True))
    joint = "&" if "?" in plan.url else "?"
    headers = {k: templates.fill(v, values, templates.in_header) for k, v in plan.headers.items()}
    if body is not None:
        headers = {"Content-Type": FORM_TYPE if plan.form else JSON_TYPE} | headers
    url = f"{plan.url}{joint}{query}" if query else plan.url
    return SmsRequest(plan.method, url, headers, body)


def _values(plan: GatewayPlan, sms: Sms, now: datetime, nonce: str) -> dict[str, str]:
    """Return every placeholder's value but the signature's."""
    values = {
        **sms.values,
        "phone": sms.phone,
        "sms_id": sms.sms_id,
        "nonce": nonce,
        "secret": plan.secret,
        "timestamp": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "timestamp_seconds": str(int(now.timestamp())),
        "timestamp_ms": str(round(now.timestamp() * 1000)),
    }
    values["text"] = templates.fill(
        plan.texts.get(sms.app_key) or plan.text, values, templates.as_is
    )
    parameters = {k: templates.fill(v, values, templates.as_is) for k, v in plan.parameters.items()}
    values["parameters"] = json.dumps(parameters, ensure_ascii=False, separators=(",", ":"))
    return values


def _body(plan: GatewayPlan, values: Mapping[str, str]) -> bytes | None:
    if plan.form:
        return _encoded(_filled(plan.form, values, signed=True)).encode()
    if plan.json:
        return templates.fill(plan.json, values, templates.in_json).encode()
    return None


def _filled(texts: Mapping[str, str], values: Mapping[str, str], *, signed: bool) -> dict[str, str]:
    """Fill in parameters; until there is a signature, without those that hold it."""
    return {
        key: templates.fill(text, values, templates.as_is)
        for key, text in texts.items()
        if signed or SIGNATURE not in templates.names(text)
    }


def _encoded(parameters: Mapping[str, str]) -> str:
    return "&".join(f"{templates.percent(k)}={templates.percent(v)}" for k, v in parameters.items())

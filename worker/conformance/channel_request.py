"""Says what is wrong with the signed envelope of the channel protocol.

Why it exists: "9003 签名错误" is all that a channel may be told by the door; here, where the
secrets are known, the step that differs is found. It must not show a secret.
Source: channel.txt 一 (签名生成步骤).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs

from contracts.strict_json import JsonError, loads_object
from worker.conformance.channel_signature import signature
from worker.conformance.findings import Diagnosis, Finding
from worker.conformance.known import Known
from worker.conformance.moments import stale, unit_of

FIELDS: Final = ("app_key", "params", "sign", "time_stamp")


def diagnose(raw: bytes, channels: Sequence[Known], now: datetime, window: float) -> Diagnosis:
    """Say what is wrong with a request's body."""
    return Diagnosis.of(_found(raw, channels, now, window))


def _found(
    raw: bytes, channels: Sequence[Known], now: datetime, window: float
) -> Iterator[Finding]:
    if raw.startswith(b"\xef\xbb\xbf"):
        yield Finding("bom", "the body begins with a byte order mark (BOM)", fault=False)
    try:
        body = loads_object(raw)
    except JsonError as error:
        yield Finding("body_unreadable", f"the body is no JSON object: {error}{_hint(raw)}")
        return
    if "app_secret" in body:
        yield Finding("secret_sent", "app_secret is sent: it never needs to be", fault=False)
    missing = [name for name in FIELDS if body.get(name) in (None, "")]
    for name in missing:
        yield Finding("missing", f"{name} is missing (9001)")
    for name in ("app_key", "sign"):
        if name not in missing and not isinstance(body[name], str):
            yield Finding("not_text", f"{name} is not a string (9001)")
            return
    yield from _params(body)
    yield from _whose(body.get("app_key"), channels)
    yield from _moment(body.get("time_stamp"), now, window)
    if body.get("params") not in (None, "") and body.get("sign"):
        yield from signature(body, channels)


def _hint(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        try:
            raw.decode("gbk")
        except UnicodeDecodeError:
            return ""
        return "; it reads as GBK: encode it as UTF-8"
    if {"params", "sign"} & parse_qs(text).keys():
        return "; it is form-encoded: send a JSON object"
    return "; it is empty" if not text.strip() else ""


def _params(body: dict[str, Any]) -> Iterator[Finding]:
    params = body.get("params")
    if params in (None, ""):
        return
    if not isinstance(params, str):
        yield Finding(
            "params_object",
            f"params is {'an object' if isinstance(params, dict) else 'no string'}: it must be one"
            " string that holds the JSON text (9001)",
        )
        return
    try:
        loads_object(params)
    except JsonError as error:
        yield Finding("params_unreadable", f"params holds no JSON object: {error} (9001)")


def _whose(app_key: object, channels: Sequence[Known]) -> Iterator[Finding]:
    known = {channel.app_key for channel in channels}
    if not isinstance(app_key, str) or not app_key or app_key in known:
        return
    told = "app_key is not that of a known channel (9002)"
    near = [key for key in known if key.lower() == app_key.strip().lower()]
    if near:
        told += f"; {near[0]} differs in case or white space alone"
    yield Finding("app_key_unknown", told)


def _moment(value: object, now: datetime, window: float) -> Iterator[Finding]:
    if value in (None, ""):
        return
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()):
        yield Finding("time_stamp_no_number", "time_stamp is no whole number (9001)")
        return
    unit = unit_of(int(text), now)
    if unit:
        yield Finding("time_stamp_unit", f"time_stamp is in {unit}: it must be in milliseconds")
    elif told := stale(int(text), now, window):
        yield Finding("time_stamp_stale", f"time_stamp {told} (9003)")

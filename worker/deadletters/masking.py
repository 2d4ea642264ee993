"""Hides personal data in a message body before a person reads it.

Why it exists: a dead letter is shown on a screen that others see too; what is needed to
decide (numbers, states, times) stays. It must not be used for what is sent or stored.
"""

import json
from collections.abc import Mapping
from typing import Final

_MASKS: Final[Mapping[str, str]] = {
    "name": "person",
    "username": "person",
    "memo": "person",
    "takephone": "number",
    "phone": "number",
    "mobile": "number",
    "idcard": "number",
    "idcardno": "number",
    "cardid": "number",
    "vouchercode": "voucher",
    "ordervouchercode": "voucher",
    "ordercode": "voucher",
    "qrcode": "voucher",
    "codes": "voucher",
    "sign": "secret",
    "appsecret": "secret",
    "authorization": "secret",
}
"""Keys, lower-case and without underscores, and how their values are hidden."""

_INSIDE: Final = {"vouchers": {"code": "voucher"}}
"""Keys that are personal only inside another one: an error's ``code`` is none."""


def mask_body(body: bytes) -> object:
    """Return the body as JSON values with personal data hidden.

    JSON inside strings is opened. A body that is no JSON is not shown at all: nobody
    can tell what it holds.
    """
    try:
        return _masked(json.loads(body), {})
    except (ValueError, RecursionError):
        return f"{len(body)} bytes that are no JSON, hidden"


def _masked(value: object, inside: Mapping[str, str]) -> object:
    if isinstance(value, dict):
        return dict(_entry(key, item, inside) for key, item in value.items())
    if isinstance(value, list):
        return [_masked(item, inside) for item in value]
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
        try:
            return _masked(json.loads(value), inside)
        except ValueError:
            return f"{len(value)} characters that are no JSON, hidden"
    return value


def _entry(key: str, value: object, inside: Mapping[str, str]) -> tuple[str, object]:
    plain = key.lower().replace("_", "")
    if plain == "touristinfo":
        return key, _tourists(value)
    how = inside.get(plain) or _MASKS.get(plain)
    if how is not None and not isinstance(value, dict):
        return key, _hidden(value, how)
    return key, _masked(value, _INSIDE.get(plain, inside))


def _tourists(value: object) -> object:
    """Mask ``tourist_info``: {id card: name} as the document has it, or a list of objects."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return "***"
    if isinstance(value, dict):
        return [{_hide(key, "number"): _hidden(name, "person")} for key, name in value.items()]
    return _masked(value, {})


def _hidden(value: object, how: str) -> object:
    if isinstance(value, list):
        return [
            _masked(item, {}) if isinstance(item, dict) else _hidden(item, how) for item in value
        ]
    return value if value in ("", None) else _hide(str(value), how)


def _hide(text: str, how: str) -> str:
    match how:
        case "person":
            return text[:1] + "*"
        case "number":
            return f"{text[:3]}***{text[-2:]}" if len(text) > 7 else "***"  # noqa: PLR2004
        case "voucher":
            return f"***{text[-4:]}" if len(text) > 7 else "***"  # noqa: PLR2004
        case _:
            return "***"

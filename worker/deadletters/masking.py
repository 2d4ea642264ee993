"""Hides personal data in a message body before a person reads it.

Why it exists: a dead letter is shown on a screen that others see too; what is needed to
decide (numbers, states, times) stays. It must not be used for what is sent or stored.
The keys are those that the logs mask, besides those that only carry something inside.
"""

import json
from collections.abc import Mapping
from typing import Final

from worker.telemetry.redaction import MASK, PERSONAL_KEYS, SECRET_KEYS, Redaction

_OPENED: Final = frozenset({"params", "body", "raw", "bodyjson", "ordernotifybody"})
_TOURISTS: Final = frozenset({"touristinfo", "tourists"})
_HIDDEN: Final = (
    PERSONAL_KEYS | SECRET_KEYS | {"memo", "idcardno", "ordervouchercode", "ordercode"}
) - _OPENED

_SHOWN: Final[Mapping[str, tuple[int, int]]] = {
    "name": (1, 0),
    "username": (1, 0),
    "takephone": (3, 2),
    "mobile": (3, 2),
    "idcard": (3, 2),
    "idcardno": (3, 2),
    "vouchercode": (0, 4),
    "ordervouchercode": (0, 4),
    "ordercode": (0, 4),
    "qrcode": (0, 4),
    "codes": (0, 4),
    "code": (0, 4),
}
"""How many characters of a long enough value are shown, at its head and its tail."""

_INSIDE: Final = {"vouchers": frozenset({"code"})}
"""Keys that are personal only inside another one: an error's ``code`` is none."""

_NOTHING: Final[frozenset[str]] = frozenset()
_text = Redaction().text


def mask_body(body: bytes) -> object:
    """Return the body as JSON values with personal data hidden.

    JSON inside strings is opened. A body that is no JSON is not shown at all: nobody
    can tell what it holds.
    """
    try:
        return _masked(json.loads(body), _NOTHING)
    except (ValueError, RecursionError):
        return f"{len(body)} bytes that are no JSON, hidden"


def _masked(value: object, inside: frozenset[str]) -> object:
    if isinstance(value, dict):
        return dict(_entry(key, item, inside) for key, item in value.items())
    if isinstance(value, list):
        return [_masked(item, inside) for item in value]
    if not isinstance(value, str):
        return value
    if value.lstrip()[:1] not in {"{", "["}:
        return _text(value)
    try:
        return _masked(json.loads(value), inside)
    except ValueError:
        return f"{len(value)} characters that are no JSON, hidden"


def _entry(key: str, value: object, inside: frozenset[str]) -> tuple[str, object]:
    plain = key.lower().replace("_", "")
    if plain in _TOURISTS:
        return key, _tourists(value)
    if plain in _HIDDEN or plain in inside:
        return _text(key), _hidden(value, plain)
    return _text(key), _masked(value, _INSIDE.get(plain, inside))


def _tourists(value: object) -> object:
    """Mask ``tourist_info``: {id card: name} as the document has it, or a list of objects."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return MASK
    if isinstance(value, dict):
        return [{_part(key, "idcard"): _hidden(name, "name")} for key, name in value.items()]
    return _masked(value, _NOTHING)


def _hidden(value: object, plain: str) -> object:
    """Hide a value; of objects and lists only what they hold."""
    if isinstance(value, dict):
        return _masked(value, _INSIDE.get(plain, _NOTHING))
    if isinstance(value, list):
        return [_hidden(item, plain) for item in value]
    return value if value in ("", None) else _part(str(value), plain)


def _part(text: str, plain: str) -> str:
    head, tail = _SHOWN.get(plain, (0, 0))
    if len(text) < 2 * (head + tail):
        head, tail = 0, 0
    return text[:head] + MASK + text[len(text) - tail :]

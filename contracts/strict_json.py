"""Read JSON that a stranger wrote, and never be surprised by it.

Why it exists: the standard parser accepts what later breaks something else (NaN, a key
that stands twice, half a surrogate pair, a NUL character that PostgreSQL refuses) and
reads money as float. Here such text is refused with :class:`ValueError`, and a number
with a fraction is a :class:`~decimal.Decimal` of the very digits that were written. It
must not know a protocol.
"""

import json
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any, NoReturn

MAX_DEPTH = 32
"""Objects and arrays inside each other; both protocols need six."""

MAX_NUMBER_LENGTH = 64
"""Digits that a number may have; a longer one is nobody's price, count or id."""


class JsonError(ValueError):
    """The text is no JSON that we take; the message holds nothing of the text."""


def _refuse_constant(_name: str) -> NoReturn:
    raise JsonError("NaN or Infinity is no JSON")


def _integer(text: str) -> int:
    if len(text) > MAX_NUMBER_LENGTH:
        raise JsonError("a number is too long")
    return int(text)


def _decimal(text: str) -> Decimal:
    if len(text) > MAX_NUMBER_LENGTH:
        raise JsonError("a number is too long")
    return Decimal(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise JsonError("a key stands twice in one object")
    return fields


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_float=_decimal,
    parse_int=_integer,
    parse_constant=_refuse_constant,
)

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def loads(text: bytes | str) -> Any:  # noqa: ANN401  (JSON may be anything)
    """Return the value of ``text``. Raises :class:`JsonError` for everything doubtful."""
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        value = _DECODER.decode(text.removeprefix("\ufeff"))
        if "\\u" in text or text.count("{") + text.count("[") > MAX_DEPTH:
            _refuse_oddities(value)
    except JsonError:
        raise
    except UnicodeDecodeError:
        raise JsonError("not UTF-8") from None
    except RecursionError:
        raise JsonError("nested too deeply") from None
    except ValueError as error:
        where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise JsonError(f"not JSON{where}") from None
    return value


def loads_object(text: bytes | str) -> dict[str, Any]:
    """As :func:`loads`, and refuse everything but an object."""
    value = loads(text)
    if not isinstance(value, dict):
        raise JsonError("not a JSON object")
    return value


def quoted(text: str) -> str:
    """Return a text as JSON writes it, non-ASCII characters as they are."""
    return encode_basestring(text)


def dumps(value: object) -> str:
    """Return compact JSON in the given order, non-ASCII characters as they are."""
    return _ENCODER.encode(value)


def _refuse_oddities(value: object) -> None:
    """Refuse deep nesting, and NUL and half surrogate pairs: only an escape brings them in."""
    rest = [(value, 1)]
    while rest:
        item, depth = rest.pop()
        if isinstance(item, str):
            _refuse_broken_characters(item)
            continue
        if isinstance(item, dict):
            rest.extend((part, depth + 1) for pair in item.items() for part in pair)
        elif isinstance(item, list):
            rest.extend((part, depth + 1) for part in item)
        else:
            continue
        if depth > MAX_DEPTH:
            raise JsonError("nested too deeply")


def _refuse_broken_characters(text: str) -> None:
    if "\x00" in text:
        raise JsonError("a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise JsonError("half a surrogate pair") from None

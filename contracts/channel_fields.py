"""The field types of the channel protocol: what may stand in a request of a channel.

Why it exists: a rule such as "a price is never a float" is written once and holds for a
channel's request and for an upstream command alike. It must not know an answer code.
"""

import re
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from math import fabs
from typing import Annotated, Any, Final

from pydantic import (
    BeforeValidator,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from .strict_json import JsonError, loads_object

MAX_COUNT: Final = 100_000
"""More tickets than any order holds; keeps every product of a price in range."""
_MAX_INTEGER_DIGITS: Final = 12
_MAX_FRACTION_DIGITS: Final = 30
_CENT: Final = Decimal("0.01")
_MONEY: Final = Context(prec=64, rounding=ROUND_HALF_UP)

_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,30})?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)

_LINE: Final = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f\s][^\x00-\x1f\x7f]*$"

Text = Annotated[str, StringConstraints(max_length=128, pattern=_LINE)]
"""One line of text that is not blank; a number is taken for its digits."""


def to_cents(value: Decimal) -> Decimal:
    """Round half-up to 0.01."""
    return _MONEY.quantize(value, _CENT)


def times(price: Decimal, count: int) -> Decimal:
    """Return ``price`` × ``count``, exactly."""
    return _MONEY.multiply(price, Decimal(count))


def _decimal(given: object) -> Decimal:
    if isinstance(given, Decimal):
        return given
    if isinstance(given, str) and _NUMBER.fullmatch(given):
        return Decimal(given)
    if isinstance(given, float):  # an upstream command; its shortest digits are what was meant
        return Decimal(repr(given))
    if isinstance(given, int) and not isinstance(given, bool):
        return Decimal(given)
    raise PydanticCustomError("money", "not a price")


def _money(given: object) -> Decimal:
    value = _decimal(given)
    if _NUMBER.fullmatch(str(value)):  # nearly every price there is
        return value or Decimal(0)
    if not value.is_finite():
        raise PydanticCustomError("money", "not a price")
    if value.is_zero():
        return Decimal(0)
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -_MAX_FRACTION_DIGITS:
        raise PydanticCustomError("money", "too many digits")
    if value.is_signed() or value.adjusted() >= _MAX_INTEGER_DIGITS:
        raise PydanticCustomError("money", "out of range")
    return Decimal(format(value, "f"))


Money = Annotated[
    Decimal,
    BeforeValidator(_money),
    PlainSerializer(lambda value: format(value, "f"), return_type=str, when_used="json"),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}]}, mode="validation"
    ),
    WithJsonSchema({"type": "string"}, mode="serialization"),
]
"""An amount of yuan, never negative; written as text so that nothing is lost on the way."""


def _count(value: object) -> int:
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if isinstance(value, Decimal | float) and fabs(value) <= MAX_COUNT and value == int(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_COUNT:
        raise PydanticCustomError("count", "not a number of tickets")
    return value


Count = Annotated[
    int,
    BeforeValidator(_count),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_COUNT}),
]
"""A number of tickets, at least one."""


def _day(value: object) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise PydanticCustomError("date", "no such day") from None
    if type(value) is date:
        return value
    raise PydanticCustomError("date", "not yyyy-MM-dd")


Day = Annotated[date, BeforeValidator(_day)]
"""A real calendar day, written yyyy-MM-dd."""

Phone = Annotated[str, StringConstraints(pattern=r"^1[3-9][0-9]{9}$")]
"""A mobile number of mainland China."""

TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""HH:mm."""


def read_tourists(value: object) -> Any:  # noqa: ANN401  (pydantic checks what comes out)
    """Turn ``{id card: name}``, an object or its JSON text, into a list; the order is kept."""
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        if not value.strip():
            return ()
        try:
            value = loads_object(value)
        except JsonError as error:
            raise PydanticCustomError("tourist_info", "{why}", {"why": str(error)}) from None
    if isinstance(value, dict):
        return [{"id_card": id_card, "name": name} for id_card, name in value.items()]
    if isinstance(value, list | tuple):
        return value
    raise PydanticCustomError("tourist_info", "not an object")

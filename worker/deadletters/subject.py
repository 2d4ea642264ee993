"""Which order a dead message is about, as far as its body can be read.

Why it exists: people look for dead letters by order, and a dead body may be of any type
or broken. It must not fail, and must not trust what it reads: the numbers are for people.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from contracts.channel import order_num as number_of

_MAX_LENGTH: Final = 128


@dataclass(frozen=True, slots=True)
class Subject:
    """The order's numbers; empty where they cannot be read."""

    app_key: str = ""
    order_num: str = ""
    channel_order_num: str = ""
    zzy_order_id: str = ""


def subject_of(body: bytes) -> Subject:
    """Read the numbers out of one of our own envelopes, whatever its type."""
    data = _object(_object(body).get("data"))
    if "raw" in data:
        return _of_notice(data)
    order = _object(data.get("order"))
    app_key = _text(data.get("app_key"))
    channel_order_num = _text(data.get("channel_order_num") or order.get("channel_order_num"))
    order_num = _text(data.get("order_num"))
    if not order_num and app_key and channel_order_num:
        order_num = number_of(app_key, channel_order_num)
    return Subject(app_key, order_num, channel_order_num)


def _of_notice(data: Mapping[str, Any]) -> Subject:
    """Read a supplier's notice: its ``OriginOrderId`` is our number; a refund's has none."""
    notice = _lowered(_object(data.get("raw")))
    body = _lowered(_object(notice.get("ordernotifybody")))
    return Subject(
        order_num=_text(body.get("originorderid")), zzy_order_id=_text(body.get("orderid"))
    )


def _lowered(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key.lower(): value for key, value in values.items()}


def _object(value: object) -> Mapping[str, Any]:
    """Return a JSON object, written as such or as text; else an empty one."""
    if isinstance(value, str | bytes):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """Return an id as text that every database can keep."""
    is_id = isinstance(value, str | int) and not isinstance(value, bool)
    return "".join(filter(str.isprintable, str(value)[:_MAX_LENGTH])) if is_id else ""

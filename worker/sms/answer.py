"""What a gateway's answer means, and what of it people may read.

Why it exists: gateways answer HTTP 200 to what they refuse; the rule of success is the
configuration's. It must not decide whether a message is sent again.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from worker.runtime.texting import SmsFailed, SmsResult, SmsSent
from worker.translation.delivery import Answered, DeliveryResult, NoAnswer

TOLD_LENGTH: Final = 80
SHORTEST_DIGITS: Final = 5
"""Runs of digits that are this long may be a phone, an id card or a voucher, however a
gateway groups them (134-5645-1211)."""

MASK: Final = "***"
_DIGITS: Final = re.compile(rf"\d(?:[ -]?\d){{{SHORTEST_DIGITS - 1},}}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class SuccessRule:
    """When a message counts as taken."""

    statuses: frozenset[int] = frozenset({HTTPStatus.OK})
    field: str = ""
    """A field of the JSON answer, dots for what is inside; empty: the status says it all."""
    value: str = ""
    error_field: str = ""
    """A field whose text tells people what is wrong."""


def read(answer: DeliveryResult, rule: SuccessRule, personal: Iterable[str]) -> SmsResult:
    """Return what became of a message; ``personal`` is what must not show in the words."""
    if isinstance(answer, NoAnswer):
        return SmsFailed(f"no answer: {answer.reason}")
    body = _object(answer.body_head)
    told = _told(answer, body, rule, sorted(filter(None, personal), key=len, reverse=True))
    if answer.status in rule.statuses and (not rule.field or _at(body, rule.field) == rule.value):
        return SmsSent(told)
    return SmsFailed(told, answer.retry_after or 0.0)


def _told(
    answer: Answered, body: Mapping[str, object], rule: SuccessRule, personal: list[str]
) -> str:
    words = [f"HTTP {answer.status}"]
    words += [f"{name} {_at(body, name)}" for name in (rule.field, rule.error_field) if name]
    text = _CONTROL.sub(" ", ", ".join(words))
    for secret in personal:
        text = text.replace(secret, MASK)
    return _DIGITS.sub(MASK, text)[:TOLD_LENGTH]


def _object(raw: bytes) -> Mapping[str, object]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _at(body: Mapping[str, object], path: str) -> str:
    """Return a field as text; ``-`` where there is none."""
    value: object = body
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return "-"
        value = value[name]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

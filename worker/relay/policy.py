"""What a channel's answer means for its notification.

Why it exists: one pure function decides between delivered, again and given up. It must
not send, wait or remember. Source: channel document, section 3; PROTOCOL.md, "What
counts as delivered?".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from contracts.channel import parse_receipt
from contracts.queues import DELAY_TIERS, delay_tier
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.translation.delivery import Answered, DeliveryResult, NoAnswer

DEFAULT_RETRY_DELAYS: Final[tuple[float, ...]] = tuple(seconds for _, seconds in DELAY_TIERS)
"""Seconds to wait after the first, second, … attempt that failed: 1s to 24h."""

_STATUS_LENGTH: Final = 8


@dataclass(frozen=True, slots=True)
class Attempt:
    """Which delivery was tried, for the n-th time, counted from 1."""

    order_num: str
    notify_type: str
    number: int


def decide(answer: DeliveryResult, attempt: Attempt, delays: Sequence[float]) -> Outcome:
    """Return Ack when delivered, Retry while delays are left, else Park.

    Delivered is HTTP 200 with a JSON ``status`` of 200 or ``"200"``, nothing else. HTTP
    410 stops at once (``endpoint_gone``); spent delays end as ``delivery_failed``. What
    the channel asks for (``Retry-After``) is honoured where it is longer than our delay.
    """
    if delivered(answer):
        return Ack()
    told = describe(answer)
    if isinstance(answer, Answered) and answer.status == HTTPStatus.GONE:
        return Park("endpoint_gone", _reason(attempt, told))
    if attempt.number > len(delays):
        return Park("delivery_failed", _reason(attempt, told))
    asked = (answer.retry_after or 0) if isinstance(answer, Answered) else 0
    wait = max(delays[attempt.number - 1], asked)
    return Retry(delay_tier(wait)[1], told)


def delivered(answer: DeliveryResult) -> bool:
    """Say whether the channel has taken the notification."""
    if not isinstance(answer, Answered) or answer.status != HTTPStatus.OK:
        return False
    receipt = parse_receipt(answer.body_head)
    return receipt is not None and receipt.delivered


def describe(answer: DeliveryResult) -> str:
    """Return an answer in a few words, without anything the channel wrote freely."""
    if isinstance(answer, NoAnswer):
        return f"no answer: {answer.reason}"
    if answer.status != HTTPStatus.OK:
        return f"HTTP {answer.status}"
    receipt = parse_receipt(answer.body_head)
    status = "" if receipt is None or receipt.status is None else str(receipt.status)
    if status.isascii() and status.isalnum() and len(status) <= _STATUS_LENGTH:
        return f"HTTP 200, status {status}"
    return "HTTP 200, no status that can be read"


def _reason(attempt: Attempt, told: str) -> str:
    return (
        f"{attempt.notify_type} of order {attempt.order_num or '-'}"
        f" not delivered after {attempt.number} attempt(s); last: {told}"
    )

"""What a channel's answer means for its notification.

Why it exists: one pure function decides between delivered, again and given up. It must
not send, wait or remember. Source: channel document, section 3; PROTOCOL.md, "What
counts as delivered?".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from contracts.channel import ChannelReceipt, parse_receipt
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
    waited: float = 0.0
    """For how many seconds the channel should have it."""
    probe: bool = False
    """It was sent to see whether the channel answers again: its failure costs no attempt."""


def decide(answer: DeliveryResult, attempt: Attempt, delays: Sequence[float]) -> Outcome:
    """Return Ack when delivered, Retry while delays are left, else Park.

    Delivered is HTTP 200 with a JSON ``status`` of 200 or ``"200"``, nothing else. HTTP
    410 stops at once (``endpoint_gone``); spent delays end as ``delivery_failed``. What
    the channel asks for (``Retry-After``) is honoured where it is longer than our delay.
    A probe and HTTP 429 spend no delay; there the time counts (:func:`put_off`).
    """
    if delivered(answer):
        return Ack()
    told = describe(answer)
    if isinstance(answer, Answered) and answer.status == HTTPStatus.GONE:
        return Park("endpoint_gone", _reason(attempt, told))
    asked = (answer.retry_after or 0) if isinstance(answer, Answered) else 0
    if attempt.probe or too_many(answer):
        return put_off(attempt, delays, told, asked)
    if attempt.number > len(delays):
        return Park("delivery_failed", _reason(attempt, told))
    return Retry(delay_tier(max(delays[attempt.number - 1], asked))[1], told)


def put_off(
    attempt: Attempt, delays: Sequence[float], told: str, asked: float = 0.0
) -> Park | Retry:
    """Return a Retry that costs nothing; Park what has waited as long as all delays take.

    It goes back to its queue soon, for it is the queue that waits.
    """
    if attempt.waited >= patience(delays):
        waited = f"waited {_spoken(attempt.waited)}, longer than all retry delays; {told}"
        name = f"{attempt.notify_type} of order {attempt.order_num or '-'}"
        return Park("delivery_failed", f"{name} not delivered: {waited}")
    return Retry(delay_tier(asked)[1], told, counted=False)


def patience(delays: Sequence[float]) -> float:
    """Return how many seconds all retries of a notification take together."""
    return float(sum(delay_tier(delay)[1] for delay in delays))


def delivered(answer: DeliveryResult) -> bool:
    """Say whether the channel has taken the notification."""
    if not isinstance(answer, Answered) or answer.status != HTTPStatus.OK:
        return False
    receipt = _receipt(answer.body_head)
    return receipt is not None and receipt.delivered


def too_many(answer: DeliveryResult) -> bool:
    """Say whether the channel wants to be asked less."""
    return isinstance(answer, Answered) and answer.status == HTTPStatus.TOO_MANY_REQUESTS


def describe(answer: DeliveryResult) -> str:
    """Return an answer in a few words, without anything the channel wrote freely."""
    if isinstance(answer, NoAnswer):
        return f"no answer: {answer.reason}"
    if answer.status != HTTPStatus.OK:
        return f"HTTP {answer.status}"
    receipt = _receipt(answer.body_head)
    status = "" if receipt is None or receipt.status is None else str(receipt.status)
    if status.isascii() and status.isalnum() and len(status) <= _STATUS_LENGTH:
        return f"HTTP 200, status {status}"
    return "HTTP 200, no status that can be read"


@lru_cache(maxsize=16)
def _receipt(head: bytes) -> ChannelReceipt | None:
    """Read what a channel answered; most say the same in the same words every time."""
    return parse_receipt(head)


def _reason(attempt: Attempt, told: str) -> str:
    return (
        f"{attempt.notify_type} of order {attempt.order_num or '-'}"
        f" not delivered after {attempt.number} attempt(s); last: {told}"
    )


def _spoken(seconds: float) -> str:
    """Return a time as people say it."""
    for name, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {name}s"
    return f"{seconds:.0f} seconds"

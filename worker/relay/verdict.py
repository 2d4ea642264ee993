"""What the relay says of one notification: its outcome, the answer, what goes on record.

Why it exists: what is decided, what is recorded and what is logged of it are the same words.
It must not decide.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import structlog

from contracts.events import ChannelNotification
from contracts.headers import REPLAYED_AT
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import Message
from worker.telemetry import metrics

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a notification now."""

    outcome: Outcome
    answer: str
    status: str
    """What goes on record; empty: nothing, for nothing was tried, or is under way elsewhere."""

    @classmethod
    def parked(cls, kind: str, reason: str) -> Self:
        """Return the verdict on one that cannot be sent at all."""
        return cls(Park(kind, reason), reason, "dead")


def waiting_since(notification: ChannelNotification, message: Message) -> datetime:
    """Return since when a channel should have it: a replay begins anew."""
    try:
        replayed = datetime.fromisoformat(message.headers.get(REPLAYED_AT, ""))
    except ValueError:
        return notification.created_at
    return replayed if replayed.tzinfo else replayed.replace(tzinfo=UTC)


def counts(outcome: Outcome) -> bool:
    """Say whether an attempt is spent with it."""
    return not isinstance(outcome, Retry) or outcome.counted


def status_of(outcome: Outcome) -> str:
    """Return what goes on record of a delivery that was tried."""
    match outcome:
        case Ack():
            return "delivered"
        case Retry():
            return "pending"
        case Park():
            return "dead"


def report(
    notification: ChannelNotification, message: Message, verdict: Verdict, now: datetime
) -> None:
    """Log and count what became of a notification at ``now``."""
    facts: dict[str, object] = {
        "app_key": notification.app_key,
        "order_num": notification.order_num,
        "notify_type": notification.notify_type.value,
        "webhook_id": notification.webhook_id,
        "attempt": message.attempt + 1,
        "answer": verdict.answer,
    }
    match verdict.outcome:
        case Ack() if verdict.status == "delivered":
            _log.info("notification_delivered", **facts)
        case Ack():
            _log.info("notification_not_needed", **facts)
        case Retry(delay=delay) if not verdict.status:
            _log.info("notification_held", delay=delay, **facts)
        case Retry(delay=delay):
            _log.warning("notification_retried", delay=delay, **facts)
        case Park(kind=kind):
            _log.error("notification_parked", kind=kind, **facts)
    if verdict.status == "delivered":
        waited = (now - waiting_since(notification, message)).total_seconds()
        metrics.of(
            metrics.DELIVERY_LATENCY, notification.app_key, notification.notify_type.value
        ).observe(max(waited, 0.0))
    if verdict.status:
        metrics.of(
            metrics.DELIVERIES,
            notification.app_key,
            notification.notify_type.value,
            "retried" if verdict.status == "pending" else verdict.status,
        ).inc()

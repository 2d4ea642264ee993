"""What both adapters do with a message and the outcome of its handling.

Why it exists: an error, a retry and a parking mean the same on every broker, so they
are written once. It must not know a broker or keep state.
"""

import asyncio
import time
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog

from contracts import headers, queues
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import Handler, Message
from worker.telemetry.metrics import CONSUMED, HANDLING_DURATION, of

ERROR_RETRY_DELAYS: Final[tuple[float, ...]] = (1, 5, 30, 120, 600)
"""Seconds until a message whose handler raised comes again, by attempt; then the last."""

DELIVERY_LIMIT: Final = 100
"""Hand-outs without an outcome after which a broker gives a message up.

High, because every crash of a worker counts against all messages in its hands; a
poisonous message is judged by its attempts, not by this.
"""

DELIVERY_LIMIT_KIND: Final = "delivery_limit"

_COUNTED: Final = {Ack: "acknowledged", Retry: "retried", Park: "parked"}

_log = structlog.get_logger(__name__)


async def outcome_of(handler: Handler, message: Message) -> Outcome:
    """Return the handler's outcome; a Retry with a widening delay if it raised.

    The error's text is not logged: it may quote the message.
    """
    began = time.perf_counter()
    try:
        outcome = _not_in_circles(await handler(message), message)
    except asyncio.CancelledError:
        if cancelled_from_outside():
            raise
        error = "CancelledError"
    except Exception as raised:  # noqa: BLE001  (whatever a handler raises, the message is kept)
        error = type(raised).__name__
    else:
        _count(message.queue, _COUNTED[type(outcome)], began)
        return outcome
    _count(message.queue, "failed", began)
    delay = _error_delay(message)
    _log.error(
        "handler_failed",
        queue=message.queue,
        type=message.type,
        message_id=message.message_id,
        attempt=message.attempt + 1,
        error=error,
        delay=delay,
    )
    return Retry(delay, f"the handler raised {error}")


def _count(queue: str, outcome: str, began: float) -> None:
    of(CONSUMED, queue, outcome).inc()
    of(HANDLING_DURATION, queue).observe(time.perf_counter() - began)


def _not_in_circles(outcome: Outcome, message: Message) -> Outcome:
    """Turn the parking of a dead letter into a retry: it would come back at once, for ever."""
    if isinstance(outcome, Park) and message.queue == queues.DEAD:
        return Retry(_error_delay(message), outcome.reason)
    return outcome


def _error_delay(message: Message) -> float:
    return ERROR_RETRY_DELAYS[min(message.attempt, len(ERROR_RETRY_DELAYS) - 1)]


def cancelled_from_outside() -> bool:
    """Say whether this task was told to stop; a stray CancelledError is only an error."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def retried(message: Message, retry: Retry) -> Message:
    """Return the message as it comes again: one attempt more, unless it does not count."""
    return replace(message, attempt=message.attempt + retry.counted, redelivered=False)


def parked(message: Message, park: Park, now: datetime) -> Message:
    """Return the dead letter that a message becomes."""
    why = dead_headers(park, message.queue, message.attempt + 1, now)
    if park.letter:
        why[headers.DEAD_FIRST_ID] = message.message_id
    return replace(
        message,
        queue=queues.DEAD,
        message_id=park.letter or message.message_id,
        headers={**message.headers, **why},
        reply_to="",
        attempt=0,
        redelivered=False,
    )


def dead_headers(park: Park, queue: str, attempts: int, now: datetime) -> dict[str, str]:
    """Return what a dead letter tells of its failure."""
    return {
        headers.DEAD_KIND: _writable(park.kind),
        headers.DEAD_REASON: _writable(park.reason),
        headers.DEAD_QUEUE: queue,
        headers.DEAD_ATTEMPTS: str(attempts),
        headers.DEAD_AT: now.isoformat(),
    }


def _writable(text: str) -> str:
    """Return text that any broker can write down, whatever a foreign system put into it."""
    return text.encode("utf-8", "replace").decode()

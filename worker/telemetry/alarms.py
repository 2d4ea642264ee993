"""An alarm: something that a person must look at.

Why it exists: every alarm is one log line that says ``alarm`` and one count, so that one
rule finds them all; where there is a database it is kept there, too. It must not decide what
deserves one.
"""

from collections.abc import Mapping
from typing import Protocol

import structlog

from worker.telemetry import metrics

_log = structlog.get_logger(__name__)


class Listener(Protocol):
    """Who keeps alarms; called in the middle of other work, and must not wait or raise."""

    def heard(self, kind: str, fields: Mapping[str, object]) -> None:
        """Take an alarm."""
        ...

    def over(self, kind: str, fields: Mapping[str, object]) -> None:
        """Take the word that an alarm is over."""
        ...


_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Have ``listener`` hear of every alarm from now on, instead of those before it."""
    _listeners.append(listener)


def unlisten(listener: Listener) -> None:
    """Tell ``listener`` no more."""
    if listener in _listeners:
        _listeners.remove(listener)


def say(kind: str, **fields: object) -> None:
    """Log an alarm and count it, for one that somebody keeps already.

    ``kind`` is a short stable word, the label of the metric; the fields (``order_num``,
    ``app_key``, ``reason``) are for the person and are redacted as all logs are.
    """
    metrics.ALARMS.labels(kind).inc()
    _log.error("alarm", kind=kind, **fields)


def alarm(kind: str, **fields: object) -> None:
    """Log an alarm, count it, and have it kept where there is a database."""
    say(kind, **fields)
    if _listeners:
        _listeners[-1].heard(kind, fields)


def resolved(kind: str, **fields: object) -> None:
    """Log that what an alarm told of is over; it counts nothing."""
    _log.info("alarm_resolved", kind=kind, **fields)
    if _listeners:
        _listeners[-1].over(kind, fields)

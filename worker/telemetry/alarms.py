"""An alarm: something that a person must look at.

Why it exists: every alarm is one log line that says ``alarm`` and one count, so that one
rule finds them all. It must not decide what deserves one.
"""

import structlog

from worker.telemetry import metrics

_log = structlog.get_logger(__name__)


def alarm(kind: str, **fields: object) -> None:
    """Log an alarm and count it.

    ``kind`` is a short stable word, the label of the metric; the fields (``order_num``,
    ``app_key``, ``reason``) are for the person and are redacted as all logs are.
    """
    metrics.ALARMS.labels(kind).inc()
    _log.error("alarm", kind=kind, **fields)


def resolved(kind: str, **fields: object) -> None:
    """Log that what an alarm told of is over; it counts nothing."""
    _log.info("alarm_resolved", kind=kind, **fields)

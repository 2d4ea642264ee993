"""Tells of messages that were not sent, so that the log can be read while hundreds are not.

Why it exists: a broker that takes nothing refuses every request alike, and a line for each of
them hides what else happens at night. The first has its alarm at once; what follows within a
few seconds is counted, and told with the next. The metric counts every one. It must not send
anything nor decide what is answered. Each process speaks for itself.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from worker.clock import Clock
from worker.telemetry import alarm
from worker.telemetry.metrics import ALARMS

EVERY_SECONDS: Final = 10.0

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Told:
    """When the last line was written, and how many came since."""

    at: datetime
    since: int = 0


class Unsent:
    """Raises one alarm of a kind and queue in so many seconds."""

    def __init__(self, clock: Clock, every: float = EVERY_SECONDS) -> None:
        """Speak once in ``every`` seconds of ``clock``."""
        self._clock = clock
        self._every = every
        self._told: dict[tuple[str, str], _Told] = {}

    def alarm(self, kind: str, queue: str, **fields: object) -> None:
        """Raise the alarm, for this request and those since the last line; or count it."""
        told = self._told.get((kind, queue))
        if told is not None and not self._is_time(told):
            told.since += 1
            ALARMS.labels(kind).inc()
            return
        self._told[kind, queue] = _Told(self._clock.now())
        alarm(kind, queue=queue, requests=1 + (told.since if told else 0), **fields)

    def taken(self, queue: str) -> None:
        """Say how many there were to the end, now that the queue takes messages again."""
        for key, told in list(self._told.items()):
            if key[1] == queue and self._is_time(told):
                del self._told[key]
                if told.since:
                    _log.warning("sent_again", kind=key[0], queue=queue, requests=told.since)

    def _is_time(self, told: _Told) -> bool:
        """Tell whether the last line is old enough; a clock that goes back does not silence."""
        return not 0 <= (self._clock.now() - told.at).total_seconds() < self._every

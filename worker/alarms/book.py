"""Writes alarms into the database as they are raised, wherever in the process that was.

Why it exists: an alarm is raised in the middle of work that must not wait for a database, and
must not be lost with a process either: those of orders are written before their outbox row
goes, the others within half a second. It must not decide what deserves an alarm.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import structlog

from worker.alarms.kinds import severity_of, subject_of, text_of
from worker.clock import Clock
from worker.errors import StoreRefusedError, StoreUnavailableError
from worker.runtime.alarm_records import AlarmStore, RaisedAlarm, Telling

FLUSH_SECONDS: Final = 0.5
MOST_WAITING: Final = 1_000
"""So many alarms wait for a database that does not answer; the log has them all."""

_log = structlog.get_logger(__name__)


class AlarmBook:
    """The way of alarms into the store."""

    def __init__(
        self, store: AlarmStore, clock: Clock, robots: Sequence[str], again_seconds: float
    ) -> None:
        """Tell ``robots``, and again after ``again_seconds``; 0: never again."""
        self._store = store
        self._clock = clock
        self.robots = tuple(robots)
        self._again = again_seconds
        self._waiting: deque[tuple[RaisedAlarm, bool]] = deque()

    def heard(self, kind: str, fields: Mapping[str, object]) -> None:
        """Take an alarm that was raised; it is written soon."""
        self._put(self._raised(kind, fields), over=False)

    def over(self, kind: str, fields: Mapping[str, object]) -> None:
        """Take the word that an alarm is over."""
        self._put(self._raised(kind, fields), over=True)

    async def keep(self, kind: str, fields: Mapping[str, object]) -> None:
        """Write an alarm at once. Raises StoreUnavailableError."""
        await self._write(self._raised(kind, fields))

    async def end(self, kind: str, subject: str, by: str = "worker") -> None:
        """Close the alarm of a kind and subject, if it is open. Raises StoreUnavailableError."""
        await self._store.resolve_alarm(kind, subject, self._clock.now(), by, self.robots)

    async def flush(self) -> None:
        """Write what waits, as far as the database takes it."""
        while self._waiting:
            raised, over = self._waiting[0]
            try:
                await (self.end(raised.kind, raised.subject) if over else self._write(raised))
            except StoreRefusedError as error:
                _log.warning("alarm_not_kept", kind=raised.kind, error=str(error))
            except StoreUnavailableError as error:
                _log.warning("alarms_not_kept_yet", count=len(self._waiting), error=str(error))
                return
            self._waiting.popleft()

    async def run(self) -> None:
        """Write for ever."""
        while True:
            await self.flush()
            await self._clock.sleep(FLUSH_SECONDS)

    def _raised(self, kind: str, fields: Mapping[str, object]) -> RaisedAlarm:
        return RaisedAlarm(
            kind,
            subject_of(kind, fields),
            severity_of(kind, fields),
            text_of(kind, fields),
            self._clock.now(),
        )

    def _put(self, raised: RaisedAlarm, *, over: bool) -> None:
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append((raised, over))

    async def _write(self, raised: RaisedAlarm) -> None:
        before = raised.at - timedelta(seconds=self._again) if self._again else None
        await self._store.raise_alarm(raised, Telling(self.robots, before))

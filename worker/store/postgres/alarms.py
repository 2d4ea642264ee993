"""The alarms in PostgreSQL.

Why it exists: an alarm and what robots must be told of it are one statement. It must not decide
what deserves an alarm.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from worker.runtime.alarm_records import AlarmFacts, AlarmRow, RaisedAlarm, RobotMessage, Telling
from worker.store import alarm_rows as rows
from worker.store.postgres.base import Part, same
from worker.store.postgres.statements import select
from worker.store.rows import clean

_INTO: Final = (
    "INSERT INTO robot_messages (id, alarm_id, robot, about, created_at, due_at, attempts, answer)"
)


def _telling(change: str, robots: int, about: str, at: str, when: str) -> str:
    """Return a change of an alarm, and the messages to the robots of one array, as one."""
    return (
        f"WITH a AS ({change}), told AS ({_INTO}"  # noqa: S608  (only words of ours)
        f" SELECT a.id || ':' || {about} || ':' || {at} || ':' || r.robot, a.id, r.robot,"
        f" {about}, {at}, {at}, 0, '' FROM a CROSS JOIN unnest(${robots}::text[]) AS r(robot)"
        f" WHERE {when} ON CONFLICT (id) DO NOTHING) SELECT * FROM a"
    )


_ABOUT: Final = "CASE WHEN a.count = 1 THEN 'raised' ELSE 'again' END"
_RAISE: Final = _telling(rows.RAISE, 8, _ABOUT, "a.told_at", "a.told_at = $6::timestamptz")
_RESOLVE: Final = _telling(rows.RESOLVE, 5, "'resolved'", "a.resolved_at", "true")
_SETTLE: Final = _telling(rows.SETTLE, 4, "'resolved'", "a.resolved_at", "true")
_QUIET: Final = (
    "UPDATE alarms SET resolved_at = $3, resolved_by = 'quiet' WHERE resolved_at IS NULL"
    " AND last_seen_at < $2 AND kind <> ALL($1::text[])"
)
_BY_ID: Final = select(rows.ALARMS, "WHERE id = ANY($1::text[])")
_FAILED: Final = (
    "UPDATE robot_messages SET attempts = attempts + 1, due_at = $2, answer = $3"
    " WHERE id = ANY($1::text[])"
)


class Alarms(Part):
    """Implements :class:`worker.runtime.alarm_records.AlarmStore`."""

    async def raise_alarm(self, raised: RaisedAlarm, telling: Telling) -> AlarmRow:
        """Open an alarm, or count the open one once more."""
        values = rows.raised_values(uuid.uuid4().hex, raised, same)
        found = await self._all(_RAISE, *values, telling.again_before, list(telling.robots))
        return rows.alarm(found[0], same)

    async def resolve_alarm(
        self, kind: str, subject: str, at: datetime, by: str, robots: Sequence[str]
    ) -> AlarmRow | None:
        """Close the open alarm of a kind and subject, and tell."""
        return await self._one(_RESOLVE, kind, clean(subject), at, by, list(robots))

    async def settle_alarm(
        self, alarm_id: str, at: datetime, by: str, robots: Sequence[str]
    ) -> AlarmRow | None:
        """Close an open alarm by its id, and tell."""
        return await self._one(_SETTLE, alarm_id, at, clean(by), list(robots))

    async def acknowledge_alarm(self, alarm_id: str, at: datetime, by: str) -> AlarmRow | None:
        """Note who looks after an open alarm."""
        return await self._one(rows.ACKNOWLEDGE, alarm_id, at, clean(by))

    async def alarms(self, *, resolved: bool = False, limit: int = 1000) -> list[AlarmRow]:
        """Return open alarms, or those that are over; last seen first."""
        found = await self._all(rows.OVER if resolved else rows.OPEN, limit)
        return [rows.alarm(record, same) for record in found]

    async def resolve_quiet_alarms(
        self, kinds: Sequence[str], before: datetime, at: datetime
    ) -> None:
        """Close what nothing was heard of."""
        await self._all(_QUIET, list(kinds), before, at)

    async def forget_alarms(self, before: datetime) -> None:
        """Forget alarms that were over before."""
        await self._all(rows.FORGET, before)

    async def claim_robot_messages(
        self, now: datetime, until: datetime, *, limit: int
    ) -> list[RobotMessage]:
        """Return messages that are due."""
        claimed = await self._all(rows.CLAIM, now, until, limit)
        found = await self._all(_BY_ID, [one["alarm_id"] for one in claimed])
        return rows.messages(claimed, {one["id"]: rows.alarm(one, same) for one in found}, same)

    async def robot_told(self, message_ids: Sequence[str]) -> None:
        """Forget messages that a robot took."""
        await self._all("DELETE FROM robot_messages WHERE id = ANY($1::text[])", list(message_ids))

    async def robot_failed(self, message_ids: Sequence[str], due_at: datetime, answer: str) -> None:
        """Note that a robot did not take messages."""
        await self._all(_FAILED, list(message_ids), due_at, clean(answer))

    async def take_alarm_watch(self, owner: str, now: datetime, until: datetime) -> bool:
        """Become the one who watches, or stay it."""
        return bool(await self._all(rows.WATCH, owner, now, until))

    async def alarm_facts(
        self, died_since: datetime, unpaid_before: datetime, untold_before: datetime
    ) -> AlarmFacts:
        """Return what the rules judge."""
        (record,) = await self._all(rows.FACTS, died_since, unpaid_before, untold_before)
        return rows.facts(record)

    async def _one(self, statement: str, *values: Any) -> AlarmRow | None:  # noqa: ANN401
        found = await self._all(statement, *values)
        return rows.alarm(found[0], same) if found else None

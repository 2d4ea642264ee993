"""The alarms in SQLite.

Why it exists: an alarm and what robots must be told of it are one commit. It must not decide
what deserves an alarm.
"""

import sqlite3
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from worker.runtime.alarm_records import AlarmFacts, AlarmRow, RaisedAlarm, RobotMessage, Telling
from worker.store import alarm_rows as rows
from worker.store.columns import names
from worker.store.rows import clean
from worker.store.sqlite.base import Part, marks, micros, moment

_RAISE: Final = rows.sqlite_words(rows.RAISE)
_RESOLVE: Final = rows.sqlite_words(rows.RESOLVE)
_SETTLE: Final = rows.sqlite_words(rows.SETTLE)
_ACKNOWLEDGE: Final = rows.sqlite_words(rows.ACKNOWLEDGE)
_OPEN: Final = rows.sqlite_words(rows.OPEN)
_OVER: Final = rows.sqlite_words(rows.OVER)
_FORGET: Final = rows.sqlite_words(rows.FORGET)
_TELL: Final = rows.sqlite_words(rows.TELL)
_CLAIM: Final = rows.sqlite_words(rows.CLAIM)
_WATCH: Final = rows.sqlite_words(rows.WATCH)
_FACTS: Final = rows.sqlite_words(rows.FACTS)
_COLUMNS: Final = ", ".join(names(rows.ALARMS))


class Alarms(Part):
    """Implements :class:`worker.runtime.alarm_records.AlarmStore`."""

    async def raise_alarm(self, raised: RaisedAlarm, telling: Telling) -> AlarmRow:
        """Open an alarm, or count the open one once more."""
        values = rows.raised_values(uuid.uuid4().hex, raised, micros)

        def work(connection: sqlite3.Connection) -> AlarmRow:
            record = connection.execute(_RAISE, (*values, micros(telling.again_before))).fetchone()
            made = rows.alarm(record, moment)
            if made.told_at == raised.at:
                _tell(connection, made, "raised" if made.count == 1 else "again", telling.robots)
            return made

        return await self._write(work)

    async def resolve_alarm(
        self, kind: str, subject: str, at: datetime, by: str, robots: Sequence[str]
    ) -> AlarmRow | None:
        """Close the open alarm of a kind and subject, and tell."""
        return await self._close(_RESOLVE, (kind, clean(subject), micros(at), by), robots)

    async def settle_alarm(
        self, alarm_id: str, at: datetime, by: str, robots: Sequence[str]
    ) -> AlarmRow | None:
        """Close an open alarm by its id, and tell."""
        return await self._close(_SETTLE, (alarm_id, micros(at), clean(by)), robots)

    async def acknowledge_alarm(self, alarm_id: str, at: datetime, by: str) -> AlarmRow | None:
        """Note who looks after an open alarm."""
        return await self._close(_ACKNOWLEDGE, (alarm_id, micros(at), clean(by)), ())

    async def alarms(self, *, resolved: bool = False, limit: int = 1000) -> list[AlarmRow]:
        """Return open alarms, or those that are over; last seen first."""
        found = await self._all(_OVER if resolved else _OPEN, limit)
        return [rows.alarm(record, moment) for record in found]

    async def resolve_quiet_alarms(
        self, kinds: Sequence[str], before: datetime, at: datetime
    ) -> None:
        """Close what nothing was heard of."""
        statement = (
            "UPDATE alarms SET resolved_at = ?, resolved_by = 'quiet' WHERE resolved_at IS NULL"  # noqa: S608
            f" AND last_seen_at < ? AND kind NOT IN ({marks(kinds)})"
        )
        await self._change(statement, (micros(at), micros(before), *kinds))

    async def forget_alarms(self, before: datetime) -> None:
        """Forget alarms that were over before."""
        await self._change(_FORGET, (micros(before),))

    async def claim_robot_messages(
        self, now: datetime, until: datetime, *, limit: int
    ) -> list[RobotMessage]:
        """Return messages that are due."""

        def work(connection: sqlite3.Connection) -> list[RobotMessage]:
            claimed = connection.execute(_CLAIM, (micros(now), micros(until), limit)).fetchall()
            ids = [one["alarm_id"] for one in claimed]
            found = connection.execute(
                f"SELECT {_COLUMNS} FROM alarms WHERE id IN ({marks(ids)})",  # noqa: S608
                ids,
            ).fetchall()
            known = {one["id"]: rows.alarm(one, moment) for one in found}
            return rows.messages(claimed, known, moment)

        return await self._write(work)

    async def robot_told(self, message_ids: Sequence[str]) -> None:
        """Forget messages that a robot took."""
        await self._change("DELETE FROM robot_messages WHERE id = ?", *((i,) for i in message_ids))

    async def robot_failed(self, message_ids: Sequence[str], due_at: datetime, answer: str) -> None:
        """Note that a robot did not take messages."""
        statement = (
            "UPDATE robot_messages SET attempts = attempts + 1, due_at = ?, answer = ? WHERE id = ?"
        )
        said = clean(answer)
        await self._change(statement, *((micros(due_at), said, name) for name in message_ids))

    async def take_alarm_watch(self, owner: str, now: datetime, until: datetime) -> bool:
        """Become the one who watches, or stay it."""
        values = (owner, micros(now), micros(until))
        return await self._write(
            lambda connection: connection.execute(_WATCH, values).fetchone() is not None
        )

    async def alarm_facts(
        self, died_since: datetime, unpaid_before: datetime, untold_before: datetime
    ) -> AlarmFacts:
        """Return what the rules judge."""
        moments = (micros(died_since), micros(unpaid_before), micros(untold_before))
        (record,) = await self._all(_FACTS, *moments)
        return rows.facts(record)

    async def _close(
        self, statement: str, values: tuple[Any, ...], robots: Sequence[str]
    ) -> AlarmRow | None:
        def work(connection: sqlite3.Connection) -> AlarmRow | None:
            record = connection.execute(statement, values).fetchone()
            if record is None:
                return None
            closed = rows.alarm(record, moment)
            _tell(connection, closed, "resolved", robots)
            return closed

        return await self._write(work)


def _tell(connection: sqlite3.Connection, of: AlarmRow, about: str, robots: Sequence[str]) -> None:
    at = micros(of.resolved_at if about == "resolved" else of.told_at)
    for robot in robots:
        name = rows.message_id(of, about, robot)
        connection.execute(_TELL, (name, of.id, robot, about, at))

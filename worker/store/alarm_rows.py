"""The alarms' tables, rows and statements, the same for both databases.

Why it exists: as tables.py and rows.py, for alarms. Statements are in PostgreSQL's words;
SQLite takes them without casts and row locks (``sqlite_words``). It must not run a query.
"""

import re
from collections.abc import Sequence
from typing import Final

from worker.runtime.alarm_records import AlarmFacts, AlarmRow, RaisedAlarm, RobotMessage
from worker.store.columns import Index, integers, moments, names, table, texts
from worker.store.rows import Row, Time, clean

ALARMS: Final = table(
    "alarms",
    texts("id", key=True),
    texts("kind", "subject", "severity", "text"),
    moments("first_seen_at", "last_seen_at"),
    integers("count"),
    moments("told_at"),
    moments("acknowledged_at", null=True),
    texts("acknowledged_by"),
    moments("resolved_at", null=True),
    texts("resolved_by"),
    indexes=[
        Index("ix_alarms_open", ("kind", "subject"), "resolved_at IS NULL", unique=True),
        Index("ix_alarms_resolved_at", ("resolved_at",), "resolved_at IS NOT NULL"),
    ],
)
"""What a person must look at; of each kind and subject one at most is open."""

ROBOT_MESSAGES: Final = table(
    "robot_messages",
    texts("id", key=True),
    texts("alarm_id", "robot", "about"),
    moments("created_at", "due_at"),
    integers("attempts"),
    texts("answer"),
    indexes=[Index("ix_robot_messages_due_at", ("due_at",))],
)
"""What robots have not been told yet; what they took is deleted."""

ALARM_WATCH: Final = table("alarm_watch", texts("name", key=True), texts("owner"), moments("until"))
"""Who watches at present: one row."""

_COLUMNS: Final = ", ".join(names(ALARMS))
_ONLY_OPEN: Final = "resolved_at IS NULL"

RAISE: Final = (
    f"INSERT INTO alarms ({_COLUMNS})"  # noqa: S608  (only names of ours)
    " VALUES ($1, $2, $3, $4, $5, $6::timestamptz, $6::timestamptz, 1, $6::timestamptz,"
    " NULL, '', NULL, '')"
    " ON CONFLICT (kind, subject) WHERE resolved_at IS NULL DO UPDATE SET"
    " text = excluded.text, severity = excluded.severity, count = alarms.count + 1,"
    " last_seen_at = CASE WHEN alarms.last_seen_at > excluded.last_seen_at"
    " THEN alarms.last_seen_at ELSE excluded.last_seen_at END,"
    " told_at = CASE WHEN (alarms.acknowledged_at IS NULL AND alarms.told_at < $7::timestamptz)"
    " OR (alarms.severity <> 'critical' AND excluded.severity = 'critical')"
    " THEN excluded.told_at ELSE alarms.told_at END"
    f" RETURNING {_COLUMNS}"
)
RESOLVE: Final = (
    "UPDATE alarms SET resolved_at = $3::timestamptz, resolved_by = $4"  # noqa: S608
    f" WHERE kind = $1 AND subject = $2 AND {_ONLY_OPEN} RETURNING {_COLUMNS}"
)
SETTLE: Final = (
    "UPDATE alarms SET resolved_at = $2::timestamptz, resolved_by = $3"  # noqa: S608
    f" WHERE id = $1 AND {_ONLY_OPEN} RETURNING {_COLUMNS}"
)
ACKNOWLEDGE: Final = (
    "UPDATE alarms SET acknowledged_at = $2::timestamptz, acknowledged_by = $3"  # noqa: S608
    f" WHERE id = $1 AND {_ONLY_OPEN} RETURNING {_COLUMNS}"
)
OPEN: Final = (
    f"SELECT {_COLUMNS} FROM alarms WHERE {_ONLY_OPEN}"  # noqa: S608
    " ORDER BY last_seen_at DESC, id LIMIT $1"
)
OVER: Final = (
    f"SELECT {_COLUMNS} FROM alarms WHERE resolved_at IS NOT NULL"  # noqa: S608
    " ORDER BY resolved_at DESC, id LIMIT $1"
)
FORGET: Final = "DELETE FROM alarms WHERE resolved_at < $1::timestamptz"
TELL: Final = (
    "INSERT INTO robot_messages (id, alarm_id, robot, about, created_at, due_at, attempts, answer)"
    " VALUES ($1, $2, $3, $4, $5, $5, 0, '') ON CONFLICT (id) DO NOTHING"
)
CLAIM: Final = (
    "UPDATE robot_messages SET due_at = $2::timestamptz WHERE id IN ("
    "SELECT id FROM robot_messages WHERE due_at <= $1::timestamptz"
    " ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED)"
    " RETURNING id, alarm_id, robot, about, created_at, attempts"
)
WATCH: Final = (
    "INSERT INTO alarm_watch (name, owner, until) VALUES ('watch', $1, $3::timestamptz)"
    " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until"
    " WHERE alarm_watch.owner = excluded.owner OR alarm_watch.until <= $2::timestamptz"
    " RETURNING owner"
)
# One look at all that waits, for both counts of orders.
FACTS: Final = (
    "SELECT (SELECT count(*) FROM dead_letters"
    " WHERE last_failed_at >= $1::timestamptz AND first_failed_at >= $1::timestamptz),"
    " late.unpaid, late.without_ticket FROM (SELECT"
    " count(*) FILTER (WHERE created_at < $2::timestamptz"
    " AND phase IN ('creating', 'paying', 'closing')) AS unpaid,"
    " count(*) FILTER (WHERE created_at < $3::timestamptz"
    " AND phase = 'awaiting_ticket') AS without_ticket"
    " FROM orders WHERE wake_at IS NOT NULL) late"
)


def sqlite_words(statement: str) -> str:
    """Return a statement as SQLite takes it."""
    plain = statement.replace(" FOR UPDATE SKIP LOCKED", "")
    return re.sub(r"\$(\d+)(?:::\w+(?:\[\])?)?", r"?\1", plain)


def raised_values(alarm_id: str, raised: RaisedAlarm, t: Time) -> Row:
    """Return what ``RAISE`` takes before its last value."""
    words = (raised.kind, clean(raised.subject), raised.severity.value, clean(raised.text))
    return (alarm_id, *words, t(raised.at))


def alarm(record: Row, t: Time) -> AlarmRow:
    """Read a row of ``alarms``."""
    values = list(record)
    for at in (5, 6, 8, 9, 11):
        values[at] = t(values[at])
    return AlarmRow(*values)


def message_id(of: AlarmRow, about: str, robot: str) -> str:
    """Return the name of a message: the same for the same news."""
    at = of.resolved_at if about == "resolved" else of.told_at
    return f"{of.id}:{about}:{at and at.isoformat()}:{robot}"


def messages(claimed: Sequence[Row], alarms: dict[str, AlarmRow], t: Time) -> list[RobotMessage]:
    """Return claimed messages, oldest first; one whose alarm is forgotten is left out."""
    found = [
        RobotMessage(name, robot, about, t(created_at), attempts, alarms[alarm_id])
        for name, alarm_id, robot, about, created_at, attempts in claimed
        if alarm_id in alarms
    ]
    return sorted(found, key=lambda one: (one.created_at, one.id))


def facts(record: Row) -> AlarmFacts:
    """Read what ``FACTS`` asks."""
    return AlarmFacts(*record)

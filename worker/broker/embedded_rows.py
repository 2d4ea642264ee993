"""The embedded broker's tables and every statement on them.

Why it exists: what is durable, and in which order, can be read in one place. Functions
here take a connection inside a transaction. It must not know asyncio.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts import headers, queues
from worker.broker import settle
from worker.runtime.outcome import Park
from worker.runtime.ports import Message

MESSAGES: Final = """CREATE TABLE IF NOT EXISTS broker_messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        queue TEXT NOT NULL,
        visible_at REAL NOT NULL,
        owner TEXT,
        deliveries INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        message_id TEXT NOT NULL,
        type TEXT NOT NULL,
        correlation_id TEXT NOT NULL,
        reply_to TEXT NOT NULL,
        headers TEXT NOT NULL,
        body BLOB NOT NULL
    )"""
"""A number is never given twice: an acknowledgement that is written again, after a commit of which
nobody knew, must not take a later message with it."""

SCHEMA: Final = (
    MESSAGES,
    """CREATE INDEX IF NOT EXISTS broker_messages_waiting
        ON broker_messages (queue, visible_at, id) WHERE owner IS NULL""",
    "CREATE TABLE IF NOT EXISTS broker_owners (id TEXT PRIMARY KEY) WITHOUT ROWID",
    "DROP TABLE IF EXISTS broker_replies",  # held one reply of each conversation only
    """CREATE TABLE IF NOT EXISTS broker_conversations (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        address TEXT NOT NULL,
        correlation_id TEXT NOT NULL,
        body BLOB NOT NULL,
        at REAL NOT NULL
    )""",
    """CREATE INDEX IF NOT EXISTS broker_conversations_address
        ON broker_conversations (address)""",
)

_NUMBERED_ANEW: Final = (
    "DROP INDEX IF EXISTS broker_messages_waiting",
    "ALTER TABLE broker_messages RENAME TO broker_messages_0_1",
    MESSAGES,
    "INSERT INTO broker_messages SELECT * FROM broker_messages_0_1",
    "DROP TABLE broker_messages_0_1",
)
"""What makes the table of 0.1.0, which gave numbers again, that of now."""

_INSERT: Final = """INSERT INTO broker_messages
    (queue, visible_at, owner, deliveries, attempt, message_id, type, correlation_id, reply_to,
     headers, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_DUE: Final = """SELECT value FROM json_each(?1) WHERE EXISTS (
    SELECT 1 FROM broker_messages WHERE queue = value AND owner IS NULL AND visible_at <= ?2)"""
_CLAIM: Final = """UPDATE broker_messages SET owner = ?, deliveries = deliveries + 1
    WHERE id IN (
        SELECT id FROM broker_messages WHERE queue = ? AND owner IS NULL AND visible_at <= ?
        ORDER BY visible_at, id LIMIT ?)
    RETURNING *"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message in the hands of this process, and its row."""

    row: int
    message: Message


def create(connection: sqlite3.Connection) -> None:
    """Make the tables where they are missing, or were made by an older release."""
    found = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'broker_messages'")
    made = found.fetchone()
    if made is not None and "AUTOINCREMENT" not in made[0]:
        for statement in _NUMBERED_ANEW:
            connection.execute(statement)
    for statement in SCHEMA:
        connection.execute(statement)


def insert(
    connection: sqlite3.Connection, message: Message, visible_at: float, owner: str | None
) -> int:
    """Keep a message, in the hands of ``owner`` at once if one is given; return its row."""
    cursor = connection.execute(
        _INSERT,
        (
            message.queue,
            visible_at,
            owner,
            0 if owner is None else 1,
            message.attempt,
            message.message_id,
            message.type,
            message.correlation_id,
            message.reply_to,
            json.dumps(dict(message.headers)) if message.headers else "{}",
            message.body,
        ),
    )
    if cursor.lastrowid is None:  # pragma: no cover  (an INSERT of one row has an id)
        raise sqlite3.InternalError("an inserted row has no id")
    return cursor.lastrowid


def due(connection: sqlite3.Connection, names: Sequence[str], now: float) -> list[str]:
    """Return the queues of which somebody could claim a message."""
    return [row[0] for row in connection.execute(_DUE, (json.dumps(names), now))]


def claim(
    connection: sqlite3.Connection, queue: str, owner: str, now: float, limit: int
) -> list[Delivery]:
    """Take up to ``limit`` due messages of a queue, oldest first."""
    rows = connection.execute(_CLAIM, (owner, queue, now, limit)).fetchall()
    rows.sort(key=lambda row: (row["visible_at"], row["id"]))
    return [Delivery(row["id"], message_of(row)) for row in rows]


def delete(connection: sqlite3.Connection, rows: Iterable[int], owner: str) -> None:
    """Forget acknowledged messages; one that was taken from ``owner`` meanwhile stays."""
    connection.executemany(
        "DELETE FROM broker_messages WHERE id = ? AND owner = ?", [(row, owner) for row in rows]
    )


def release(connection: sqlite3.Connection, rows: Iterable[int], owner: str) -> None:
    """Put messages back that were handed out and not begun: that was no delivery."""
    connection.executemany(
        "UPDATE broker_messages SET owner = NULL, deliveries = max(deliveries - 1, 0)"
        " WHERE id = ? AND owner = ?",
        [(row, owner) for row in rows],
    )


def release_all_but(connection: sqlite3.Connection, held: Iterable[int], owner: str) -> None:
    """Put back everything of an owner's but what is ``held``."""
    connection.execute(
        "UPDATE broker_messages SET owner = NULL WHERE owner = ?"
        " AND id NOT IN (SELECT value FROM json_each(?))",
        (owner, json.dumps(list(held))),
    )


def retry(
    connection: sqlite3.Connection, row: int, owner: str, visible_at: float, *, counted: bool
) -> None:
    """Bring a message again at ``visible_at``, one attempt more if that is ``counted``."""
    connection.execute(
        "UPDATE broker_messages SET owner = NULL, deliveries = 0, attempt = attempt + ?,"
        " visible_at = ? WHERE id = ? AND owner = ?",
        (int(counted), visible_at, row, owner),
    )


def park(
    connection: sqlite3.Connection, row: int, owner: str, letter: Message, now: datetime
) -> None:
    """Move a message to the dead queue as ``letter``, where it waits from now on."""
    connection.execute(
        "UPDATE broker_messages SET owner = NULL, deliveries = 0, attempt = 0, visible_at = ?,"
        " queue = ?, reply_to = '', headers = ? WHERE id = ? AND owner = ?",
        (now.timestamp(), letter.queue, json.dumps(dict(letter.headers)), row, owner),
    )


def depth(connection: sqlite3.Connection, queue: str, now: float) -> int:
    """Count what waits or is being handled; what is delayed is elsewhere, as on RabbitMQ."""
    found = connection.execute(
        "SELECT count(*) FROM broker_messages"
        " WHERE queue = ? AND (owner IS NOT NULL OR visible_at <= ?)",
        (queue, now),
    ).fetchone()
    return int(found[0])


def backlogs(
    connection: sqlite3.Connection, names: Iterable[str], now: float
) -> list[tuple[str, int, float | None]]:
    """Return of each queue how much is due and in nobody's hands, and since when the oldest."""
    statement = (
        "SELECT count(*), min(visible_at) FROM broker_messages"
        " WHERE queue = ? AND owner IS NULL AND visible_at <= ?"
    )
    return [(name, *connection.execute(statement, (name, now)).fetchone()) for name in names]


def add_owner(connection: sqlite3.Connection, owner: str) -> None:
    """Register a process that takes messages."""
    connection.execute("INSERT INTO broker_owners (id) VALUES (?)", (owner,))


def owners(connection: sqlite3.Connection) -> list[str]:
    """Return the processes that may have messages in hand."""
    return [row["id"] for row in connection.execute("SELECT id FROM broker_owners")]


def remove_owner(connection: sqlite3.Connection, owner: str, now: datetime) -> None:
    """Put back what an owner had in hand, and forget the owner."""
    exhausted = connection.execute(
        "SELECT * FROM broker_messages WHERE owner = ? AND deliveries > ? AND queue <> ?",
        (owner, settle.DELIVERY_LIMIT, queues.DEAD),
    ).fetchall()
    reason = Park(settle.DELIVERY_LIMIT_KIND, "given up by the broker: delivery_limit")
    for row in exhausted:
        park(connection, row["id"], owner, settle.parked(message_of(row), reason, now), now)
    connection.execute("UPDATE broker_messages SET owner = NULL WHERE owner = ?", (owner,))
    connection.execute("DELETE FROM broker_owners WHERE id = ?", (owner,))


def add_reply(
    connection: sqlite3.Connection, address: str, correlation_id: str, body: bytes, now: float
) -> None:
    """Leave a reply for another process, behind those that were left before."""
    connection.execute(
        "INSERT INTO broker_conversations (address, correlation_id, body, at) VALUES (?, ?, ?, ?)",
        (address, correlation_id, body, now),
    )


def has_reply(connection: sqlite3.Connection, address: str) -> bool:
    """Say whether a reply was left at an address."""
    found = connection.execute(
        "SELECT 1 FROM broker_conversations WHERE address = ? LIMIT 1", (address,)
    )
    return found.fetchone() is not None


def take_replies(
    connection: sqlite3.Connection, address: str, older_than: float
) -> list[tuple[str, bytes]]:
    """Take the replies at an address, as (correlation id, body), and drop what is too old."""
    found = connection.execute(
        "SELECT correlation_id, body FROM broker_conversations WHERE address = ? ORDER BY id",
        (address,),
    ).fetchall()
    connection.execute(
        "DELETE FROM broker_conversations WHERE address = ? OR at < ?", (address, older_than)
    )
    return [(row["correlation_id"], row["body"]) for row in found]


def message_of(row: sqlite3.Row) -> Message:
    """Return the message that a row keeps."""
    kept = json.loads(row["headers"])
    return Message(
        queue=row["queue"],
        type=row["type"],
        body=row["body"],
        message_id=row["message_id"],
        headers=kept,
        correlation_id=row["correlation_id"],
        reply_to=row["reply_to"],
        attempt=row["attempt"],
        redelivered=row["deliveries"] > 1,
        user=kept.get(headers.PUBLISHER, ""),
    )

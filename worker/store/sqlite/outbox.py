"""The outbox in SQLite: messages committed with an order and not yet confirmed.

Why it exists: what a commit promised to publish outlives a crash. A confirmed message is
deleted, not marked: the table stays as small as what is under way, nobody reads a sent
message again, and the timeline tells what was sent.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from worker.runtime.ports import Message
from worker.store import rows
from worker.store.sqlite.base import Part, after, micros

_DELETE: Final = "DELETE FROM outbox WHERE message_id = ?"
_CLAIM: Final = (
    "UPDATE outbox SET leased_until = ? WHERE message_id IN (SELECT message_id FROM outbox"
    " WHERE created_at <= ? AND (leased_until IS NULL OR leased_until <= ?)"
    " ORDER BY created_at LIMIT ?) RETURNING message_id, queue, type, body, headers,"
    " correlation_id, reply_to, attempt, created_at"
)


class Outbox(Part):
    """What is still to be published."""

    async def mark_sent(self, message_ids: Sequence[str]) -> None:
        """Forget these messages: the broker confirmed them."""
        if message_ids:
            await self._change_keyed(_DELETE, *((one,) for one in message_ids))

    async def claim_unsent(
        self, now: datetime, *, older_than: float, limit: int, lease: float
    ) -> list[Message]:
        """Return messages unsent after ``older_than`` seconds, claimed for ``lease``."""
        values = (after(now, lease), after(now, -older_than), micros(now), limit)

        def claim(connection: sqlite3.Connection) -> list[Message]:
            found = sorted(connection.execute(_CLAIM, values).fetchall(), key=lambda row: row[8])
            return [rows.message(row[0], row[1:8]) for row in found]

        return await self._write(claim)

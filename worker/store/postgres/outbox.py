"""The outbox in PostgreSQL: messages committed with an order and not yet confirmed.

Why it exists: what a commit promised to publish outlives a crash. A confirmed message is
deleted, not marked: the table stays as small as what is under way, nobody reads a sent
message again, and the timeline tells what was sent. That a deletion may be lost in a
crash of the server (it does not wait for the log's flush) only means that the message is
published twice, which every receiver must bear anyway.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from worker.runtime.ports import Message
from worker.store import rows
from worker.store.batcher import Batcher
from worker.store.postgres.base import Part
from worker.store.postgres.database import Database

MARK_SENT: Final = (
    "WITH soon AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))"
    " DELETE FROM outbox USING soon WHERE message_id = ANY($1)"
)
CLAIM_UNSENT: Final = (
    "WITH old AS (SELECT message_id FROM outbox WHERE created_at <= $1"
    " AND (leased_until IS NULL OR leased_until <= $2) ORDER BY created_at LIMIT $3"
    " FOR UPDATE SKIP LOCKED) UPDATE outbox o SET leased_until = $4 FROM old"
    " WHERE o.message_id = old.message_id RETURNING o.message_id, o.queue, o.type, o.body,"
    " o.headers, o.correlation_id, o.reply_to, o.attempt, o.created_at"
)


class Outbox(Part):
    """What is still to be published."""

    _marks: Batcher[Sequence[str], None]

    async def mark_sent(self, message_ids: Sequence[str]) -> None:
        """Forget these messages: the broker confirmed them."""
        if message_ids:
            await self._marks.ask(message_ids)

    async def claim_unsent(
        self, now: datetime, *, older_than: float, limit: int, lease: float
    ) -> list[Message]:
        """Return messages unsent after ``older_than`` seconds, claimed for ``lease``."""
        found = await self._all(
            CLAIM_UNSENT,
            now - timedelta(seconds=older_than),
            now,
            limit,
            now + timedelta(seconds=lease),
        )
        found.sort(key=lambda record: record[8])
        return [rows.message(record[0], record[1:8]) for record in found]


async def mark_all(database: Database, questions: list[Sequence[str]]) -> list[None]:
    """Forget the messages of many callers at once."""
    await database.fetch(MARK_SENT, [one for ids in questions for one in ids])
    return [None] * len(questions)

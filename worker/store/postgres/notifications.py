"""Notifications in PostgreSQL: how far each has come.

Why it exists: the relay reports here, people read here.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from worker.runtime.ports import NotificationResult, Turn, TurnAsked
from worker.store import rows
from worker.store.batcher import Batcher
from worker.store.postgres.base import Part
from worker.store.postgres.database import Database

RECORD: Final = """
UPDATE notifications n SET status = r.status, attempts = r.attempts, last_answer = r.answer,
    tried_at = r.at, settled_at = CASE WHEN r.status = 'pending' THEN NULL ELSE r.at END
FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::timestamptz[])
    AS r(webhook_id, status, attempts, answer, at)
WHERE n.webhook_id = r.webhook_id AND n.status <> 'delivered'
    AND (r.status = 'delivered' OR n.tried_at IS NULL OR n.tried_at <= r.at)
"""

# The rows are read as they are once they are locked, whoever changed them meanwhile.
TAKE_TURN: Final = """
WITH known AS MATERIALIZED (
    SELECT webhook_id, seq, status, tried_at FROM notifications
    WHERE order_num = $2 AND type = $3 ORDER BY webhook_id FOR UPDATE
), found AS MATERIALIZED (
    SELECT CASE WHEN bool_or(seq > $4 AND status = 'delivered') THEN 'superseded'
        WHEN bool_or(webhook_id = $1 AND status = 'delivered') THEN 'delivered'
        WHEN bool_or(status = 'sending' AND tried_at > $6) THEN 'busy'
        ELSE 'mine' END AS turn FROM known
), taken AS (
    UPDATE notifications n SET status = 'sending', tried_at = $5, settled_at = NULL
    FROM found WHERE n.webhook_id = $1 AND found.turn = 'mine'
)
SELECT turn FROM found
"""


class Notifications(Part):
    """The relay's side of a notification."""

    _results: Batcher[Sequence[NotificationResult], None]

    async def record_deliveries(self, results: Sequence[NotificationResult]) -> None:
        """Note attempts: the latest by ``at`` wins, and ``delivered`` is final."""
        if results:
            await self._results.ask(results)

    async def take_turn(self, asked: TurnAsked) -> Turn:
        """Let one notification of an order and type be sent at a time."""
        [record] = await self._all(
            TAKE_TURN,
            asked.webhook_id,
            asked.order_num,
            asked.type,
            asked.seq,
            asked.at,
            asked.at - timedelta(seconds=asked.lease),
        )
        return Turn(record[0])


async def record_all(
    database: Database, questions: list[Sequence[NotificationResult]]
) -> list[None]:
    """Note the attempts of many callers at once."""
    last: dict[str, NotificationResult] = {}
    for one in (result for results in questions for result in results):
        known = last.get(one.webhook_id)
        if known is None or _rank(one) >= _rank(known):
            last[one.webhook_id] = one
    values = [
        (one.webhook_id, one.status, one.attempts, rows.clean(one.answer), one.at)
        for _, one in sorted(last.items())
    ]
    await database.fetch(RECORD, *zip(*values, strict=True))
    return [None] * len(questions)


def _rank(result: NotificationResult) -> tuple[bool, object]:
    return (result.status == "delivered", result.at)

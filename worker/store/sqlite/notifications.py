"""Notifications in SQLite: how far each has come.

Why it exists: the relay reports here, people read here.
"""

from collections.abc import Sequence
from typing import Final

from worker.runtime.ports import NotificationResult
from worker.store import rows
from worker.store.sqlite.base import Part, micros

_RECORD: Final = (
    "UPDATE notifications SET status = ?2, attempts = ?3, last_answer = ?4, tried_at = ?5,"
    " settled_at = CASE WHEN ?2 = 'pending' THEN NULL ELSE ?5 END"
    " WHERE webhook_id = ?1 AND status <> 'delivered'"
    " AND (?2 = 'delivered' OR tried_at IS NULL OR tried_at < ?5)"
)


class Notifications(Part):
    """The relay's side of a notification."""

    async def record_deliveries(self, results: Sequence[NotificationResult]) -> None:
        """Note attempts: the latest by ``at`` wins, and ``delivered`` is final."""
        if results:
            values = [
                (one.webhook_id, one.status, one.attempts, rows.clean(one.answer), micros(one.at))
                for one in results
            ]
            await self._change(_RECORD, *values)

"""Notifications in SQLite: how far each has come.

Why it exists: the relay reports here, people read here.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from worker.runtime.ports import NotificationResult, Turn, TurnAsked
from worker.store import rows
from worker.store.sqlite.base import Part, after, micros

_RECORD: Final = (
    "UPDATE notifications SET status = ?2, attempts = ?3, last_answer = ?4, tried_at = ?5,"
    " settled_at = CASE WHEN ?2 = 'pending' THEN NULL ELSE ?5 END"
    " WHERE webhook_id = ?1 AND status <> 'delivered'"
    " AND (?2 = 'delivered' OR tried_at IS NULL OR tried_at <= ?5)"
)
_TURN: Final = (
    "SELECT CASE WHEN max(seq > ?4 AND status = 'delivered') THEN 'superseded'"
    " WHEN max(webhook_id = ?1 AND status = 'delivered') THEN 'delivered'"
    " WHEN max(status = 'sending' AND tried_at > ?5) THEN 'busy' ELSE 'mine' END"
    " FROM notifications WHERE order_num = ?2 AND type = ?3"
)
_TAKE: Final = (
    "UPDATE notifications SET status = 'sending', tried_at = ?2, settled_at = NULL"
    " WHERE webhook_id = ?1"
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
            await self._change_keyed(_RECORD, *values)

    async def take_turn(self, asked: TurnAsked) -> Turn:
        """Let one notification of an order and type be sent at a time."""
        ended = after(asked.at, -asked.lease)
        question = (asked.webhook_id, asked.order_num, asked.type, asked.seq, ended)

        def take(connection: sqlite3.Connection) -> Turn:
            turn = Turn(connection.execute(_TURN, question).fetchone()[0])
            if turn is Turn.MINE:
                connection.execute(_TAKE, (asked.webhook_id, micros(asked.at)))
            return turn

        return await self._brief(take)

"""What people ask of the PostgreSQL store.

Why it exists: lists and histories for the command line; nothing that the saga waits for.
"""

from typing import Final

from worker.runtime.ports import Figures, NotificationRow, OrderRow, TimelineEntry
from worker.store import rows
from worker.store.postgres.base import Part, same
from worker.store.postgres.statements import select
from worker.store.tables import FIGURES, NOTIFICATIONS, ORDERS

_LAST: Final = select(ORDERS, "ORDER BY updated_at DESC, order_num LIMIT $1")
_HUMAN: Final = select(
    ORDERS, "WHERE human IS NOT NULL ORDER BY updated_at DESC, order_num LIMIT $1"
)
FIND: Final = select(
    ORDERS,
    "WHERE order_num = $1 OR channel_order_num = $1 OR zzy_order_id = $1"
    " ORDER BY updated_at DESC, order_num",
)
TIMELINE: Final = (
    "SELECT at, kind, text, phase FROM order_events WHERE order_num = $1 ORDER BY version, position"
)
NOTES: Final = select(NOTIFICATIONS, "WHERE order_num = $1 ORDER BY created_at, seq, webhook_id")


class Queries(Part):
    """Questions that change nothing."""

    async def orders(self, *, human: bool = False, limit: int = 1000) -> list[OrderRow]:
        """Return orders, last changed first; with ``human`` those in front of a human."""
        found = await self._all(_HUMAN if human else _LAST, limit)
        return [rows.order(record, same) for record in found]

    async def figures(self) -> Figures:
        """Return what is waiting, counted."""
        (record,) = await self._all(FIGURES)
        return rows.figures(record, same)

    async def find_orders(self, number: str) -> list[OrderRow]:
        """Return the orders that have this number: ours, the channel's or ZZY's."""
        return [rows.order(record, same) for record in await self._all(FIND, number)]

    async def timeline(self, order_num: str) -> list[TimelineEntry]:
        """Return an order's history, oldest first."""
        return [rows.entry(record, same) for record in await self._all(TIMELINE, order_num)]

    async def notifications(self, order_num: str) -> list[NotificationRow]:
        """Return an order's notifications, oldest first."""
        found = await self._all(NOTES, order_num)
        return [rows.notification(record, same) for record in found]

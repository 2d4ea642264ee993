"""Orders with refunds (退款), and orders that failed, in PostgreSQL.

Why it exists: a page shows what is open, what ended and what failed. It must not judge.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from worker.runtime.failing import FailedOrder
from worker.runtime.ports import OrderRow
from worker.runtime.refunding import RefundTold
from worker.store import rows
from worker.store.columns import names
from worker.store.postgres.base import Part, same
from worker.store.postgres.statements import columns, select
from worker.store.tables import FAILED, NOTIFICATIONS, ORDERS, REFUNDING

_NOTES: Final = len(names(NOTIFICATIONS))
_PERHAPS: Final = select(ORDERS, f"WHERE {REFUNDING} ORDER BY updated_at DESC, order_num LIMIT $1")
TOLD: Final = (
    f"SELECT {columns(NOTIFICATIONS, 'n')}, {columns(ORDERS, 'o')}"  # noqa: S608
    " FROM notifications n JOIN orders o ON o.order_num = n.order_num"
    " WHERE n.type = 'refund' AND n.created_at >= $1 ORDER BY n.created_at DESC, n.webhook_id"
    " LIMIT $2"
)
FAILED_ORDERS: Final = (
    f"SELECT e.phase, {columns(ORDERS, 'o')}"  # noqa: S608
    " FROM order_events e JOIN orders o ON o.order_num = e.order_num"
    f" WHERE e.{FAILED} AND e.at >= $1 AND e.at < $2 AND NOT EXISTS ("
    "SELECT 1 FROM order_events b WHERE b.order_num = e.order_num AND b.phase = e.phase"
    " AND (b.version, b.position) < (e.version, e.position))"
    " ORDER BY e.at, e.order_num LIMIT $3"
)


class Refunds(Part):
    """Implements :class:`worker.runtime.refunding.RefundStore`."""

    async def perhaps_refunding(self, *, limit: int) -> Sequence[OrderRow]:
        """Return paid orders of which something is still to come, the last changed first."""
        return [rows.order(record, same) for record in await self._all(_PERHAPS, limit)]

    async def refunds_told(self, since: datetime, *, limit: int) -> Sequence[RefundTold]:
        """Return the refunds of which channels were told since then, the latest first."""
        found = await self._all(TOLD, since, limit)
        return [
            RefundTold(
                rows.notification(tuple(one)[:_NOTES], same), rows.order(tuple(one)[_NOTES:], same)
            )
            for one in found
        ]

    async def failed_orders(
        self, since: datetime, until: datetime, *, limit: int
    ) -> Sequence[FailedOrder]:
        """Return orders that were refused, or whose ticket failed, in a stretch of time."""
        found = await self._all(FAILED_ORDERS, since, until, limit)
        return [FailedOrder(one[0], rows.order(tuple(one)[1:], same)) for one in found]

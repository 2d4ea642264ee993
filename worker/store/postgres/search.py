"""Orders in PostgreSQL as people look for them.

Why it exists: lists and search for the desk, and the upkeep of the terms; nothing that the
saga waits for. It must not know what a term means.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from worker.runtime.erasable import Erasable
from worker.runtime.finding import OrderFilter
from worker.runtime.ports import OrderRow
from worker.store import rows
from worker.store.listing import listed
from worker.store.postgres.base import Part, same
from worker.store.postgres.statements import columns
from worker.store.tables import ORDERS, PERSONAL_TERM

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
SEARCHED: Final = (
    f"SELECT {columns(ORDERS, 'o')} FROM orders o WHERE o.order_num IN"  # noqa: S608
    " (SELECT s.order_num FROM order_search s WHERE s.term = ANY($1))"
    " ORDER BY o.updated_at DESC, o.order_num LIMIT $2"
)
_UNINDEXED: Final = (
    "SELECT o.order_num, o.created_at FROM orders o WHERE o.erased_at IS NULL"
    " AND (o.created_at, o.order_num) > ($2, $3) AND NOT EXISTS (SELECT FROM order_search s"
    " WHERE s.order_num = o.order_num AND left(s.term, length($1)) = $1)"
    " ORDER BY o.created_at, o.order_num LIMIT $4"
)
_REINDEX: Final = """
    WITH mine AS (
        SELECT order_num FROM orders
        WHERE order_num = $1 AND version = $2 AND erased_at IS NULL FOR SHARE
    ), gone AS (
        DELETE FROM order_search s USING mine
        WHERE s.order_num = mine.order_num AND s.term <> ALL($3::text[])
    ), made AS (
        INSERT INTO order_search (order_num, term)
        SELECT mine.order_num, unnest($3::text[]) FROM mine ON CONFLICT DO NOTHING
    )
    SELECT 1 FROM mine"""
_KEYS: Final = (
    "SELECT split_part(s.term, '.', 1) || '.', count(*) FROM order_search s"  # noqa: S608
    f" WHERE {PERSONAL_TERM} GROUP BY 1"
)


class Search(Part):
    """Implements :class:`worker.runtime.finding.SearchStore`."""

    async def list_orders(self, wanted: OrderFilter, *, limit: int) -> list[OrderRow]:
        """Return orders, the last taken first."""
        where, values = listed(wanted)
        for number in range(len(values), 0, -1):
            where = where.replace(f"?{number}", f"${number}")
        values.append(limit)
        statement = f"SELECT {columns(ORDERS)} FROM orders o {where} LIMIT ${len(values)}"  # noqa: S608
        return [rows.order(tuple(record), same) for record in await self._all(statement, *values)]

    async def searched(self, terms: Sequence[str], *, limit: int) -> list[OrderRow]:
        """Return the orders that lie under any of the terms, last changed first."""
        found = await self._all(SEARCHED, list(terms), limit)
        return [rows.order(tuple(record), same) for record in found]

    async def unindexed(
        self, head: str, *, after: Erasable | None, limit: int
    ) -> Sequence[Erasable]:
        """Return orders whose people are known and of which no term begins so, oldest first."""
        place = (after.created_at, after.order_num) if after else (_BEGINNING, "")
        return [Erasable(*record) for record in await self._all(_UNINDEXED, head, *place, limit)]

    async def reindex(self, order_num: str, version: int, terms: Sequence[str]) -> bool:
        """Let an order lie under just these terms, if it is still of this version."""
        kept = [rows.clean(term) for term in terms]
        return bool(await self._all(_REINDEX, order_num, version, kept))

    async def term_keys(self) -> Mapping[str, int]:
        """Return how many personal terms there are by what they begin with."""
        return {str(head): int(count) for head, count in await self._all(_KEYS)}

"""Orders in SQLite as people look for them.

Why it exists: lists and search for the desk, and the upkeep of the terms; nothing that the
saga waits for. It must not know what a term means.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from worker.runtime.erasable import Erasable
from worker.runtime.finding import OrderFilter
from worker.runtime.ports import OrderRow
from worker.store import rows
from worker.store.listing import listed
from worker.store.sqlite.base import Part, insert, marks, micros, moment, select
from worker.store.tables import ORDER_SEARCH, ORDERS, PERSONAL_TERM

_UNINDEXED: Final = (
    "SELECT o.order_num, o.created_at FROM orders o WHERE o.erased_at IS NULL"
    " AND (o.created_at, o.order_num) > (?2, ?3) AND NOT EXISTS (SELECT 1 FROM order_search s"
    " WHERE s.order_num = o.order_num AND substr(s.term, 1, length(?1)) = ?1)"
    " ORDER BY o.created_at, o.order_num LIMIT ?4"
)
_MINE: Final = "SELECT 1 FROM orders WHERE order_num = ? AND version = ? AND erased_at IS NULL"
_GONE: Final = "DELETE FROM order_search WHERE order_num = ?"
_MADE: Final = insert(ORDER_SEARCH) + " ON CONFLICT (order_num, term) DO NOTHING"
_KEYS: Final = (
    "SELECT substr(s.term, 1, instr(s.term, '.')), count(*) FROM order_search s"  # noqa: S608
    f" WHERE {PERSONAL_TERM} GROUP BY 1"
)


class Search(Part):
    """Implements :class:`worker.runtime.finding.SearchStore`."""

    async def list_orders(self, wanted: OrderFilter, *, limit: int) -> list[OrderRow]:
        """Return orders, the last taken first."""
        where, given = listed(wanted)
        values = [micros(value) if isinstance(value, datetime) else value for value in given]
        query = select(ORDERS, f"AS o {where} LIMIT ?{len(values) + 1}")
        return [rows.order(record, moment) for record in await self._all(query, *values, limit)]

    async def searched(self, terms: Sequence[str], *, limit: int) -> list[OrderRow]:
        """Return the orders that lie under any of the terms, last changed first."""
        query = select(
            ORDERS,
            "WHERE order_num IN (SELECT order_num FROM order_search"  # noqa: S608
            f" WHERE term IN ({marks(terms)})) ORDER BY updated_at DESC, order_num LIMIT ?",
        )
        return [rows.order(record, moment) for record in await self._all(query, *terms, limit)]

    async def unindexed(
        self, head: str, *, after: Erasable | None, limit: int
    ) -> Sequence[Erasable]:
        """Return orders whose people are known and of which no term begins so, oldest first."""
        place = (micros(after.created_at), after.order_num) if after else (-(2**62), "")
        found = await self._all(_UNINDEXED, head, *place, limit)
        return [Erasable(num, at) for num, made in found if (at := moment(made))]

    async def reindex(self, order_num: str, version: int, terms: Sequence[str]) -> bool:
        """Let an order lie under just these terms, if it is still of this version."""

        def change(connection: sqlite3.Connection) -> bool:
            if connection.execute(_MINE, (order_num, version)).fetchone() is None:
                return False
            connection.execute(_GONE, (order_num,))
            connection.executemany(_MADE, [(order_num, rows.clean(term)) for term in terms])
            return True

        return await self._write(change)

    async def term_keys(self) -> Mapping[str, int]:
        """Return how many personal terms there are by what they begin with."""
        return {str(head): int(count) for head, count in await self._all(_KEYS)}

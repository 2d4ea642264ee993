"""Orders in PostgreSQL: load, commit a transition, claim due timers.

Why it exists: the hot path, grouped: loads and commits that are asked at the same time
travel together. It must not judge an order.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from asyncpg import Record

from worker.runtime.ports import Committed, Loaded, OrderRow, Transition
from worker.store import rows
from worker.store.batcher import Batcher
from worker.store.postgres.base import Part, same
from worker.store.postgres.database import Database
from worker.store.postgres.statements import columns
from worker.store.tables import ORDERS

Question = tuple[str, Sequence[str]]
"""An order's number and inbox ids."""

_LOAD: Final = (
    f"SELECT {columns(ORDERS)} FROM orders WHERE {{}} = ANY($1)"  # noqa: S608
    " UNION ALL SELECT id, NULL, digest, '', NULL, '', NULL, NULL, ''::bytea, NULL, NULL, NULL"
    " FROM inbox WHERE id = ANY($2)"
)
LOAD: Final = _LOAD.format("order_num")
LOAD_BY_ZZY: Final = _LOAD.format("zzy_order_id")
CLAIM_DUE: Final = (
    "WITH due AS (SELECT order_num FROM orders WHERE wake_at <= $1 ORDER BY wake_at LIMIT $2"
    " FOR UPDATE SKIP LOCKED) UPDATE orders o SET wake_at = $3 FROM due"
    " WHERE o.order_num = due.order_num RETURNING o.order_num"
)


class Orders(Part):
    """The order row and what is written with it."""

    _loads: Batcher[Question, Loaded]
    _commits: Batcher[Transition, Committed]
    _moves: Batcher[Transition, Committed]

    async def load(self, order_num: str, inbox_ids: Sequence[str] = ()) -> Loaded:
        """Return the order, and those of the ids that are in the inbox: one round trip.

        A commit of the order that is on its way is waited for: who decides on what it
        replaces loses the compare-and-swap, and does all of it again.
        """
        await self._commits.answered(order_num)
        return await self._loads.ask((order_num, inbox_ids))

    async def load_by_zzy_order_id(
        self, zzy_order_id: str, inbox_ids: Sequence[str] = ()
    ) -> Loaded:
        """As :meth:`load`, by ZZY's number of the order."""
        found = await self._all(LOAD_BY_ZZY, [zzy_order_id], list(inbox_ids))
        orders, seen = _sorted(found)
        first = min(orders, key=lambda row: row.created_at, default=None)
        return Loaded(first, seen)

    async def commit(self, transition: Transition) -> Committed:
        """Write a transition durably: one commit, compare-and-swap on the version."""
        batcher = self._moves if transition.movements else self._commits
        return await batcher.ask(transition)

    async def claim_due(self, now: datetime, *, limit: int, lease: float) -> list[str]:
        """Return orders whose timer is due and push their timers ``lease`` seconds away."""
        later = now + timedelta(seconds=lease)
        return [record[0] for record in await self._all(CLAIM_DUE, now, limit, later)]


async def load_all(database: Database, questions: list[Question]) -> list[Loaded]:
    """Load many orders at once."""
    found = await database.fetch(
        LOAD, [num for num, _ in questions], [one for _, ids in questions for one in ids]
    )
    orders, seen = _sorted(found)
    by_num = {row.order_num: row for row in orders}
    return [
        Loaded(by_num.get(num), {one: seen[one] for one in ids if one in seen})
        for num, ids in questions
    ]


def _sorted(found: Sequence[Record]) -> tuple[list[OrderRow], dict[str, str]]:
    """Tell the orders from the inbox ids, which have no version."""
    orders = [rows.order(tuple(record), same) for record in found if record[1] is not None]
    return orders, {str(record[0]): str(record[2]) for record in found if record[1] is None}

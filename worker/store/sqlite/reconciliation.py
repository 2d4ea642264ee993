"""Reconciliations (对账) in SQLite.

Why it exists: a day is compared beside the orders that go on. It must not compare.
"""

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from worker.reconciliation.facts import Difference
from worker.runtime.ports import DeadLetter, OrderRow
from worker.runtime.reconcilable import Belongings, Kept, Reached, Run, Span
from worker.store import account_rows, rows
from worker.store import reconciliation_rows as own
from worker.store.reconciliation_tables import RECONCILIATION_DIFFERENCES, RECONCILIATIONS
from worker.store.sqlite.base import Part, after, insert, marks, micros, moment, select
from worker.store.tables import (
    ACCOUNT_ENTRIES,
    DEAD_LETTERS,
    HELD_NOTICES,
    NOTIFICATIONS,
    ORDERS,
)

_ORDERS: Final = select(
    ORDERS,
    f"WHERE {own.ORDERS_OF.format('?1', '?2')} AND (created_at, order_num) > (?3, ?4)"
    " ORDER BY created_at, order_num LIMIT ?5",
)
_UNHEARD: Final = select(
    DEAD_LETTERS,
    f"WHERE {own.LETTERS_OF} AND first_failed_at >= ? AND first_failed_at < ?"
    " ORDER BY first_failed_at, id LIMIT ?",
)
_CLAIM: Final = (
    insert(RECONCILIATIONS).replace(" reconciliations ", " reconciliations AS r ")
    + own.claim_clause()
    + " WHERE (r.state = 'running' AND r.leased_until <= ?) OR (r.state = 'done' AND ?)"
)
_FORGET: Final = (
    "DELETE FROM reconciliation_differences WHERE day = ?1 AND EXISTS"
    " (SELECT 1 FROM reconciliations WHERE day = ?1 AND after_at IS NULL)"
)
_KEEP: Final = (
    "UPDATE reconciliations SET state = ?, finished_at = ?, after_at = ?, after_num = ?,"
    " orders = ?, asked = ?, unanswered = ?, found = ?, leased_until = ?"
    " WHERE day = ? AND token = ? AND state = 'running'"
)
_ADD: Final = insert(RECONCILIATION_DIFFERENCES).replace("INSERT", "INSERT OR REPLACE")
_RUN: Final = f"SELECT {', '.join(own.RUN_COLUMNS)} FROM reconciliations "  # noqa: S608
_FOUND: Final = select(RECONCILIATION_DIFFERENCES, "WHERE day = ? ORDER BY kind, order_num")


class Reconciliations(Part):
    """Implements :class:`worker.runtime.reconcilable.ReconciliationStore`."""

    async def orders_of(
        self, span: Span, *, after: Reached | None, limit: int
    ) -> Sequence[OrderRow]:
        """Return a day's orders whose people are known, oldest first."""
        place = (micros(after.created_at), after.order_num) if after else (-(2**62), "")
        found = await self._all(_ORDERS, micros(span.since), micros(span.until), *place, limit)
        return [rows.order(record, moment) for record in found]

    async def belongings(self, orders: Sequence[OrderRow]) -> Belongings:
        """Return what belongs to these orders."""
        nums = [row.order_num for row in orders]
        zzy = [row.zzy_order_id for row in orders if row.zzy_order_id]
        ours = f"WHERE order_num IN ({marks(nums)})"

        def read(connection: sqlite3.Connection) -> Belongings:
            told = connection.execute(select(NOTIFICATIONS, f"{ours} ORDER BY seq"), nums)
            booked = connection.execute(select(ACCOUNT_ENTRIES, f"{ours} ORDER BY seq"), nums)
            dead = connection.execute(
                select(DEAD_LETTERS, f"{ours} AND state = 'open' ORDER BY last_failed_at, id"), nums
            )
            held = connection.execute(
                select(HELD_NOTICES, f"{ours} OR zzy_order_id IN ({marks(zzy)})"), [*nums, *zzy]
            )
            return Belongings(
                [rows.notification(record, moment) for record in told],
                [account_rows.entry(record, moment, account_rows.yuan) for record in booked],
                [rows.dead_letter(record, moment) for record in dead],
                [rows.held(record, moment) for record in held],
            )

        return await self._read(read)

    async def letters_without_order(self, span: Span, *, limit: int) -> Sequence[DeadLetter]:
        """Return open dead letters of a day that are notices of orders never heard of."""
        found = await self._all(_UNHEARD, micros(span.since), micros(span.until), limit)
        return [rows.dead_letter(record, moment) for record in found]

    async def claim_reconciliation(
        self, day: date, token: str, now: datetime, *, lease: float, again: bool = False
    ) -> Run | None:
        """Take a day up under a token, for ``lease`` seconds."""
        name, until = day.isoformat(), after(now, lease)
        begun = (name, "running", token, until, micros(now), None, None, "", 0, 0, 0, 0)

        def claim(connection: sqlite3.Connection) -> Run | None:
            if not connection.execute(_CLAIM, (*begun, micros(now), again)).rowcount:
                return None
            connection.execute(_FORGET, (name,))
            record = connection.execute(_RUN + "WHERE day = ?", (name,)).fetchone()
            return own.run(record, moment)

        return await self._write(claim)

    async def keep_reconciled(self, token: str, kept: Kept) -> bool:
        """Write a portion and how far the run is; False: somebody else has taken it over."""
        *values, day = own.run_values(kept.run, micros)
        added = [
            own.difference_values(one, account_rows.ten_thousandths) for one in kept.differences
        ]

        def keep(connection: sqlite3.Connection) -> bool:
            changed = connection.execute(_KEEP, (*values, micros(kept.leased_until), day, token))
            if changed.rowcount != 1:
                return False
            connection.executemany(_ADD, added)
            return True

        return await self._write(keep)

    async def reconciliations(self, *, limit: int = 31) -> Sequence[Run]:
        """Return the runs, the latest day first."""
        found = await self._all(_RUN + "ORDER BY day DESC LIMIT ?", limit)
        return [own.run(record, moment) for record in found]

    async def differences(self, day: date) -> Sequence[Difference]:
        """Return what the last run of a day found, by kind and order."""
        found = await self._all(_FOUND, day.isoformat())
        return [own.difference(record, account_rows.yuan) for record in found]

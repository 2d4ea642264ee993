"""Reconciliations (对账) in PostgreSQL.

Why it exists: a day is compared beside the orders that go on, by one worker of several. It
must not compare.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from worker.reconciliation.facts import Difference
from worker.runtime.ports import DeadLetter, OrderRow
from worker.runtime.reconcilable import Belongings, Kept, Reached, Run, Span
from worker.store import account_rows, rows
from worker.store import reconciliation_rows as own
from worker.store.columns import names
from worker.store.postgres.base import Part, same
from worker.store.postgres.statements import columns, insert, select
from worker.store.reconciliation_tables import RECONCILIATION_DIFFERENCES, RECONCILIATIONS
from worker.store.tables import (
    ACCOUNT_ENTRIES,
    DEAD_LETTERS,
    HELD_NOTICES,
    NOTIFICATIONS,
    ORDERS,
)

_BEGINNING: Final = datetime(1, 1, 2, tzinfo=UTC)
_OURS: Final = "WHERE order_num = ANY($1)"
ORDERS_OF_A_DAY: Final = select(
    ORDERS,
    f"WHERE {own.ORDERS_OF.format('$1', '$2')} AND (created_at, order_num) > ($3, $4)"
    " ORDER BY created_at, order_num LIMIT $5",
)
_TOLD: Final = select(NOTIFICATIONS, f"{_OURS} ORDER BY seq")
_BOOKED: Final = select(ACCOUNT_ENTRIES, f"{_OURS} ORDER BY seq")
_DEAD: Final = select(DEAD_LETTERS, f"{_OURS} AND state = 'open' ORDER BY last_failed_at, id")
_HELD: Final = select(HELD_NOTICES, f"{_OURS} OR zzy_order_id = ANY($2)")
_UNHEARD: Final = select(
    DEAD_LETTERS,
    f"WHERE {own.LETTERS_OF} AND first_failed_at >= $1 AND first_failed_at < $2"
    " ORDER BY first_failed_at, id LIMIT $3",
)
_RUN: Final = ", ".join(own.RUN_COLUMNS)
# What was found before goes where the run stands at its beginning.
_CLAIM: Final = f"""
WITH claimed AS ({insert(RECONCILIATIONS).replace(" reconciliations ", " reconciliations AS r ")}{
    own.claim_clause()
}
    WHERE (r.state = 'running' AND r.leased_until <= $13) OR (r.state = 'done' AND $14)
    RETURNING {", ".join(f"r.{name}" for name in own.RUN_COLUMNS)}
), gone AS (
    DELETE FROM reconciliation_differences d USING claimed c
    WHERE d.day = c.day AND c.after_at IS NULL
)
SELECT {_RUN} FROM claimed
"""  # noqa: S608
_FIELDS: Final = ", ".join(names(RECONCILIATION_DIFFERENCES))
_KEEP: Final = f"""
WITH kept AS (
    UPDATE reconciliations SET state = $1, finished_at = $2, after_at = $3, after_num = $4,
        orders = $5, asked = $6, unanswered = $7, found = $8, leased_until = $10
    WHERE day = $9 AND token = $11 AND state = 'running' RETURNING day
), added AS (
    INSERT INTO reconciliation_differences ({columns(RECONCILIATION_DIFFERENCES)})
    SELECT r.* FROM kept, unnest($12::text[], $13::text[], $14::text[], $15::text[], $16::text[],
        $17::text[], $18::numeric[], $19::text[], $20::text[]) AS r({_FIELDS})
    ON CONFLICT (day, order_num, kind) DO UPDATE SET money = excluded.money,
        detail = excluded.detail, letter_id = excluded.letter_id
)
SELECT day FROM kept
"""  # noqa: S608
_FOUND: Final = select(
    RECONCILIATION_DIFFERENCES, 'WHERE day = $1 ORDER BY kind COLLATE "C", order_num COLLATE "C"'
)
_LAST: Final = f"SELECT {_RUN} FROM reconciliations ORDER BY day DESC LIMIT $1"  # noqa: S608


class Reconciliations(Part):
    """Implements :class:`worker.runtime.reconcilable.ReconciliationStore`."""

    async def orders_of(
        self, span: Span, *, after: Reached | None, limit: int
    ) -> Sequence[OrderRow]:
        """Return a day's orders whose people are known, oldest first."""
        place = (after.created_at, after.order_num) if after else (_BEGINNING, "")
        found = await self._all(ORDERS_OF_A_DAY, span.since, span.until, *place, limit)
        return [rows.order(record, same) for record in found]

    async def belongings(self, orders: Sequence[OrderRow]) -> Belongings:
        """Return what belongs to these orders."""
        nums = [row.order_num for row in orders]
        zzy = [row.zzy_order_id for row in orders if row.zzy_order_id]
        return Belongings(
            [rows.notification(one, same) for one in await self._all(_TOLD, nums)],
            [account_rows.entry(one, same, _same) for one in await self._all(_BOOKED, nums)],
            [rows.dead_letter(one, same) for one in await self._all(_DEAD, nums)],
            [rows.held(one, same) for one in await self._all(_HELD, nums, zzy)],
        )

    async def letters_without_order(self, span: Span, *, limit: int) -> Sequence[DeadLetter]:
        """Return open dead letters of a day that are notices of orders never heard of."""
        found = await self._all(_UNHEARD, span.since, span.until, limit)
        return [rows.dead_letter(record, same) for record in found]

    async def claim_reconciliation(
        self, day: date, token: str, now: datetime, *, lease: float, again: bool = False
    ) -> Run | None:
        """Take a day up under a token, for ``lease`` seconds."""
        until = now + timedelta(seconds=lease)
        begun = (day.isoformat(), "running", token, until, now, None, None, "", 0, 0, 0, 0)
        found = await self._all(_CLAIM, *begun, now, again)
        return own.run(found[0], same) if found else None

    async def keep_reconciled(self, token: str, kept: Kept) -> bool:
        """Write a portion and how far the run is; False: somebody else has taken it over."""
        added = [own.difference_values(one, _same) for one in kept.differences]
        fields = list(zip(*added, strict=True)) or [()] * len(names(RECONCILIATION_DIFFERENCES))
        values = (*own.run_values(kept.run, same), kept.leased_until, token)
        return bool(await self._all(_KEEP, *values, *fields))

    async def reconciliations(self, *, limit: int = 31) -> Sequence[Run]:
        """Return the runs, the latest day first."""
        return [own.run(record, same) for record in await self._all(_LAST, limit)]

    async def differences(self, day: date) -> Sequence[Difference]:
        """Return what the last run of a day found, by kind and order."""
        found = await self._all(_FOUND, day.isoformat())
        return [own.difference(record, _same) for record in found]


def _same(amount: Decimal) -> Decimal:
    return amount

"""Accounts in PostgreSQL: what people ask and book.

Why it exists: top-ups, corrections and statements; what orders move is in movements.py.
It must not change an entry that is there.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from worker.errors import StoreRefusedError
from worker.runtime.ports import Account, AccountEntry, Booked, Booking
from worker.store import account_rows
from worker.store.postgres.base import Part, same
from worker.store.postgres.statements import columns, select
from worker.store.tables import ACCOUNT_ENTRIES, ACCOUNTS

_ALL: Final = select(ACCOUNTS, "ORDER BY app_key")
_ONE: Final = select(ACCOUNTS, "WHERE app_key = $1")
_ENTRY: Final = select(ACCOUNT_ENTRIES, "WHERE id = $1")
_ENTRIES: Final = select(
    ACCOUNT_ENTRIES,
    "WHERE app_key = $1 AND ($2::timestamptz IS NULL OR at >= $2)"
    " AND ($3::timestamptz IS NULL OR at < $3) ORDER BY seq DESC LIMIT $4",
)
_OPEN: Final = "INSERT INTO accounts VALUES ($1, 0, 0, 0, $2) ON CONFLICT DO NOTHING"
_BOOK: Final = f"""
    WITH money AS (
        UPDATE accounts a SET balance = a.balance + $3::numeric, entries = a.entries + 1,
            updated_at = greatest(a.updated_at, $6::timestamptz)
        WHERE a.app_key = $4 AND a.balance + $3::numeric >= a.held
        RETURNING a.*
    )
    INSERT INTO account_entries ({columns(ACCOUNT_ENTRIES)})
    SELECT app_key, entries, $1, $2, $3::numeric, balance, held, '', $5, $7, updated_at FROM money
    RETURNING {columns(ACCOUNT_ENTRIES)}"""  # noqa: S608


class Accounts(Part):
    """The prepaid accounts of channels."""

    async def accounts(self) -> list[Account]:
        """Return every account, by app_key."""
        return [account_rows.account(record, same, _same) for record in await self._all(_ALL)]

    async def account(self, app_key: str) -> Account | None:
        """Return a channel's account; None before its first entry."""
        found = await self._all(_ONE, app_key)
        return account_rows.account(found[0], same, _same) if found else None

    async def book(self, booking: Booking) -> Booked:
        """Book an entry, once: the same id again changes nothing."""
        known = await self._entry(booking.id)
        if known is not None:
            return Booked(known, repeated=True)
        await self._all(_OPEN, booking.app_key, booking.at)
        number, kind, note, by = account_rows.booking_texts(booking)
        values = (number, kind, booking.amount, booking.app_key, note, booking.at, by)
        try:
            found = await self._all(_BOOK, *values)
        except StoreRefusedError:
            known = await self._entry(booking.id)
            if known is None:
                raise
            return Booked(known, repeated=True)
        return Booked(_entry(found[0]) if found else None)

    async def account_entries(
        self,
        app_key: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 1_000_000,
    ) -> Sequence[AccountEntry]:
        """Return an account's entries from ``since`` to before ``until``, oldest first."""
        found = await self._all(_ENTRIES, app_key, since, until, limit)
        return [_entry(record) for record in reversed(found)]

    async def _entry(self, number: str) -> AccountEntry | None:
        found = await self._all(_ENTRY, number)
        return _entry(found[0]) if found else None


def _entry(record: Sequence[object]) -> AccountEntry:
    return account_rows.entry(tuple(record), same, _same)


def _same(amount: object) -> object:
    return amount

"""Accounts in SQLite: what orders move, and what people ask and book.

Why it exists: the file has one writer at a time, so a balance that was read in a job is
true until the job's end. It must not change an entry that is there.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from worker.runtime.ports import Account, AccountEntry, Booked, Booking, Transition
from worker.store import account_rows
from worker.store.account_rows import ten_thousandths, yuan
from worker.store.sqlite.base import Part, insert, micros, moment, select
from worker.store.tables import ACCOUNT_ENTRIES, ACCOUNTS

_ALL: Final = select(ACCOUNTS, "ORDER BY app_key")
_ONE: Final = select(ACCOUNTS, "WHERE app_key = ?")
_ENTRY: Final = select(ACCOUNT_ENTRIES, "WHERE id = ?")
_ENTRIES: Final = select(
    ACCOUNT_ENTRIES, "WHERE app_key = ? AND at >= ? AND at < ? ORDER BY seq DESC LIMIT ?"
)
_KEEP: Final = (
    insert(ACCOUNTS) + " ON CONFLICT (app_key) DO UPDATE SET balance = excluded.balance,"
    " held = excluded.held, entries = excluded.entries, updated_at = excluded.updated_at"
)
_ADD: Final = insert(ACCOUNT_ENTRIES)
_LAST: Final = 2**63 - 1


class Accounts(Part):
    """The prepaid accounts of channels."""

    async def accounts(self) -> list[Account]:
        """Return every account, by app_key."""
        return [account_rows.account(record, moment, yuan) for record in await self._all(_ALL)]

    async def account(self, app_key: str) -> Account | None:
        """Return a channel's account; None before its first entry."""
        found = await self._all(_ONE, app_key)
        return account_rows.account(found[0], moment, yuan) if found else None

    async def book(self, booking: Booking) -> Booked:
        """Book an entry, once: the same id again changes nothing."""
        return await self._write(lambda connection: _book(connection, booking))

    async def account_entries(
        self,
        app_key: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 1_000_000,
    ) -> Sequence[AccountEntry]:
        """Return an account's entries from ``since`` to before ``until``, oldest first."""
        first, last = micros(since) or 0, _LAST if until is None else micros(until)
        found = await self._all(_ENTRIES, app_key, first, last, limit)
        return [account_rows.entry(record, moment, yuan) for record in reversed(found)]


def can_bear(connection: sqlite3.Connection, transition: Transition) -> bool:
    """Tell whether the account has what the transition takes."""
    record = connection.execute(_ONE, (transition.row.app_key,)).fetchone()
    if record is None:
        return False
    _, balance, held, *_ = record
    needed = ten_thousandths(account_rows.needed(transition.movements))
    return bool(balance - held >= needed)


def move(connection: sqlite3.Connection, transition: Transition) -> Account:
    """Move the account as the transition says; it can bear that."""
    row = transition.row
    record = connection.execute(_ONE, (row.app_key,)).fetchone()
    account = list(record)
    account[4] = max(account[4], micros(row.updated_at))
    for movement in transition.movements:
        account[1] += ten_thousandths(movement.on_balance)
        account[2] += ten_thousandths(movement.on_held)
        account[3] += 1
        texts = (movement.key, str(movement.kind), row.order_num, "", "")
        _add(connection, account, movement.amount, *texts)
    connection.execute(_KEEP, account)
    return account_rows.account(account, moment, yuan)


def _book(connection: sqlite3.Connection, booking: Booking) -> Booked:
    known = connection.execute(_ENTRY, (booking.id,)).fetchone()
    if known is not None:
        return Booked(account_rows.entry(known, moment, yuan), repeated=True)
    at = micros(booking.at)
    record = connection.execute(_ONE, (booking.app_key,)).fetchone()
    account: list[Any] = list(record or (booking.app_key, 0, 0, 0, at))
    account[1] += ten_thousandths(booking.amount)
    account[3] += 1
    account[4] = max(account[4], at)
    if account[1] < account[2]:
        return Booked(None)
    number, kind, note, by = account_rows.booking_texts(booking)
    _add(connection, account, booking.amount, number, kind, "", note, by)
    connection.execute(_KEEP, account)
    made = connection.execute(_ENTRY, (booking.id,)).fetchone()
    return Booked(account_rows.entry(made, moment, yuan))


def _add(  # noqa: PLR0913, PLR0917  (an entry's columns)
    connection: sqlite3.Connection,
    account: Sequence[Any],
    amount: Any,  # noqa: ANN401
    number: str,
    kind: str,
    order_num: str,
    note: str,
    by: str,
) -> None:
    app_key, balance, held, seq, at = account
    money = (ten_thousandths(amount), balance, held)
    connection.execute(_ADD, (app_key, seq, number, kind, *money, order_num, note, by, at))

"""Between accounts and their rows, the same for both databases.

Why it exists: what a column holds is written once. It must not run a query. ``t`` turns
a moment, ``m`` an amount of money, into what the database keeps, and back.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import accumulate
from typing import Any, Final

from worker.runtime.ports import Account, AccountEntry, Booking, Movement
from worker.store.rows import Row, Time, clean

Money = Callable[[Any], Any]

SMALLEST: Final = Decimal("0.0001")
"""The finest amount that an account keeps, in yuan."""


def ten_thousandths(amount: Decimal) -> int:
    """Return an amount as SQLite keeps it. Raises ValueError for a finer one."""
    whole = amount / SMALLEST
    if whole != whole.to_integral_value():
        raise ValueError("an amount finer than 0.0001 yuan")
    return int(whole)


def yuan(value: int) -> Decimal:
    """Return the amount of a column's value in SQLite."""
    return value * SMALLEST


def account(record: Row, t: Time, m: Money) -> Account:
    """Read a row of ``accounts``."""
    app_key, balance, held, entries, updated_at = record
    return Account(app_key, m(balance), m(held), entries, t(updated_at))


def entry(record: Row, t: Time, m: Money) -> AccountEntry:
    """Read a row of ``account_entries``."""
    values: list[Any] = list(record)
    values[4:7] = map(m, values[4:7])
    values[10] = t(values[10])
    return AccountEntry(*values)


def booking_texts(booking: Booking) -> tuple[str, str, str, str]:
    """Return a booking's ``id, kind, note, by``."""
    return booking.id, booking.kind, clean(booking.note), clean(booking.by)


def on_balance(movements: Sequence[Movement]) -> list[Decimal]:
    """Return what the movements up to each one add to the balance."""
    return list(accumulate(movement.on_balance for movement in movements))


def on_held(movements: Sequence[Movement]) -> list[Decimal]:
    """Return what the movements up to each one add to what is held."""
    return list(accumulate(movement.on_held for movement in movements))


def needed(movements: Sequence[Movement]) -> Decimal:
    """Return what must be available for the movements."""
    taken = sum((one.on_held - one.on_balance for one in movements), Decimal(0))
    return max(taken, Decimal(0))

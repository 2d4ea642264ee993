"""``accounts list|show|top-up|adjust|statement``.

Why it exists: an operator tops a channel's account up, corrects it by a new entry, and
hands out the month's statement (对账单). It must not change an entry that is there.
"""

import asyncio
import csv
import sys
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from worker.adapters import opened_store
from worker.commands.tables import print_json_lines, print_table
from worker.errors import SettingsError
from worker.runtime.ports import Account, AccountEntry, Booking, Store
from worker.settings import Settings
from worker.translation.admission import SHANGHAI

_CENTS: Final = Decimal("0.01")
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS: Final = ("app_key", "balance", "held", "available", "low_balance", "updated")
_AT_ONCE: Final = 100
"""How many orders are looked up at a time for a statement."""
_LINE: Final = (
    "number",
    "at",
    "kind",
    "amount",
    "balance",
    "held",
    "available",
    "order_num",
    "note",
    "by",
)


async def list_accounts(settings: Settings, *, as_json: bool) -> None:
    """Print every account, and the prepaid channels that have none yet."""
    async with opened_store(settings) as store:
        known = {account.app_key: account for account in await store.accounts()}
    prepaid = [one.app_key for one in settings.channels if one.account == "prepaid"]
    listed = [_listed(settings, key, known.get(key)) for key in sorted({*known, *prepaid})]
    if as_json:
        print_json_lines([{"id": one["app_key"], **one} for one in listed])
    else:
        print_table(_COLUMNS, [tuple(one.values()) for one in listed])


async def show_account(settings: Settings, app_key: str, *, limit: int, as_json: bool) -> bool:
    """Print an account and its last entries; return False when there is none."""
    async with opened_store(settings) as store:
        account = await store.account(app_key)
        entries = await store.account_entries(app_key, limit=limit)
    if account is None:
        sys.stderr.write(f"the channel {app_key} has no account: nothing was booked yet\n")
        return False
    listed = _listed(settings, app_key, account)
    if as_json:
        print_json_lines([{"id": app_key, **listed, "entries": [_line(one) for one in entries]}])
        return True
    print_table(("field", "value"), list(listed.items()))
    print_table(_LINE, [tuple(_line(one).values()) for one in entries])
    return True


async def book_entry(
    settings: Settings, booking: Booking, *, reference: str, as_json: bool
) -> bool:
    """Book an entry once and print it; return False when it cannot be booked.

    The same reference again prints what was booked the first time.
    """
    _must_know(settings, booking.app_key)
    async with opened_store(settings) as store:
        booked = await store.book(booking)
    entry = booked.entry
    if entry is None:
        sys.stderr.write("not booked: less than nothing would be available\n")
        return False
    if booked.repeated:
        if entry.amount != booking.amount:
            told = f"{reference} was booked with {_yuan(entry.amount)}; nothing was booked now"
            sys.stderr.write(told + "\n")
            return False
        sys.stderr.write(f"{reference} was booked before; nothing was booked now\n")
    _print_entry(entry, as_json=as_json)
    return True


async def print_statement(settings: Settings, app_key: str, month: date) -> bool:
    """Print a month as CSV; return False for a channel without an account."""
    since, until = _bounds(month)
    async with opened_store(settings) as store:
        opening = await _last_before(store, app_key, since)
        entries = await store.account_entries(app_key, since=since, until=until)
        known = await store.account(app_key) is not None
        theirs = await _channel_numbers(store, entries)
    if not known:
        sys.stderr.write(f"the channel {app_key} has no account: nothing was booked yet\n")
        return False
    closing = entries[-1] if entries else opening
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow((*_LINE, "channel_order_num"))
    writer.writerow(_total("opening", since, opening))
    for entry in entries:
        line = (*_line(entry).values(), theirs.get(entry.order_num, ""))
        writer.writerow([_cell(value) for value in line])
    writer.writerow(_total("closing", until, closing))
    return True


def _cell(text: str) -> str:
    """Return text that a spreadsheet reads as text or as a number, never as a formula."""
    if not text.startswith(_FORMULAS) or _is_number(text):
        return text
    return f"'{text}"


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdecimal()


async def _channel_numbers(store: Store, entries: Sequence[AccountEntry]) -> dict[str, str]:
    """Return the channel's own number of each order that the entries name."""
    nums = list(dict.fromkeys(entry.order_num for entry in entries if entry.order_num))
    found: dict[str, str] = {}
    for first in range(0, len(nums), _AT_ONCE):
        loads = (store.load(num) for num in nums[first : first + _AT_ONCE])
        rows = [loaded.row for loaded in await asyncio.gather(*loads)]
        found |= {row.order_num: row.channel_order_num for row in rows if row is not None}
    return found


def _must_know(settings: Settings, app_key: str) -> None:
    if app_key not in {channel.app_key for channel in settings.channels}:
        raise SettingsError(f"no channel of the configuration has the app_key {app_key}")


def _bounds(month: date) -> tuple[datetime, datetime]:
    """Return a month's beginning and end in Asia/Shanghai."""
    first = month.replace(day=1)
    next_first = (first + timedelta(days=31)).replace(day=1)
    since, until = (datetime(d.year, d.month, 1, tzinfo=SHANGHAI) for d in (first, next_first))
    return since, until


async def _last_before(store: Store, app_key: str, moment: datetime) -> AccountEntry | None:
    found = await store.account_entries(app_key, until=moment, limit=1)
    return found[-1] if found else None


def _total(kind: str, at: datetime, entry: AccountEntry | None) -> Sequence[str]:
    balance = entry.balance_after if entry else Decimal(0)
    held = entry.held_after if entry else Decimal(0)
    money = (_yuan(balance), _yuan(held), _yuan(balance - held))
    return ("", _time(at), kind, "", *money, "", "", "", "")


def _line(entry: AccountEntry) -> dict[str, str]:
    values = (
        str(entry.seq),
        _time(entry.at),
        entry.kind,
        _yuan(entry.amount),
        _yuan(entry.balance_after),
        _yuan(entry.held_after),
        _yuan(entry.balance_after - entry.held_after),
        entry.order_num,
        entry.note,
        entry.by,
    )
    return dict(zip(_LINE, values, strict=True))


def _listed(settings: Settings, app_key: str, account: Account | None) -> dict[str, str]:
    lines = {channel.app_key: channel.low_balance for channel in settings.channels}
    line = lines.get(app_key)
    nothing = Decimal(0)
    values = (
        app_key,
        _yuan(account.balance if account else nothing),
        _yuan(account.held if account else nothing),
        _yuan(account.available if account else nothing),
        "" if line is None else _yuan(line),
        _time(account.updated_at) if account else "",
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _print_entry(entry: AccountEntry, *, as_json: bool) -> None:
    line = _line(entry)
    if as_json:
        print_json_lines([{"id": entry.id, "app_key": entry.app_key, **line}])
    else:
        print_table(_LINE, [tuple(line.values())])


def _yuan(amount: Decimal) -> str:
    """Return an amount with two decimal places, and with four where it needs them."""
    short = amount.quantize(_CENTS)
    return str(short) if short == amount else f"{amount:.4f}"


def _time(at: datetime) -> str:
    return at.astimezone(SHANGHAI).isoformat(" ", "seconds")

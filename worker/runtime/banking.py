"""The port to the channels' prepaid accounts (预存账户).

Why it exists: orders move an account inside their own commit (:class:`Transition`);
everything else about accounts is asked here. An account is a balance, what is held of
it, and entries that are only ever added to. It must not import an adapter.
Source: docs/decisions/0008-accounts.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol

TOP_UP: Final = "top_up"
"""充值: money came in; booked by a person."""
ADJUST: Final = "adjust"
"""调整: a correction; booked by a person, never by a changed entry."""


@dataclass(frozen=True, slots=True)
class Account:
    """A channel's account at one moment. ``held`` is part of ``balance``."""

    app_key: str
    balance: Decimal
    held: Decimal
    entries: int
    """How many entries it has; the last one's number."""
    updated_at: datetime

    @property
    def available(self) -> Decimal:
        """What new orders may use (可用余额); never negative."""
        return self.balance - self.held


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """One line of the ledger (账目). Numbers are without a gap, moments never go back."""

    app_key: str
    seq: int
    id: str
    """What it was booked under; no two entries have the same."""
    kind: str
    amount: Decimal
    """As the kind means it; only an adjustment may be below zero."""
    balance_after: Decimal
    held_after: Decimal
    order_num: str
    note: str
    by: str
    """Who booked it; empty for what orders move."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Booking:
    """An entry that a person books: a top-up, or an adjustment with its sign."""

    id: str
    app_key: str
    kind: str
    amount: Decimal
    note: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Booked:
    """What became of a booking."""

    entry: AccountEntry | None
    """None: less than nothing would be available; nothing was booked."""
    repeated: bool = False
    """It was booked before under this id, perhaps otherwise: ``entry`` is that one."""


class AccountStore(Protocol):
    """The durable memory of the accounts."""

    async def accounts(self) -> list[Account]:
        """Return every account, by app_key."""
        ...

    async def account(self, app_key: str) -> Account | None:
        """Return a channel's account; None before its first entry."""
        ...

    async def book(self, booking: Booking) -> Booked:
        """Book an entry, once: the same id again changes nothing."""
        ...

    async def account_entries(
        self,
        app_key: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 1_000_000,
    ) -> Sequence[AccountEntry]:
        """Return an account's entries from ``since`` to before ``until``, oldest first.

        With ``limit`` the last ones of these.
        """
        ...

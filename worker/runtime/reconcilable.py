"""The port to what a reconciliation (对账) reads of a day, and where it keeps what it found.

Why it exists: a day's orders and all that belongs to them are read in portions, and one worker
of several compares a day, goes on where another one stopped, and replaces what an earlier run
found. Both stores implement it. It must not compare.
Source: docs/decisions/0024-reconciliation.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from worker.reconciliation.facts import Difference
from worker.runtime.banking import AccountEntry
from worker.runtime.records import DeadLetter, HeldNotice, NotificationRow, OrderRow


@dataclass(frozen=True, slots=True)
class Span:
    """A day in its zone: from its first moment to before the next day's."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Reached:
    """The last order of a portion; the next one begins after it."""

    created_at: datetime
    order_num: str


@dataclass(frozen=True, slots=True)
class Belongings:
    """All that the store holds beside some orders."""

    notifications: Sequence[NotificationRow]
    entries: Sequence[AccountEntry]
    letters: Sequence[DeadLetter]
    """Open ones."""
    held: Sequence[HeldNotice]


@dataclass(frozen=True, slots=True)
class Run:
    """The reconciliation of one day, as far as it is."""

    day: date
    state: str
    """running or done."""
    started_at: datetime
    finished_at: datetime | None = None
    reached: Reached | None = None
    orders: int = 0
    """How many were compared."""
    asked: int = 0
    """About how many ZZY was asked."""
    unanswered: int = 0
    """About how many of these it did not answer."""
    found: int = 0
    """How many differences there are."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A portion that was compared, to be kept in one piece."""

    run: Run
    """As it stands after the portion."""
    differences: Sequence[Difference]
    leased_until: datetime


class ReconciliationStore(Protocol):
    """The durable memory of reconciliations. Raises StoreUnavailableError."""

    async def orders_of(
        self, span: Span, *, after: Reached | None, limit: int
    ) -> Sequence[OrderRow]:
        """Return a day's orders whose people are known, oldest first."""
        ...

    async def belongings(self, orders: Sequence[OrderRow]) -> Belongings:
        """Return what belongs to these orders."""
        ...

    async def letters_without_order(self, span: Span, *, limit: int) -> Sequence[DeadLetter]:
        """Return open dead letters of a day that are notices of orders never heard of."""
        ...

    async def claim_reconciliation(
        self, day: date, token: str, now: datetime, *, lease: float, again: bool = False
    ) -> Run | None:
        """Take a day up under a token, for ``lease`` seconds; None: there is nothing to take.

        A day that somebody else has in hand is not to be had before his lease runs out; then
        the run goes on where he stopped. One that is done begins anew with ``again`` alone, and
        what it found is forgotten.
        """
        ...

    async def keep_reconciled(self, token: str, kept: Kept) -> bool:
        """Write a portion and how far the run is; False: somebody else has taken it over."""
        ...

    async def reconciliations(self, *, limit: int = 31) -> Sequence[Run]:
        """Return the runs, the latest day first."""
        ...

    async def differences(self, day: date) -> Sequence[Difference]:
        """Return what the last run of a day found, by kind and order."""
        ...

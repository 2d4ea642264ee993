"""The port to the database: the durable memory of the saga.

Why it exists: the shell speaks to this protocol; PostgreSQL and SQLite implement it and
pass one parity suite. It must not import an adapter.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from worker.runtime.alarm_records import AlarmStore
from worker.runtime.auditing import AuditStore
from worker.runtime.banking import AccountStore
from worker.runtime.cataloguing import CatalogueStore
from worker.runtime.controlling import ChannelStore
from worker.runtime.erasable import ErasureStore
from worker.runtime.failing import FailureStore
from worker.runtime.finding import SearchStore
from worker.runtime.lettering import LetterStore
from worker.runtime.messaging import Message
from worker.runtime.reconcilable import ReconciliationStore
from worker.runtime.records import (
    Committed,
    DeadLetter,
    Figures,
    HeldNotice,
    InboxEntry,
    Loaded,
    NotificationResult,
    NotificationRow,
    OrderRow,
    TimelineEntry,
    Transition,
    Turn,
    TurnAsked,
)
from worker.runtime.refunding import RefundStore
from worker.runtime.replaying import JobStore
from worker.runtime.resealing import BodyStore
from worker.runtime.sampling import SampleStore
from worker.runtime.sessions import SessionStore


class Store(
    AlarmStore,
    AccountStore,
    CatalogueStore,
    ChannelStore,
    BodyStore,
    ErasureStore,
    AuditStore,
    ReconciliationStore,
    SearchStore,
    RefundStore,
    FailureStore,
    LetterStore,
    JobStore,
    SessionStore,
    SampleStore,
    Protocol,
):
    """The durable memory of the saga."""

    async def start(self) -> None:
        """Open the database; on an empty one, create the tables. Raises StoreUnavailableError."""
        ...

    async def close(self) -> None:
        """Let go of the database; bounded in time."""
        ...

    async def ping(self) -> None:
        """Return if the database answers. Raises StoreUnavailableError."""
        ...

    async def load(self, order_num: str, inbox_ids: Sequence[str] = ()) -> Loaded:
        """Return the order, and those of the ids that are in the inbox: one round trip."""
        ...

    async def load_by_zzy_order_id(
        self, zzy_order_id: str, inbox_ids: Sequence[str] = ()
    ) -> Loaded:
        """As :meth:`load`, by ZZY's number of the order."""
        ...

    async def commit(self, transition: Transition) -> Committed:
        """Write a transition durably: one commit, compare-and-swap on the version."""
        ...

    async def claim_due(self, now: datetime, *, limit: int, lease: float) -> list[str]:
        """Return orders whose timer is due and push their timers ``lease`` seconds away.

        Two workers never get the same one within the lease.
        """
        ...

    async def mark_sent(self, message_ids: Sequence[str]) -> None:
        """Note that these outbox messages were confirmed by the broker."""
        ...

    async def claim_unsent(
        self, now: datetime, *, older_than: float, limit: int, lease: float
    ) -> list[Message]:
        """Return outbox messages unsent after ``older_than`` seconds, claimed for ``lease``."""
        ...

    async def record_deliveries(self, results: Sequence[NotificationResult]) -> None:
        """Note what the relay's attempts led to; an older attempt never overwrites a newer.

        Older and newer go by ``at`` (a replay counts its attempts from one again), and
        ``delivered`` is never undone. A webhook id that has no row is passed over.
        """
        ...

    async def take_turn(self, asked: TurnAsked) -> Turn:
        """Let one notification of an order and type be sent at a time, atomically.

        ``MINE`` notes it as ``sending`` from ``at`` on; the turn ends when its result is
        recorded, or by itself after ``lease`` seconds. A webhook id without a row gets a
        turn that nobody sees.
        """
        ...

    async def claim_inbox(self, entry: InboxEntry, now: datetime) -> bool:
        """Note an inbox id without a transition; tell whether it stands there for this digest.

        False: it was noted for another digest before, by whoever it was.
        """
        ...

    async def hold_notice(self, notice: HeldNotice) -> None:
        """Keep an early notice; the same id again changes nothing."""
        ...

    async def release_notice(self, notice_id: str) -> None:
        """Forget a held notice that was applied."""
        ...

    async def held_notices(self, *, limit: int) -> list[HeldNotice]:
        """Return held notices, oldest first, for the sweeper."""
        ...

    async def add_dead_letter(self, letter: DeadLetter) -> None:
        """Keep a dead letter; the same id again counts as another failure and opens it again.

        One that did not fail later than the stored one (a redelivery) changes nothing.
        """
        ...

    async def dead_letters(
        self, *, state: str | None = "open", limit: int = 1000
    ) -> list[DeadLetter]:
        """Return dead letters, newest failure first."""
        ...

    async def dead_letter(self, letter_id: str) -> DeadLetter | None:
        """Return one dead letter in any state."""
        ...

    async def figures(self) -> Figures:
        """Return what is waiting for a person or for the broker. Raises StoreUnavailableError."""
        ...

    async def orders(self, *, human: bool = False, limit: int = 1000) -> list[OrderRow]:
        """Return orders, last changed first; with ``human`` those in front of a human."""
        ...

    async def find_orders(self, number: str) -> list[OrderRow]:
        """Return the orders that have this number: ours, the channel's or ZZY's."""
        ...

    async def timeline(self, order_num: str) -> list[TimelineEntry]:
        """Return an order's history, oldest first."""
        ...

    async def notifications(self, order_num: str) -> list[NotificationRow]:
        """Return an order's notifications, oldest first."""
        ...

"""What the store keeps, row by row, and what it says of a commit.

Why it exists: the shell and both stores speak of the same rows. It must not know a table
or a database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from worker.runtime.messaging import Message
from worker.saga.accounting import Movement


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order as the store keeps it: the saga's state as JSON, and what is searched for."""

    order_num: str
    version: int
    """1 for the first commit; a commit of version n succeeds only on version n - 1."""
    app_key: str
    channel_order_num: str
    zzy_order_id: str | None
    phase: str
    human: str | None
    """Why the order is in front of a human, or None."""
    wake_at: datetime | None
    """When the order's timer fires, or None. The only timer an order has."""
    state: bytes
    created_at: datetime
    updated_at: datetime
    erased_at: datetime | None = None
    """When its people were forgotten, or None."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of an order's history, written for people; masked."""

    at: datetime
    kind: str
    text: str
    phase: str


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """A message that was applied. ``digest`` tells a repeat from a forgery under one id."""

    id: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class NotificationRow:
    """A notification that a channel must get, without its content."""

    webhook_id: str
    order_num: str
    app_key: str
    type: str
    seq: int
    created_at: datetime
    status: str = "pending"
    """pending, sending (a check that has its turn), delivered, superseded or dead."""
    attempts: int = 0
    last_answer: str = ""
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeldNotice:
    """A notice that came before its order was known; matched by either number."""

    id: str
    order_num: str
    zzy_order_id: str
    message_type: str
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Transition:
    """Everything that one step of one order writes, in one commit or not at all."""

    row: OrderRow
    entries: Sequence[TimelineEntry] = ()
    inbox: Sequence[InboxEntry] = ()
    outbox: Sequence[Message] = ()
    notifications: Sequence[NotificationRow] = ()
    movements: Sequence[Movement] = ()
    """What it moves on the prepaid account of the order's channel."""
    search: Sequence[str] = ()
    """Terms under which it is found from now on; where its people are forgotten in this
    step or were before, the personal ones that there are go (searching.py)."""
    unread: Sequence[str] = ()
    """Ids that nobody looked for: nothing is written where one of them is in the inbox."""


@dataclass(frozen=True, slots=True)
class Committed:
    """What became of a transition."""

    applied: bool
    """False: another worker was first (compare-and-swap lost), or an id that nobody looked for
    is in the inbox; nothing was written."""
    held: Sequence[HeldNotice] = ()
    """Notices that were waiting for this order."""
    short: bool = False
    """Not applied for want of money on the channel's account alone."""
    available: Decimal | None = None
    """What the account has left for new orders, where the transition moved it."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """An order and which of the asked inbox ids were applied before, with their digests."""

    row: OrderRow | None
    seen: Mapping[str, str]
    unread: bool = False
    """Remembered, not read: it may be old, and the inbox was not looked at."""


@dataclass(frozen=True, slots=True)
class NotificationResult:
    """One delivery attempt of the relay."""

    webhook_id: str
    status: str
    attempts: int
    answer: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TurnAsked:
    """A notification whose order among those of its order and type matters."""

    webhook_id: str
    order_num: str
    type: str
    seq: int
    at: datetime
    lease: float
    """For how many seconds the turn counts unless its result is recorded before."""


class Turn(StrEnum):
    """Whether a notification may be sent now."""

    MINE = "mine"
    """It may: it is on record as being sent."""
    BUSY = "busy"
    """Another attempt, of this one or of another, is under way."""
    SUPERSEDED = "superseded"
    """The channel has a newer one."""
    DELIVERED = "delivered"
    """The channel has this very one."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that needs a person."""

    id: str
    kind: str
    """The kind of :class:`worker.runtime.outcome.Park`."""
    reason: str
    message: Message
    app_key: str
    order_num: str
    channel_order_num: str
    first_failed_at: datetime
    last_failed_at: datetime
    state: str = "open"
    """open, replaying, done, discarded or superseded.

    A worker of 0.1.0 writes ``replayed`` for replaying, and nobody learns what came of it.
    """
    replays: int = 0
    fingerprint: str = ""
    """What is alike has the same one: kind, place and type, without the numbers of one order."""
    replayed_at: datetime | None = None
    settled_at: datetime | None = None
    """When it was processed, discarded or superseded."""
    settled_by: str = ""
    settled_reason: str = ""
    job_id: str = ""
    """The replay job that sent it last."""
    parent_id: str = ""
    """The letter of which this is an edited copy."""

    @property
    def failed_again(self) -> bool:
        """Whether a replay of it came back."""
        return self.state == "open" and self.replays > 0


@dataclass(frozen=True, slots=True)
class Figures:
    """What is waiting, counted."""

    orders_human: int
    """Orders in front of a human."""
    dead_letters_open: int
    oldest_unsent_at: datetime | None
    """When the oldest outbox message was committed that is not published; None: all are."""
    unsent: int = 0
    """Outbox messages that are not published yet."""
    oldest_letter_at: datetime | None = None
    """When the oldest open dead letter failed first."""
    first_due_at: datetime | None = None
    """When the order's timer fires that is the next, or should have fired by now."""

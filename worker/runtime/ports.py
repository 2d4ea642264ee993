"""The ports of the imperative shell: what it needs of the world, as protocols.

Why it exists: runtime, ingress and relay speak to these; the adapters in broker/,
store/ and clients/ implement them; app.py joins the two. Each port has two adapters
that pass one parity suite. It must not import an adapter.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

from worker.runtime.outcome import Outcome
from worker.runtime.outside import ChannelPort, Supplier
from worker.translation.delivery import Answered, DeliveryResult, NoAnswer

__all__ = ["Answered", "ChannelPort", "DeliveryResult", "NoAnswer", "Supplier"]
"""Named again here, so that all ports are found in one place."""

_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


# --- broker -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """One message, on its way out or in. ``queue`` is where it goes to or came from."""

    queue: str
    type: str
    body: bytes
    message_id: str
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS)
    correlation_id: str = ""
    reply_to: str = ""
    attempt: int = 0
    """How many handlings ended in a Retry before this one."""
    redelivered: bool = False
    """The broker has handed it out before (a crash, a lost connection)."""


Handler = Callable[[Message], Awaitable[Outcome]]


class Broker(Protocol):
    """Durable queues with confirms, delays, dead letters, request and reply."""

    async def start(self) -> None:
        """Connect and declare the topology. Raises BrokerUnavailableError."""
        ...

    async def publish(self, message: Message, *, delay: float = 0) -> None:
        """Return once the broker has it durably.

        ``delay`` seconds (rounded up to a tier) pass before it reaches its queue.
        Raises BrokerUnavailableError when it was surely not sent, PublishUnknownError
        when it was sent and not confirmed in time.
        """
        ...

    async def request(self, message: Message, *, wait: float) -> bytes | None:
        """Publish, then wait for the first reply; ``None`` after ``wait`` seconds without one.

        ``wait`` counts from the confirm. Raises what :meth:`publish` raises.
        """
        ...

    async def reply(self, reply_to: str, correlation_id: str, body: bytes) -> None:
        """Answer a request: best effort, at most once; never raises, never waits for a confirm."""
        ...

    async def consume(self, queue: str, handler: Handler, *, concurrency: int) -> None:
        """Hand the queue's messages to ``handler``, at most ``concurrency`` at a time.

        Returns when subscribed. The message is acknowledged after the handler's
        outcome was carried out, never before. A handler that raises is retried with a
        widening delay, and its error is logged.
        """
        ...

    async def stop_consuming(self) -> None:
        """Take no more messages and wait for the handlers at work."""
        ...

    async def close(self) -> None:
        """Let go of the broker; bounded in time."""
        ...

    def problems(self) -> list[str]:
        """Return what keeps it from being ready, for /readyz; empty when all is well."""
        ...

    async def depth(self, queue: str) -> int:
        """Return how many messages are in a queue, those being handled included."""
        ...


# --- store ------------------------------------------------------------------------------


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
    """pending, delivered or dead."""
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


@dataclass(frozen=True, slots=True)
class Committed:
    """What became of a transition."""

    applied: bool
    """False: another worker was first (compare-and-swap lost); nothing was written."""
    held: Sequence[HeldNotice] = ()
    """Notices that were waiting for this order."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """An order and which of the asked inbox ids were applied before, with their digests."""

    row: OrderRow | None
    seen: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NotificationResult:
    """One delivery attempt of the relay."""

    webhook_id: str
    status: str
    attempts: int
    answer: str
    at: datetime


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
    """open, replayed or discarded."""
    replays: int = 0


class Store(Protocol):
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

    async def mark_replayed(self, letter_id: str, *, failed_at: datetime) -> None:
        """Note that a dead letter went back to its queue.

        ``failed_at`` is the ``last_failed_at`` of the letter that was replayed: one that
        has failed again in the meantime stays open.
        """
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

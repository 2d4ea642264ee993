"""The port to the broker: messages, and what carries them.

Why it exists: ingress, runtime and relay speak to this protocol; RabbitMQ and the embedded
broker implement it and pass one parity suite. It must not import an adapter.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

from worker.runtime.outcome import Outcome

_MOST_DIGITS: Final = 9
"""A count that a stranger wrote must suit a database's column of whole numbers."""
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Message:
    """One message, on its way out or in.

    ``queue`` is where it goes to or came from; an event goes to an address
    (``contracts.queues.event_address``) instead, for whoever listens.
    """

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
    user: str = field(default="", compare=False)
    """Who published it first, as the broker vouches; empty: nobody is known, or it goes out.

    On the embedded broker nobody but us can publish, and it is empty.
    """


Handler = Callable[[Message], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in a queue at this moment."""

    queue: str
    waiting: int
    """Messages that nobody has in hand."""
    oldest_at: datetime | None = None
    """Since when the oldest of them waits, or earlier; None: nothing waits, or nobody knows.

    RabbitMQ does not tell: the message that this process took last is older than all that wait.
    """
    consumers: int | None = None
    """How many processes take messages of it; None: the broker does not tell."""


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

    async def request(
        self, message: Message, *, wait: float, final: Callable[[bytes], bool] | None = None
    ) -> bytes | None:
        """Publish, then wait for the first reply; ``None`` after ``wait`` seconds without one.

        With ``final`` only a reply of which it is true ends the wait; the last other one is
        returned when none comes. ``wait`` counts from the confirm. Raises what
        :meth:`publish` raises.
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

    async def pause(self, queue: str) -> None:
        """Take no more messages of this queue, also after the connection was lost.

        Returns when no more come; what is in hand is finished by its handler, of which it
        may be part. What was taken and not begun goes back without counting as an attempt
        (a broker may count it as handed out: do not pause over and over). Pausing is no
        problem for :meth:`problems`. It may be repeated, and may come before the queue is
        consumed.
        """
        ...

    async def resume(self, queue: str, *, at_most: int | None = None) -> None:
        """Take messages of this queue again, or at another rate.

        ``at_most`` so many are handled at a time (1 is a probe), what is still in hand
        included; None: as many as it was consumed with. Never raises: without the broker
        it holds for when it is back.
        """
        ...

    def paused(self) -> list[str]:
        """Return the queues that are paused."""
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

    async def backlogs(self, names: Sequence[str]) -> list[Backlog]:
        """Return what waits in these queues, of those that exist.

        Raises BrokerUnavailableError.
        """
        ...


def count_of(text: str, default: int = 0) -> int:
    """Return the count that a header tells; ``default`` where it tells none that can be kept."""
    if len(text) > _MOST_DIGITS or not (text.isascii() and text.isdigit()):
        return default
    return int(text)

"""Which exchanges and queues stand on RabbitMQ, with every argument spelt out.

Why it exists: durability is decided by queue arguments, and a wrong one is silent; they
are written once, here. It must not publish or consume.
Source: DESIGN.md, "Broker facts"; the argument is in docs/decisions/0003-broker.md.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelInvalidStateError
from aiormq import Channel

from contracts import queues
from worker.broker.connection import underlay
from worker.broker.settle import DELIVERY_LIMIT

COMMANDS: Final = (
    ("order.#", queues.ORDERS),
    ("voucher.#", queues.ORDERS),
    ("query.#", queues.QUERIES),
)
"""Which types go from the commands exchange to which queue."""

_SAFE: Final[Mapping[str, str]] = {
    "x-queue-type": "quorum",
    "x-overflow": "reject-publish",
    "x-dead-letter-strategy": "at-least-once",
}
"""At-least-once dead-lettering needs reject-publish, else it silently is at-most-once."""

_REASON_SECONDS: Final = 1.0
_UNREACHABLE_LIMIT: Final = 1_000_000_000
"""The dead queue has nowhere to dead-letter to: at its limit RabbitMQ would drop."""

Arguments = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class QueuePlan:
    """A queue and its arguments."""

    name: str
    arguments: Arguments


def work_queues(relay_keys: Sequence[str]) -> list[QueuePlan]:
    """Return the queues that are consumed; given up messages go to the dead exchange."""
    names = [*queues.WORK, *(queues.relay_queue(key) for key in relay_keys)]
    return [
        QueuePlan(
            name,
            {
                **_SAFE,
                "x-delivery-limit": DELIVERY_LIMIT,
                "x-dead-letter-exchange": queues.DEAD_EXCHANGE,
            },
        )
        for name in dict.fromkeys(names)
    ]


def delay_queues() -> list[QueuePlan]:
    """Return the delay tiers: nobody consumes them, their messages expire and go home.

    Home is the message's own routing key on the default exchange. The time to live is
    the queue's: with one per message a long one at the head would hold up a short one.
    """
    return [
        QueuePlan(
            queues.delay_queue(tier),
            {
                **_SAFE,
                "x-delivery-limit": DELIVERY_LIMIT,
                "x-message-ttl": seconds * 1000,
                "x-dead-letter-exchange": "",
            },
        )
        for tier, seconds in queues.DELAY_TIERS
    ]


def dead_queue() -> QueuePlan:
    """Return the queue of the dead letters, which itself never gives one up."""
    return QueuePlan(
        queues.DEAD, {"x-queue-type": "quorum", "x-delivery-limit": _UNREACHABLE_LIMIT}
    )


class Topology:
    """Declares everything; doing so again changes nothing."""

    def __init__(self, relay_keys: Sequence[str]) -> None:
        """Plan a relay queue for each app_key."""
        self._work = work_queues(relay_keys)
        self._lock = asyncio.Lock()
        self.names = frozenset({queues.DEAD, *(plan.name for plan in self._work)})
        """Every queue that a message may be addressed to."""

    async def declare(self, channel: AbstractChannel) -> None:
        """Declare all of it. Raises what aio-pika raises.

        No answer is waited for but the last: RabbitMQ carries out a channel's methods in
        order, and closes it over the first that it refuses. Fifty round trips less is what
        a worker is back sooner by after a restart of a busy broker.
        """
        async with self._lock:
            beneath = await underlay(channel)
            try:
                await self._declare(beneath)
                await beneath.queue_declare(queues.DEAD, passive=True)
            except ChannelInvalidStateError as error:
                raise await _reason(beneath) or error from None

    async def find(self, channel: AbstractChannel) -> None:
        """See that it is there, where our login may not declare it. Raises what aio-pika raises."""
        beneath = await underlay(channel)
        for name in sorted(self.names):
            await beneath.queue_declare(name, passive=True)

    async def _declare(self, channel: Channel) -> None:
        await _declare_queue(channel, dead_queue(), queues.DEAD_EXCHANGE)
        for plan in delay_queues():
            await _declare_queue(channel, plan, plan.name)
        for plan in self._work:
            await _declare_queue(channel, plan)
        for name in (queues.EVENTS_EXCHANGE, queues.COMMANDS_EXCHANGE):
            await channel.exchange_declare(name, exchange_type="topic", durable=True, nowait=True)
        await channel.exchange_declare(
            queues.INGRESS_EXCHANGE, exchange_type="direct", durable=True, nowait=True
        )
        for name in queues.TAKEN_IN:
            await channel.queue_bind(name, queues.INGRESS_EXCHANGE, name, nowait=True)
        for types, name in COMMANDS:
            await channel.queue_bind(name, queues.COMMANDS_EXCHANGE, types, nowait=True)


async def _declare_queue(channel: Channel, plan: QueuePlan, exchange: str = "") -> None:
    """Declare a queue, behind a fanout exchange of its own if one is named."""
    await channel.queue_declare(plan.name, durable=True, nowait=True, arguments={**plan.arguments})
    if exchange:
        await channel.exchange_declare(exchange, exchange_type="fanout", durable=True, nowait=True)
        await channel.queue_bind(plan.name, exchange, nowait=True)


async def _reason(channel: Channel) -> BaseException | None:
    """Return why RabbitMQ closed a channel, if it did: that is known a moment after."""
    closing = channel.closing
    await asyncio.wait([closing], timeout=_REASON_SECONDS)
    return closing.exception() if closing.done() and not closing.cancelled() else None

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

from contracts import queues
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
        """Declare all of it. Raises what aio-pika raises."""
        async with self._lock:
            await _declare_queue(channel, dead_queue(), queues.DEAD_EXCHANGE)
            for plan in delay_queues():
                await _declare_queue(channel, plan, plan.name)
            for plan in self._work:
                await channel.declare_queue(plan.name, durable=True, arguments={**plan.arguments})
            await channel.declare_exchange(queues.EVENTS_EXCHANGE, "topic", durable=True)
            await channel.declare_exchange(queues.COMMANDS_EXCHANGE, "topic", durable=True)
            for types, name in COMMANDS:
                queue = await channel.get_queue(name, ensure=False)
                await queue.bind(queues.COMMANDS_EXCHANGE, types)


async def _declare_queue(channel: AbstractChannel, plan: QueuePlan, exchange: str) -> None:
    """Declare a queue behind a fanout exchange of its own."""
    await channel.declare_exchange(exchange, "fanout", durable=True)
    queue = await channel.declare_queue(plan.name, durable=True, arguments={**plan.arguments})
    await queue.bind(exchange)

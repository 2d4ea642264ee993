"""The names of every exchange, queue and delay tier on the broker.

Why it exists: a name that two processes must agree on is written once, here, and is
used through a function or a constant everywhere else. It must not talk to a broker.
Source: DESIGN.md, "Broker facts"; the argument is in docs/decisions/0003-broker.md.
"""

import hashlib
import re
from typing import Final

ORDERS: Final = "ticketbridge.orders"
"""Commands for the order saga: create, cancel, refund, resend."""

QUERIES: Final = "ticketbridge.queries"
"""Questions that change nothing: orders, products, prices."""

SMS: Final = "ticketbridge.sms"
"""Vouchers on their way to a guest's phone (短信)."""

NOTICES: Final = "ticketbridge.notices"
"""Notices (通知) of the supplier ZZY, as the ingress took them."""

DEAD: Final = "ticketbridge.dead"
"""Dead letters on their way into the table."""

WORK: Final = (ORDERS, QUERIES, SMS, NOTICES)
"""The queues that are always there and always consumed; besides, one a channel."""

COMMANDS_EXCHANGE: Final = "ticketbridge.commands"
"""Topic exchange on which upstream systems publish commands (routing key: the type)."""

EVENTS_EXCHANGE: Final = "ticketbridge.events"
"""Topic exchange on which order events are published for whoever binds a queue."""

INGRESS_EXCHANGE: Final = "ticketbridge.in"
"""Direct exchange for an ingress that runs alone: it leads to ``TAKEN_IN`` and nowhere else."""

TAKEN_IN: Final = (ORDERS, QUERIES, NOTICES, DEAD)
"""Where what the ingress takes goes to; dead letters are notices that cannot be taken."""

DEAD_EXCHANGE: Final = "ticketbridge.dead"
"""Fanout exchange in front of the dead queue; every work queue dead-letters to it."""

DIRECT_REPLY: Final = "amq.rabbitmq.reply-to"
"""How RabbitMQ's direct reply-to begins: no queue, only the asker's own connection."""
REPLY_PREFIX: Final = "reply."
"""How the queues are named in which upstream systems take answers: ``reply.<their login>.…``."""

EVENTS_PREFIX: Final = EVENTS_EXCHANGE + "/"
RELAY_PREFIX: Final = "ticketbridge.relay."
DELAY_PREFIX: Final = "ticketbridge.delay."

DELAY_TIERS: Final[tuple[tuple[str, int], ...]] = (
    ("1s", 1),
    ("5s", 5),
    ("30s", 30),
    ("2m", 120),
    ("10m", 600),
    ("30m", 1_800),
    ("2h", 7_200),
    ("6h", 21_600),
    ("24h", 86_400),
)
"""Name and length in seconds of each delay tier, shortest first."""


_NAMEABLE: Final = re.compile(r"[A-Za-z0-9_.@#,/+-]{1,200}")
"""What may stand in a queue's name as it is; the AMQP client refuses most other characters."""


def relay_queue(app_key: str) -> str:
    """Return the queue in which the notifications for one channel wait.

    An app_key that cannot be part of a queue's name is replaced by a digest of it.
    """
    if _NAMEABLE.fullmatch(app_key):
        return RELAY_PREFIX + app_key
    return f"{RELAY_PREFIX}:{hashlib.sha256(app_key.encode()).hexdigest()[:32]}"


_ONE_WORD: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")
"""What may stand between two dots of a routing key without a meaning of its own."""


def event_topic_of(kind: str, app_key: str) -> str:
    """Return the routing key of an order event: ``order.<kind>.<app_key>``.

    An app_key that is not one word of a routing key is replaced by a digest of it.
    """
    if not _ONE_WORD.fullmatch(app_key):
        app_key = f":{hashlib.sha256(app_key.encode()).hexdigest()[:32]}"
    return f"order.{kind}.{app_key}"


def event_address(*topics: str) -> str:
    """Return what stands for topics of the events exchange where a queue's name would."""
    return EVENTS_PREFIX + " ".join(topics)


def event_topics(address: str) -> list[str]:
    """Return the topics of such an address; none for a queue's name."""
    return address.removeprefix(EVENTS_PREFIX).split() if address.startswith(EVENTS_PREFIX) else []


def delay_queue(tier: str) -> str:
    """Return the queue (and the exchange of the same name) of one delay tier."""
    return DELAY_PREFIX + tier


def delay_tier(seconds: float) -> tuple[str, int]:
    """Return the shortest tier that is at least ``seconds`` long; the longest if none is."""
    return next((tier for tier in DELAY_TIERS if tier[1] >= seconds), DELAY_TIERS[-1])

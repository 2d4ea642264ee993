"""Between our Message and what RabbitMQ carries.

Why it exists: property and header names of the wire stand here alone. What comes from
elsewhere (an upstream system, the broker's own dead-lettering) decodes too. It must not
talk to a broker.
"""

import hashlib
import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from aio_pika import DeliveryMode
from aiormq import spec
from pamqp.header import ContentHeader

from contracts import headers, queues
from worker.broker.settle import DELIVERY_LIMIT, DELIVERY_LIMIT_KIND, dead_headers
from worker.runtime.messaging import count_of
from worker.runtime.outcome import Park
from worker.runtime.ports import Message
from worker.sealing import sealed_under

ATTEMPT: Final = "tb-attempt"
MESSAGE_ID: Final = "tb-message-id"
CONTENT_TYPE: Final = "application/json"
SEALED_TYPE: Final = "application/octet-stream"

_FIRST_DEATH_QUEUE: Final = "x-first-death-queue"
_BROKERS_OWN: Final = (
    "x-death",
    "x-first-death-",
    "x-last-death-",
    "x-delivery-count",
    "x-acquired-count",
)
"""Sent back, these make RabbitMQ take the message for one that goes in circles and drop it."""
_ROUTING: Final = frozenset({"CC", "BCC"})
"""These headers would send copies elsewhere."""

_PERSISTENT: Final = DeliveryMode.PERSISTENT.value

_serial = itertools.count()


@dataclass(slots=True)
class Parcel:
    """A message as it is published: where to, and everything of it."""

    exchange: str
    routing_key: str
    properties: spec.Basic.Properties
    body: bytes
    mandatory: bool = True
    """Whether it counts as not sent when no queue takes it."""


@dataclass(slots=True)
class Incoming:
    """A message as it came in, or came back."""

    header: ContentHeader
    body: bytes
    delivery_tag: int = 0
    redelivered: bool = False


def encode(
    message: Message,
    *,
    user: str,
    exchange: str = "",
    reply_to: str = "",
    correlation_id: str = "",
) -> Parcel:
    """Return the message as ``user`` publishes it, persistent; its queue is the routing key.

    The AMQP property ``message_id`` is our id and a serial number: a returned message is
    known by it, so two publishes of one message must not share it. An event
    goes to its topic, and whether anybody listens is not our concern.
    """
    topics = queues.event_topics(message.queue)
    table: dict[str, Any] = {
        **message.headers,
        MESSAGE_ID: message.message_id,
        ATTEMPT: str(message.attempt),
    }
    if topics[1:]:
        table["CC"] = topics[1:]  # routing keys too; each queue still gets it once
    properties = spec.Basic.Properties(
        headers=table,
        content_type=SEALED_TYPE if sealed_under(message.body) else CONTENT_TYPE,
        delivery_mode=_PERSISTENT,
        message_id=f"{message.message_id}/{next(_serial)}",
        message_type=message.type,
        correlation_id=correlation_id or message.correlation_id or None,
        reply_to=reply_to or message.reply_to or None,
        timestamp=datetime.now(UTC),
        user_id=user,
    )
    if topics:
        return Parcel(queues.EVENTS_EXCHANGE, topics[0], properties, message.body, mandatory=False)
    return Parcel(exchange, message.queue, properties, message.body)


def decode(
    queue: str, incoming: Incoming, *, user: str, also_ours: Collection[str] = ()
) -> Message:
    """Return what came in from ``queue``, where we are ``user``; never raises.

    ``also_ours`` are the logins of our other processes, whose messages are our own as well.

    Without a message id it gets one from its body: the same on every delivery.
    """
    properties = incoming.header.properties
    raw: Mapping[str, Any] = properties.headers or {}
    kept = {
        name: value if isinstance(value, str) else _text(value)
        for name, value in raw.items()
        if not name.startswith(_BROKERS_OWN) and name not in _ROUTING
    }
    if queue == queues.DEAD and headers.DEAD_KIND not in kept and _FIRST_DEATH_QUEUE in raw:
        kept |= _given_up_by_broker(raw)
    ours = {user, *also_ours}
    publisher = _publisher(properties.user_id or "", kept, ours)
    if (properties.user_id or "") not in ours:
        for mark in (headers.REPLAY_OF, headers.REPLAY_JOB):
            kept.pop(mark, None)  # nobody else settles, or overwrites, a letter of ours
    attempt = kept.pop(ATTEMPT, "0")
    message_id = kept.pop(MESSAGE_ID, "") or properties.message_id
    return Message(
        queue=queue,
        type=properties.message_type or "",
        body=incoming.body,
        message_id=message_id or hashlib.sha256(incoming.body).hexdigest()[:32],
        headers=kept,
        correlation_id=properties.correlation_id or "",
        reply_to=properties.reply_to or "",
        attempt=count_of(attempt),
        redelivered=bool(incoming.redelivered),
        user=publisher,
    )


def _publisher(user: str, kept: dict[str, str], ours: Collection[str]) -> str:
    """Return who published it first, and keep that in a header for when we publish it again.

    RabbitMQ refuses a ``user_id`` that is not the connection's, so it proves who it was;
    a header proves nothing, except in a message of our own.
    """
    named = kept.pop(headers.PUBLISHER, None)
    if user in ours and named is not None:
        user = named
    if user not in ours:
        kept[headers.PUBLISHER] = user
    return user


def _given_up_by_broker(raw: Mapping[str, Any]) -> dict[str, str]:
    """Return our dead-letter headers for a message that RabbitMQ itself dead-lettered."""
    reason = _text(raw.get("x-first-death-reason", ""))
    park = Park(DELIVERY_LIMIT_KIND, f"given up by the broker: {reason}")
    deaths = raw.get("x-death")
    death = deaths[0] if isinstance(deaths, list) and deaths else None
    since = death.get("time") if isinstance(death, dict) else None
    at = since if isinstance(since, datetime) else datetime.now(UTC)
    return dead_headers(park, _text(raw[_FIRST_DEATH_QUEUE]), DELIVERY_LIMIT + 1, at)


def _text(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else str(value)

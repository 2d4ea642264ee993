"""The fixed parts of the AsyncAPI document: what it is about, channels, message properties.

Why it exists: what RabbitMQ itself gives a message (its AMQP properties) is in no model of
ours. It must not name a type of message. Source: docs/queue-guide.md.
"""

from typing import Any, Final, get_args

from . import queues
from .events import OrderEventKind

ABOUT: Final = f"""\
Systems inside the company order, cancel, refund and ask over RabbitMQ, and subscribe to what
happens to orders.

- **Commands and queries** are published on the topic exchange `{queues.COMMANDS_EXCHANGE}` with
  their type as routing key, persistent, in the envelope described here.
- **Who publishes must say so**: the AMQP property `user_id` is the login's name (the broker
  refuses any other), and the configuration says for which channels it may speak. A message
  without it is refused.
- **Answers** go to `reply_to`, if there is one: best effort, never retried. What must not be
  missed is an event.
- **Events** are published on the topic exchange `{queues.EVENTS_EXCHANGE}` with the routing key
  `order.<kind>.<app_key>`; whoever wants them binds a queue of their own.
- A message that cannot be read goes to the dead letters with the reason, and an error to
  `reply_to`.
"""

_BINDING: Final = "0.3.0"
_TEXT: Final = {"type": "string"}
_EXCHANGE: Final = {"type": "topic", "durable": True, "autoDelete": False, "vhost": "/"}


def commands_channel(type_name: str, message: str) -> dict[str, Any]:
    """Return the channel of one type on the commands exchange."""
    return {
        "address": type_name,
        "title": f"{queues.COMMANDS_EXCHANGE} / {type_name}",
        "description": "The routing key is the type.",
        "messages": {message: {"$ref": f"#/components/messages/{message}"}},
        "bindings": _on_exchange(queues.COMMANDS_EXCHANGE),
    }


def channel_of_events(message: str) -> dict[str, Any]:
    """Return the channel of the order events."""
    return {
        "address": "order.{kind}.{app_key}",
        "title": f"{queues.EVENTS_EXCHANGE} / order.{{kind}}.{{app_key}}",
        "description": "An event that is several things at once is routed by each of them and "
        "comes to a queue once.",
        "parameters": {
            "kind": {"description": "What happened.", "enum": list(get_args(OrderEventKind))},
            "app_key": {
                "description": "开发key: whose order it is. One that is not one word of letters, "
                "digits, _ and - is replaced by a digest of it.",
            },
        },
        "messages": {message: {"$ref": f"#/components/messages/{message}"}},
        "bindings": _on_exchange(queues.EVENTS_EXCHANGE),
    }


def _on_exchange(name: str) -> dict[str, Any]:
    exchange = {"name": name, **_EXCHANGE}
    return {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": _BINDING}}


REPLY: Final[dict[str, Any]] = {
    "address": None,
    "title": "Answers",
    "description": "Where the asker wants them: its reply_to. The body is the bare outcome.",
    "messages": {"OrderOutcome": {"$ref": "#/components/messages/OrderOutcome"}},
}


def _property(what: str, **more: object) -> dict[str, Any]:
    return {**_TEXT, "description": what, **more}


PROPERTIES: Final[dict[str, Any]] = {
    "asked": {
        "name": "asked",
        "description": "The AMQP properties of what others publish.",
        "headers": {
            "type": "object",
            "required": ["user_id", "type"],
            "properties": {
                "message_id": _property(
                    "Names the message: the same one again is the same message. Without it the "
                    "body does."
                ),
                "user_id": _property("The login's own name; vouched for by the broker."),
                "type": _property("The type, as the routing key."),
                "reply_to": _property("Where the answer goes; without it none is sent."),
                "correlation_id": _property("Comes back with the answer."),
            },
        },
    },
    "answered": {
        "name": "answered",
        "description": "The AMQP properties of an answer.",
        "headers": {
            "type": "object",
            "properties": {"correlation_id": _property("That of the question.")},
        },
    },
    "told": {
        "name": "told",
        "description": "The AMQP properties of an event.",
        "headers": {
            "type": "object",
            "required": ["type"],
            "properties": {
                "type": _property("The type: by it a reader chooses the schema."),
                "tb-message-id": _property(
                    "A header: the envelope's id; an event may come twice under one id."
                ),
            },
        },
    },
}
"""Traits of messages by who sends them."""

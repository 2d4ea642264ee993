"""The queue interface as an AsyncAPI 3.0 document, made from the catalogue.

Why it exists: upstream systems see what they may publish, what is answered, and what they
may subscribe to; the document needs no other file beside it. It must not name a message
that the catalogue does not hold, nor one that only our own processes exchange.
"""

from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from . import queues
from .asyncapi_parts import ABOUT, PROPERTIES, REPLY, channel_of_events, commands_channel
from .catalogue import CATALOGUE, Entry
from .envelope import envelope_of
from .events import OrderEvent, OrderOutcome

_PLACE: Final = "#/components/schemas/"
_RABBITMQ: Final = {
    "host": "{host}:{port}",
    "pathname": "/{vhost}",
    "protocol": "amqp",
    "protocolVersion": "0.9.1",
    "description": "RabbitMQ. The embedded broker of the default set-up has no such door.",
    "variables": {
        "host": {"default": "127.0.0.1"},
        "port": {"default": "5672"},
        "vhost": {"default": ""},
    },
    "security": [{"$ref": "#/components/securitySchemes/login"}],
}


def public_entries() -> tuple[Entry, ...]:
    """Return the messages that others than our own processes send or receive."""
    return tuple(entry for entry in CATALOGUE.values() if entry.public)


def asyncapi_document() -> dict[str, Any]:
    """Return the document as plain data."""
    asked = [entry for entry in public_entries() if entry.kind in {"command", "query"}]
    channels = {_name(entry): commands_channel(entry.type, _name(entry)) for entry in asked}
    operations = {_name(entry): _asked_operation(entry) for entry in asked}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "ticketbridge: the queue interface",
            "version": "1",
            "description": ABOUT,
        },
        "defaultContentType": "application/json",
        "servers": {"rabbitmq": _RABBITMQ},
        "channels": {
            **channels,
            "OrderEvents": channel_of_events(_name(CATALOGUE[OrderEvent.TYPE])),
            "Replies": REPLY,
        },
        "operations": {**operations, "OrderEvents": _events_operation()},
        "components": {
            "schemas": _schemas(),
            "messages": {_name(entry): _message(entry) for entry in public_entries()},
            "messageTraits": PROPERTIES,
            "securitySchemes": {
                "login": {
                    "type": "userPassword",
                    "description": "The broker's login. Its name is the user_id of every "
                    "message, and stands in the configuration with the channels for which it "
                    "may speak.",
                }
            },
        },
    }


def _name(entry: Entry) -> str:
    return entry.model.__name__


def _asked_operation(entry: Entry) -> dict[str, Any]:
    name = _name(entry)
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{name}"},
        "title": entry.type,
        "summary": entry.summary,
        "description": f"Publish on the exchange {queues.COMMANDS_EXCHANGE} with the routing key "
        f"{entry.type}.",
        "tags": [{"name": entry.kind}],
        "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
        "bindings": {"amqp": {"ack": True, "bindingVersion": "0.3.0"}},
        "reply": {
            "address": {
                "location": "$message.header#/reply_to",
                "description": "amq.rabbitmq.reply-to, or a queue of the publisher's named "
                "reply.<user>.<anything>; without it nothing is answered.",
            },
            "channel": {"$ref": "#/channels/Replies"},
            "messages": [{"$ref": "#/channels/Replies/messages/OrderOutcome"}],
        },
    }


def _events_operation() -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": "#/channels/OrderEvents"},
        "title": OrderEvent.TYPE,
        "summary": CATALOGUE[OrderEvent.TYPE].summary,
        "description": "Bind a queue of your own to the exchange "
        f"{queues.EVENTS_EXCHANGE}, for instance with `order.issued.*`, `order.*.k` or `order.#`.",
        "tags": [{"name": "event"}],
        "messages": [{"$ref": "#/channels/OrderEvents/messages/OrderEvent"}],
        "bindings": {"amqp": {"deliveryMode": 2, "bindingVersion": "0.3.0"}},
    }


def _message(entry: Entry) -> dict[str, Any]:
    name = _name(entry)
    payload = name if entry.kind == "reply" else f"{name}Envelope"
    return {
        "name": entry.type,
        "title": name,
        "summary": entry.summary,
        "contentType": "application/json",
        "traits": [{"$ref": f"#/components/messageTraits/{_trait(entry)}"}],
        "payload": {"$ref": _PLACE + payload},
        "bindings": {
            "amqp": {
                "contentEncoding": "utf-8",
                "messageType": entry.type,
                "bindingVersion": "0.3.0",
            }
        },
    }


def _trait(entry: Entry) -> str:
    return {"command": "asked", "query": "asked", "reply": "answered"}.get(entry.kind, "told")


def _schemas() -> dict[str, Any]:
    read: list[type[BaseModel]] = []
    written: list[type[BaseModel]] = [OrderOutcome]
    for entry in public_entries():
        if entry.kind in {"command", "query"}:
            read.append(envelope_of(entry.model))
        elif entry.kind == "event":
            written.append(envelope_of(entry.model))
    pairs = [(model, "validation") for model in read]
    _, found = models_json_schema(
        [*pairs, *((model, "serialization") for model in written)],  # type: ignore[list-item]
        ref_template=_PLACE + "{model}",
    )
    schemas = {_readable(name): schema for name, schema in found["$defs"].items()}
    for entry in public_entries():
        if entry.kind != "reply":
            envelope = schemas[f"{_name(entry)}Envelope"]
            envelope["title"] = f"{_name(entry)}Envelope"
            envelope["description"] = f"{entry.type} in its envelope."
            envelope["properties"]["type"]["const"] = entry.type
    return dict(sorted(schemas.items()))


def _readable(name: str) -> str:
    """Return the name of an envelope's schema as a person would write it."""
    inner = name.removeprefix("Envelope_").removesuffix("_")
    return f"{inner}Envelope" if inner != name else name

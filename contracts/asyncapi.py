"""The messages on the broker as an AsyncAPI 3.0 document, made from the catalogue.

Why it exists: upstream systems see what they may publish and subscribe to. It must not
name a message that the catalogue does not hold.
"""

from typing import Any

from . import queues
from .catalogue import CATALOGUE, Entry


def asyncapi_document() -> dict[str, Any]:
    """Return the document as plain data."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "ticketbridge messages",
            "version": "1",
            "description": "Commands, events and replies on the broker. Payloads are envelopes; "
            "the reply is the bare outcome. A command is published on the exchange "
            f"{queues.COMMANDS_EXCHANGE} with its type as routing key.",
        },
        "defaultContentType": "application/json",
        "channels": {_name(entry): _channel(entry) for entry in CATALOGUE.values()},
        "operations": {_name(entry): _operation(entry) for entry in CATALOGUE.values()},
        "components": {"messages": {_name(entry): _message(entry) for entry in CATALOGUE.values()}},
    }


def _name(entry: Entry) -> str:
    return entry.model.__name__


def _channel(entry: Entry) -> dict[str, Any]:
    channel: dict[str, Any] = {
        "address": entry.queue or None,
        "description": entry.summary,
        "messages": {_name(entry): {"$ref": f"#/components/messages/{_name(entry)}"}},
    }
    if "{app_key}" in entry.queue:
        channel["parameters"] = {"app_key": {"description": "开发key: whose queue it is."}}
    return channel


def _operation(entry: Entry) -> dict[str, Any]:
    return {
        "action": "receive" if entry.kind == "command" else "send",
        "channel": {"$ref": f"#/channels/{_name(entry)}"},
        "summary": entry.summary,
    }


def _message(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.type,
        "title": _name(entry),
        "summary": entry.summary,
        "payload": {"$ref": f"./schemas/{entry.type}.json"},
    }

"""The page of the AsyncAPI document.

Why it exists: operations, channels and messages become entries. It must not draw anything.
"""

from typing import Any

from apidocs.fields import Reader
from apidocs.page import Body, Document, Entry, Group, Page

_GROUPS = {
    "command": ("Commands", "Publish these to change something."),
    "query": ("Queries", "Publish these to ask; nothing changes."),
    "event": ("Events", "Bind a queue of your own to receive these."),
}


def queue_page(document: Document) -> Page:
    """Return the page of an AsyncAPI document."""
    reader = Reader(document)
    entries: dict[str, list[Entry]] = {name: [] for name in _GROUPS}
    for name, operation in document["operations"].items():
        kind = operation["tags"][0]["name"]
        entries[kind].append(_entry(name, operation, document, reader))
    groups = [Group(*_GROUPS[name], found) for name, found in entries.items()]
    info = document["info"]
    form = f"AsyncAPI {document['asyncapi']}"
    return Page(info["title"], info["version"], info["description"], form, groups)


def _entry(name: str, operation: dict[str, Any], document: Document, reader: Reader) -> Entry:
    channel = _at(document, operation["channel"]["$ref"])
    exchange = channel["bindings"]["amqp"]["exchange"]
    facts = {
        "Exchange": f"{exchange['name']} ({exchange['type']})",
        "Routing key": channel["address"],
        **{key: part["description"] for key, part in channel.get("parameters", {}).items()},
    }
    for key, part in channel.get("parameters", {}).items():
        if "enum" in part:
            facts[key] = f"{part['description']} One of {', '.join(part['enum'])}."
    reply = operation.get("reply")
    if reply:
        facts["Answer to"] = f"the property reply_to: {reply['address']['description']}"
    return Entry(
        name,
        "you publish" if operation["action"] == "receive" else "you receive",
        operation["title"],
        operation["summary"],
        operation["description"],
        facts,
        [_body(one, document, reader) for one in operation["messages"]],
        [_body(one, document, reader) for one in reply["messages"]] if reply else [],
    )


def _body(reference: dict[str, str], document: Document, reader: Reader) -> Body:
    message = _at(document, reference["$ref"])
    message = _at(document, message["$ref"]) if "$ref" in message else message
    trait = _at(document, message["traits"][0]["$ref"])
    return Body(
        message["name"],
        trait["description"],
        reader.shape(message["payload"]),
        reader.shape(trait["headers"]),
    )


def _at(document: Document, reference: str) -> dict[str, Any]:
    place: Any = document
    for step in reference.removeprefix("#/").split("/"):
        place = place[step]
    found: dict[str, Any] = place
    return found

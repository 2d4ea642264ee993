"""The OpenAPI document as the fuzz needs it: what is JSON text there is an object here.

A generator sees ``params`` and ``OrderNotifyBody`` as text, and would never write a good
order into it. So their contentSchema takes their place; the hooks turn the objects that
come out into text again, and sign it.
"""

import copy
from typing import Any


def behind_the_signature(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with every content described where it is used."""
    document = copy.deepcopy(document)
    for path in document["paths"].values():
        for operation in path.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                content.pop("examples", None)  # their time stamps are old
    for schema in document["components"]["schemas"].values():
        _open(schema)
    del document["webhooks"]  # nothing of them is served
    return document


def _open(schema: dict[str, Any]) -> None:
    for name, part in schema.get("properties", {}).items():
        if "contentSchema" in part:
            schema["properties"][name] = part["contentSchema"]

"""The page of the OpenAPI document.

Why it exists: paths, statuses and webhooks become entries. It must not draw anything.
"""

import json
from collections.abc import Iterator
from typing import Any

from apidocs.fields import Reader, Shape
from apidocs.page import Body, Document, Entry, Group, Page


def http_page(document: Document) -> Page:
    """Return the page of an OpenAPI document."""
    reader = Reader(document)
    entries = list(_entries(document, reader))
    groups = [
        Group(
            tag["name"], tag["description"], [one for name, one in entries if name == tag["name"]]
        )
        for tag in document["tags"]
    ]
    webhooks = [_webhook(name, item["post"], reader) for name, item in document["webhooks"].items()]
    about = "What a channel receives at the URLs that it names to the operator."
    info = document["info"]
    form = f"OpenAPI {document['openapi']}"
    groups.append(Group("Notifications to channels", about, webhooks))
    return Page(info["title"], info["version"], info["description"], form, groups)


def _entries(document: Document, reader: Reader) -> Iterator[tuple[str, Entry]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "head":
                entry = _entry(method.upper(), path, operation, reader)
                yield operation["tags"][0], entry


def _entry(badge: str, address: str, operation: dict[str, Any], reader: Reader) -> Entry:
    body = operation.get("requestBody")
    headers = _headers(operation.get("parameters", ()), reader)
    sent = [_body("Request", body or {}, reader, headers)] if body else []
    answered = [
        _body(status, response, reader, _headers(_named(response.get("headers", {})), reader))
        for status, response in operation["responses"].items()
    ]
    return Entry(
        operation["operationId"],
        badge,
        address,
        operation["summary"],
        operation.get("description", ""),
        {},
        sent,
        answered,
    )


def _webhook(name: str, operation: dict[str, Any], reader: Reader) -> Entry:
    return _entry("POST to the channel", name, operation, reader)


def _named(headers: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, **header} for name, header in headers.items()]


def _headers(parameters: Any, reader: Reader) -> Shape | None:  # noqa: ANN401
    properties = {
        one["name"]: {**one["schema"], "description": one.get("description", "")}
        for one in parameters
    }
    required = [one["name"] for one in parameters if one.get("required")]
    return reader.shape({"properties": properties, "required": required}) if properties else None


def _body(title: str, given: dict[str, Any], reader: Reader, headers: Shape | None) -> Body:
    content = given.get("content", {}).get("application/json", {})
    examples = [one["value"] for one in content.get("examples", {}).values()]
    return Body(
        title,
        given.get("description", ""),
        reader.shape(content["schema"]) if "schema" in content else None,
        headers,
        json.dumps(examples[0], ensure_ascii=False, indent=2) if examples else "",
    )

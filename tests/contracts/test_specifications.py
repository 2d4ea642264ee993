"""What we publish, judged by the validators that its formats' own makers point to."""

import copy
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import OpenAPIV31SpecValidator

from contracts import queues
from contracts.asyncapi import asyncapi_document, public_entries
from contracts.catalogue import CATALOGUE
from contracts.channel import ChannelRequest
from contracts.export import FOLDER
from contracts.openapi import openapi_document
from contracts.openapi_interfaces import INTERFACES
from worker.broker.topology import COMMANDS
from worker.ingress import server

PUBLISHED = Path(__file__).parent / "published"
DOCUMENTS = ("openapi.yaml", "asyncapi.yaml")


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load((FOLDER / name).read_text("utf-8"), yaml.CSafeLoader)
    return document


def of_openapi(document: dict[str, Any]) -> str:
    return first(OpenAPIV31SpecValidator(document).iter_errors())


def of_asyncapi(document: dict[str, Any]) -> str:
    schema = json.loads((PUBLISHED / "asyncapi-3.0.0.json").read_text("utf-8"))
    return first(Draft7Validator(schema).iter_errors(document))


def first(errors: Iterable[Any]) -> str:
    return next((error.message for error in errors), "")


def test_the_openapi_document_is_valid() -> None:
    assert of_openapi(read("openapi.yaml")) == ""


def test_the_asyncapi_document_is_valid() -> None:
    assert of_asyncapi(read("asyncapi.yaml")) == ""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("paths", "/public/createOrder", "post", "responses"), []),
        (("paths", "/healthz", "get", "responses", "200"), {"content": {}}),
        (("components", "schemas", "CreateOrder", "properties", "count", "type"), "whole"),
        (("info",), {"title": "no version"}),
    ],
)
def test_a_planted_fault_of_openapi_is_found(path: tuple[str, ...], value: object) -> None:
    assert of_openapi(planted(openapi_document(), path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("operations", "CreateOrderCommand", "action"), "publish"),
        (("operations", "CreateOrderCommand", "channel"), "CreateOrderCommand"),
        (("channels", "OrderEvents", "bindings", "amqp", "is"), "topic"),
        (("components", "messages", "OrderEvent", "payload"), 1),
        (("components", "schemas", "OrderOutcome", "type"), "thing"),
    ],
)
def test_a_planted_fault_of_asyncapi_is_found(path: tuple[str, ...], value: object) -> None:
    assert of_asyncapi(planted(asyncapi_document(), path, value))


def planted(document: dict[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    document = copy.deepcopy(document)
    *way, last = path
    place = document
    for step in way:
        place = place[step]
    assert last in place
    place[last] = value
    return document


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_reference_leads_somewhere_within_the_document(name: str) -> None:
    document = read(name)
    references = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(document)))
    assert len(references) > 20
    for reference in references:
        assert reference.startswith("#/"), "the document stands alone"
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_component_is_a_schema_of_2020_12_and_is_used(name: str) -> None:
    document = read(name)
    text = json.dumps(document)
    for title, schema in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert f'"#/components/schemas/{title}"' in text, f"{title} is not used"


def test_openapi_names_the_paths_that_are_served() -> None:
    served = {str(value) for name, value in vars(server).items() if name.isupper()}
    served = {path for path in served if path.startswith("/public/")}
    described = {path for path in openapi_document()["paths"] if path.startswith("/public/")}
    assert described == served


def test_the_examples_are_requests_as_they_travel() -> None:
    paths = openapi_document()["paths"]
    for one in INTERFACES:
        content = paths[f"/public/{one.name}"]["post"]["requestBody"]["content"]
        value = content["application/json"]["examples"]["signed"]["value"]
        one.request.model_validate_json(ChannelRequest(**value).params)


def test_asyncapi_names_what_is_bound_and_nothing_that_stays_inside() -> None:
    document = asyncapi_document()
    bound = {pattern.partition(".")[0] for pattern, _ in COMMANDS}
    asked = {entry.type for entry in CATALOGUE.values() if entry.kind in {"command", "query"}}
    assert {name.partition(".")[0] for name in asked} == bound
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert addresses == asked | {"order.{kind}.{app_key}", None}
    inside = {
        "zzy.notice.v1",
        "channel.notification.v1",
        "voucher.sms.v1",
        "order.unanswered.v1",
        "order.resolve.v1",
    }
    assert {entry.type for entry in public_entries()} == CATALOGUE.keys() - inside
    assert not [name for name in internal_names() if name in json.dumps(document)]


def internal_names() -> Iterator[str]:
    yield from (queues.NOTICES, queues.SMS, queues.RELAY_PREFIX, queues.DEAD, queues.ORDERS)

"""contracts/examples: each is read, fits its schema, and is written again as it stands."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import BaseModel

from contracts import channel
from contracts.catalogue import CATALOGUE
from contracts.channel_extras import ExtraRequest
from contracts.channel_reports import Report
from contracts.envelope import unwrap
from contracts.export import FOLDER, wire_models

EXAMPLES = {path.stem: path for path in sorted((FOLDER / "examples").glob("*.json"))}
OLD = {
    "order.create.v1",
    "order.cancel.v1",
    "zzy.notice.v1",
    "channel.notification.v1",
}
"""Messages whose examples are the documents' own (tests/golden)."""


def fields(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return read


def test_every_interface_of_ours_and_every_message_has_one() -> None:
    ours = {
        f"channel.{name}"
        for name in channel.__all__
        if isinstance(thing := getattr(channel, name), type)
        and issubclass(thing, ExtraRequest | Report)
    }
    parts = {"channel.ProductReport"}
    assert set(EXAMPLES) == (ours - parts) | (CATALOGUE.keys() - OLD)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_fits_its_published_schema(name: str) -> None:
    schema = json.loads((FOLDER / f"schemas/{name}.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(fields(EXAMPLES[name]))


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_written_as_it_is_read(name: str) -> None:
    model: type[BaseModel] = wire_models()[name]
    told = fields(EXAMPLES[name])
    written = model.model_validate(told).model_dump(mode="json")
    assert {key: written[key] for key in told} == told
    assert all(not written[key] for key in written.keys() - told.keys())


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name in CATALOGUE])
def test_an_example_s_message_is_unwrapped(name: str) -> None:
    entry, raw = CATALOGUE[name], EXAMPLES[name].read_bytes()
    if entry.kind != "reply":
        assert unwrap(entry.model, raw).type == name

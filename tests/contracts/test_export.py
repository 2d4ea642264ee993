import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import BaseModel

from contracts import channel, zzy
from contracts.asyncapi import asyncapi_document
from contracts.export import FOLDER, main, stale, wire_models, write
from contracts.openapi import openapi_document
from contracts.yaml_text import to_yaml

DOCUMENTS = Path(__file__).parents[2] / "docs/protocols"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_the_generated_files_are_fresh() -> None:
    assert stale() == []
    assert main(["--check"]) == 0


def test_a_stale_a_missing_and_a_superfluous_file_are_found_and_mended(tmp_path: Path) -> None:
    write(tmp_path)
    assert stale(tmp_path) == []
    (tmp_path / "openapi.yaml").write_text("old")
    (tmp_path / "schemas/zzy.Product.json").unlink()
    (tmp_path / "schemas/gone.v1.json").write_text("{}")
    assert stale(tmp_path) == ["openapi.yaml", "schemas/gone.v1.json", "schemas/zzy.Product.json"]
    write(tmp_path)
    assert stale(tmp_path) == []


def test_the_yaml_says_what_was_meant() -> None:
    assert yaml.safe_load((FOLDER / "openapi.yaml").read_text("utf-8")) == openapi_document()
    assert yaml.safe_load((FOLDER / "asyncapi.yaml").read_text("utf-8")) == asyncapi_document()
    odd: dict[str, object] = {
        "on": [],
        "a b": {},
        "n": None,
        "list": [[1, "2"], {"x": True}],
        "text": "a: 'b' #\n",
    }
    assert yaml.safe_load(to_yaml(odd)) == odd


@pytest.mark.parametrize("name", sorted(wire_models()))
def test_schemas_are_valid_and_references_lead_somewhere(name: str) -> None:
    schema = json.loads((FOLDER / f"schemas/{name}.json").read_text("utf-8"))
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(schema)


def models(of: object) -> list[type[BaseModel]]:
    names: list[str] = of.__all__  # type: ignore[attr-defined]
    found = [getattr(of, name) for name in names]
    return [thing for thing in found if isinstance(thing, type) and issubclass(thing, BaseModel)]


@pytest.mark.parametrize("model", [*models(channel), *models(zzy)], ids=lambda m: m.__name__)
def test_every_field_is_described_with_section_and_example(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        text = field.description or ""
        assert "Example: " in text, name
        assert re.search(r"\d\.\d\.\d|\d\.\S*接口|\d\.取消订单|一、|三、|Ours", text), name
        named = CHINESE.search(text) or re.match(r"[A-Z][A-Za-z]+[:,]", text) or "Ours" in text
        assert named or name in {"status", "code"}, name


def test_every_row_of_zzy_s_tables_is_a_field() -> None:
    text = (DOCUMENTS / "zzy.txt").read_text("utf-8")
    kinds = "int|Int|string|String|Object|Collection|decimal|boolean|integer|datetime"
    documented = set(re.findall(rf"^([A-Z][A-Za-z]+) (?:{kinds})\b", text, re.MULTILINE))
    assert len(documented) > 60
    fields = {
        field.alias or name for model in models(zzy) for name, field in model.model_fields.items()
    }
    assert documented - fields == {"Person"}  # an entity, not a field


def test_every_row_of_the_channel_s_tables_is_a_field_and_every_code_is_there() -> None:
    text = (DOCUMENTS / "channel.txt").read_text("utf-8")
    rows = re.findall(r"^\t([a-z_]+)\n\t(?:string|String|long|double|int)$", text, re.MULTILINE)
    fields = {name for model in models(channel) for name in model.model_fields}
    assert len(set(rows)) > 15
    assert set(rows) - fields == {"app_secret"}  # it never travels
    codes = dict(re.findall(r"^\t(\d{4})\n\t(\S+)$", text, re.MULTILINE))
    assert len(codes) == 21 + 1
    assert {code.value: code.text for code in channel.Code if code != "9999"} == codes

"""The comparison of schemas, on planted changes: each is breaking for one end, or for none."""

from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from contracts.compat import broken


class Part(BaseModel):
    code: str = Field(max_length=10)
    note: str = ""


class Old(BaseModel):
    name: str = Field(max_length=10)
    count: int = Field(ge=1, le=5)
    kind: Literal["a", "b"]
    amount: float | None = None
    parts: list[Part] = []


class OptionalField(Old):
    """Says more."""

    extra: str = ""


class RequiredField(Old):
    extra: str


class RequiredBecomesOptional(Old):
    name: str = Field(default="", max_length=10)


class Gone(BaseModel):
    name: str = Field(max_length=10)
    count: int = Field(ge=1, le=5)
    kind: Literal["a", "b"]
    parts: list[Part] = []


class Renamed(Gone):
    sum: float | None = None


class NarrowerType(Old):
    amount: float = 0


class OtherType(Old):
    name: int  # type: ignore[assignment]


class WiderType(Old):
    count: int | str  # type: ignore[assignment]


class IntegerForNumber(Old):
    amount: int | None = None


class LowerBound(Old):
    count: int = Field(ge=2, le=5)


class HigherBound(Old):
    count: int = Field(ge=1, le=9)


class Pattern(Old):
    name: str = Field(max_length=10, pattern="^x")


class ValueAdded(Old):
    kind: Literal["a", "b", "c"]  # type: ignore[assignment]


class ValueGone(Old):
    kind: Literal["a"]


class AnyValue(Old):
    kind: str  # type: ignore[assignment]


class Closed(Old):
    model_config = ConfigDict(extra="forbid")


class LongerCode(Part):
    code: str = Field(max_length=20)


class PartChanged(Old):
    parts: list[LongerCode] = []  # type: ignore[assignment]


class Described(Old):
    name: str = Field(max_length=10, description="A name.", examples=["n"])


CHANGES: list[tuple[type[BaseModel], str, str]] = [
    (Old, "", ""),
    (Described, "", ""),
    (OptionalField, "", ""),
    (RequiredField, "extra: is required now", ""),
    (RequiredBecomesOptional, "", "name: may be missing now"),
    (Gone, "amount: is gone", "amount: is gone"),
    (Renamed, "amount: is gone", "amount: is gone"),
    (NarrowerType, "amount: type null is taken no longer", ""),
    (OtherType, "name: type string is taken no longer", "name: type integer may come now"),
    (WiderType, "", "count: type string may come now"),
    (IntegerForNumber, "amount: type number is taken no longer", ""),
    (LowerBound, "count: less than minimum 2 is taken no longer", ""),
    (HigherBound, "", "count: more than maximum 5 may come now"),
    (Pattern, "name: another pattern is taken no longer", ""),
    (ValueAdded, "", "kind: the value 'c' may come now"),
    (ValueGone, "kind: the value 'b' is taken no longer", ""),
    (AnyValue, "", "kind: any value may come now"),
    (Closed, "an unknown field is taken no longer", ""),
    (PartChanged, "", "parts[].code: more than maxLength 10 may come now"),
]


@pytest.mark.parametrize(
    ("new", "accepted", "told"), CHANGES, ids=lambda v: getattr(v, "__name__", "")
)
def test_a_change_breaks_the_end_that_it_breaks(
    new: type[BaseModel], accepted: str, told: str
) -> None:
    before, after = Old.model_json_schema(), new.model_json_schema()
    for direction, said in (("accepted", accepted), ("told", told)):
        found = broken(before, after, direction)  # type: ignore[arg-type]
        assert bool(found) is bool(said), found
        assert not said or any(said in one for one in found), found
    both = broken(before, after, "both")
    assert bool(both) is bool(accepted or told)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "string"}, {"type": "string", "contentEncoding": "base64"}),
        ({"type": "string"}, {"type": "string", "x-of-tomorrow": 1}),
        ({"type": "object"}, {"not": {"type": "string"}}),
        ({"type": "string"}, {"allOf": [{"type": "string"}, {"maxLength": 3}]}),
        (
            {"type": "object", "additionalProperties": {"type": "string"}},
            {"type": "object", "additionalProperties": {"type": "integer"}},
        ),
        (
            {"type": "array", "items": {"type": "string"}},
            {"type": "array", "items": {"type": "integer"}},
        ),
        ({"type": "array"}, {"type": "array", "items": {"type": "integer"}}),
        ({"type": "object"}, {"type": "object", "additionalProperties": {"type": "integer"}}),
        ({"enum": [1, 2]}, {"enum": ["1", "2"]}),
    ],
)
def test_what_is_not_understood_counts_as_breaking(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    assert broken(old, new, "both")


def test_a_schema_that_refers_to_itself_ends() -> None:
    tree = {
        "$defs": {"Tree": {"properties": {"next": {"$ref": "#/$defs/Tree"}}, "type": "object"}},
        "$ref": "#/$defs/Tree",
    }
    assert broken(tree, tree, "both") == []

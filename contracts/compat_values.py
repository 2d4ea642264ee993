"""Whether every value that one schema allows is allowed by another, keyword by keyword.

Why it exists: types, enumerations, bounds and patterns are compared in one place, for both
directions of compat.py. It must not look inside objects and lists; a keyword that it does
not know counts as a difference.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

_WORDS: Final = frozenset(
    {"title", "description", "default", "examples", "$schema", "$defs", "$ref", "deprecated"}
)
"""They bind nobody."""
_INSIDE: Final = frozenset({"properties", "required", "items", "contentSchema"})
"""Compared by compat.py."""
_LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_SAME: Final = frozenset(
    {"pattern", "format", "multipleOf", "contentMediaType", "contentEncoding", "uniqueItems"}
)
_KNOWN: Final = (
    _WORDS
    | _INSIDE
    | _SAME
    | {*_LOWER, *_UPPER}
    | {
        "type",
        "enum",
        "const",
        "anyOf",
        "oneOf",
        "allOf",
        "additionalProperties",
    }
)
_ANY: Final = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})


def variants(schema: Schema, definitions: Mapping[str, Schema]) -> list[Schema]:
    """Return the alternatives of a schema, without references, unions or lists of types."""
    beside = {key: value for key, value in schema.items() if key not in {"$ref", "anyOf", "oneOf"}}
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return [{**one, **beside} for one in variants(definitions[name], definitions)]
    for union in ("anyOf", "oneOf"):
        if union in schema:
            parts = [one for part in schema[union] for one in variants(part, definitions)]
            return [{**beside, **part} for part in parts]
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": one} for one in schema["type"]]
    return [schema]


def narrower(small: Schema, large: Schema) -> Iterator[str]:
    """Yield which values fit ``small`` and not ``large``, in words."""
    for keyword in sorted((small.keys() | large.keys()) - _KNOWN):
        if small.get(keyword) != large.get(keyword):
            yield f"what {keyword} says"
    if not _types(small) <= _types(large):
        yield f"type {' or '.join(sorted(_types(small) - _types(large)))}"
    yield from _enumerations(small, large)
    yield from _bounds(small, large)
    for keyword in sorted(_SAME & large.keys()):
        if small.get(keyword) != large[keyword] and "const" not in small and "enum" not in small:
            yield f"another {keyword}"
    if (
        large.get("additionalProperties") is False
        and small.get("additionalProperties") is not False
    ):
        yield "an unknown field"
    if "allOf" in small.keys() | large.keys() and small.get("allOf") != large.get("allOf"):
        yield "what allOf says"


def _types(schema: Schema) -> frozenset[str]:
    kind = schema.get("type")
    if kind is None:
        values = _values(schema)
        return _ANY if values is None else frozenset({"string"} if values else ())
    return frozenset({kind, "integer"}) if kind == "number" else frozenset({kind})


def _values(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    values: list[Any] | None = schema.get("enum")
    return values


def _enumerations(small: Schema, large: Schema) -> Iterator[str]:
    allowed = _values(large)
    if allowed is None:
        return
    given = _values(small)
    if given is None:
        yield "any value"
    else:
        yield from (f"the value {value!r}" for value in given if value not in allowed)


def _bounds(small: Schema, large: Schema) -> Iterator[str]:
    for keyword in _LOWER:
        if keyword in large and small.get(keyword, float("-inf")) < large[keyword]:
            yield f"less than {keyword} {large[keyword]}"
    for keyword in _UPPER:
        if keyword in large and small.get(keyword, float("inf")) > large[keyword]:
            yield f"more than {keyword} {large[keyword]}"

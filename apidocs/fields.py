"""A JSON schema as a table that a person reads: name, type, meaning, example, parts.

Why it exists: references, unions and JSON inside of text are resolved before the template
sees them. It must not know where a schema is used.
"""

import json
from dataclasses import dataclass, field
from typing import Any, Final

Schema = dict[str, Any]

_EXAMPLE: Final = " Example: "
_NOTHING: Final = ("{}", "[]")
_BOUNDS: Final = {
    "minimum": "≥ {}",
    "maximum": "≤ {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "format": "{}",
}
_PLAIN: Final = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f\s][^\x00-\x1f\x7f]*$"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object."""

    name: str
    type: str
    required: bool
    text: str
    example: str
    limits: list[str]
    shape: "Shape | None"
    """What is inside of it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An object, or several that it may be."""

    text: str = ""
    fields: list[Field] = field(default_factory=list)
    variants: list["Shape"] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Tell whether there is nothing to draw."""
        return not self.fields and not self.variants


class Reader:
    """Reads the schemas of one document."""

    def __init__(self, document: Schema) -> None:
        """Resolve references within ``document``."""
        self._document = document

    def shape(self, schema: Schema, seen: tuple[str, ...] = ()) -> Shape:
        """Return the objects that ``schema`` allows."""
        schema, seen = self._resolved(schema, seen)
        text = str(schema.get("description", "")).partition(_EXAMPLE)[0]
        parts = [one for one in _union(schema) if one.get("type") != "null"]
        if parts:
            shapes = [shape for part in parts if not (shape := self.shape(part, seen)).empty]
            return shapes[0] if len(shapes) == 1 else Shape(text, [], shapes)
        if "items" in schema:
            return self.shape(schema["items"], seen)
        required = schema.get("required", ())
        fields = [
            self._field(name, part, name in required, seen)
            for name, part in schema.get("properties", {}).items()
        ]
        return Shape(text, fields)

    def _field(self, name: str, given: Schema, required: bool, seen: tuple[str, ...]) -> Field:  # noqa: FBT001
        schema, inner = self._resolved(given, seen)
        text, _, example = str(given.get("description", schema.get("description", ""))).partition(
            _EXAMPLE
        )
        content = schema.get("contentSchema")
        shape = None
        if len(inner) == len(set(inner)):
            shape = self.shape(content or schema, inner)
        return Field(
            name,
            self.type(given),
            required,
            text,
            "" if example in _NOTHING else example,
            self._limits(given),
            None if shape is None or shape.empty else shape,
        )

    def type(self, schema: Schema) -> str:
        """Return the type in words."""
        schema, _ = self._resolved(schema, ())
        if "const" in schema:
            return json.dumps(schema["const"], ensure_ascii=False)
        if parts := _union(schema):
            return " | ".join(dict.fromkeys(self.type(part) for part in parts))
        if "items" in schema:
            return f"list of {self.type(schema['items'])}"
        if "contentSchema" in schema:
            return "string that holds JSON"
        kind = schema.get("type", "any")
        return " | ".join(kind) if isinstance(kind, list) else str(kind)

    def _limits(self, schema: Schema) -> list[str]:
        schema, _ = self._resolved(schema, ())
        found = [text.format(schema[name]) for name, text in _BOUNDS.items() if name in schema]
        if "pattern" in schema:
            plain = schema["pattern"] == _PLAIN
            found.append("one line, not blank" if plain else f"pattern {schema['pattern']}")
        if "enum" in schema:
            found.append("one of " + ", ".join(str(value) for value in schema["enum"]))
        for part in _union(schema):
            found += self._limits(part)
        return list(dict.fromkeys(found))

    def _resolved(self, schema: Schema, seen: tuple[str, ...]) -> tuple[Schema, tuple[str, ...]]:
        while "$ref" in schema:
            reference = str(schema["$ref"])
            seen = (*seen, reference)
            target: Any = self._document
            for step in reference.removeprefix("#/").split("/"):
                target = target[step]
            beside = {name: value for name, value in schema.items() if name != "$ref"}
            schema = {**target, **beside}
        return schema, seen


def _union(schema: Schema) -> list[Schema]:
    found: list[Schema] = schema.get("anyOf") or schema.get("oneOf") or []
    return found

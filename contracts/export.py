"""Writes what others read instead of our code: schemas/, asyncapi.yaml, openapi.yaml.

Why it exists: the models are the source, the files their picture; ``python -m
contracts.export`` paints it anew and ``--check`` exits 1 when it is stale. It must not add
a fact that no model or table holds, but for the paths of the HTTP interface.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from . import channel, zzy
from .asyncapi import asyncapi_document
from .catalogue import CATALOGUE
from .envelope import envelope_of
from .openapi import openapi_document
from .release import direction_of
from .yaml_text import to_yaml

FOLDER: Final = Path(__file__).parent


def wire_models() -> dict[str, type[BaseModel]]:
    """Return every model of the two protocols and every message of ours, by file name."""
    found: dict[str, type[BaseModel]] = {}
    for prefix, module in (("channel", channel), ("zzy", zzy)):
        for name in module.__all__:
            thing = getattr(module, name)
            if isinstance(thing, type) and issubclass(thing, BaseModel):
                found[f"{prefix}.{name}"] = thing
    for name, entry in CATALOGUE.items():
        found[name] = entry.model if entry.kind == "reply" else envelope_of(entry.model)
    return found


def files() -> dict[str, str]:
    """Return every generated file's content by its path below this folder."""
    texts = {
        f"schemas/{name}.json": _schema_text(name, model) for name, model in wire_models().items()
    }
    texts["asyncapi.yaml"] = to_yaml(asyncapi_document())
    texts["openapi.yaml"] = to_yaml(openapi_document())
    return texts


def _schema_text(name: str, model: type[BaseModel]) -> str:
    told = direction_of(name) == "told"
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **model.model_json_schema(mode="serialization" if told else "validation"),
        "title": name,
    }
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def stale(folder: Path = FOLDER) -> list[str]:
    """Return which files differ from what would be written, are missing or superfluous."""
    wanted = files()
    differing = [name for name, text in wanted.items() if _text(folder / name) != text]
    present = {f"schemas/{path.name}" for path in (folder / "schemas").glob("*.json")}
    return sorted({*differing, *(present - wanted.keys())})


def write(folder: Path = FOLDER) -> None:
    """Write every file, and remove schemas of models that are no more."""
    texts = files()
    for name in stale(folder):
        path = folder / name
        text = texts.get(name)
        if text is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def main(arguments: Sequence[str]) -> int:
    """Write, or with ``--check`` only tell; returns the exit code."""
    old = stale()
    if "--check" not in arguments:
        write()
        return 0
    for name in old:
        sys.stderr.write(f"stale: contracts/{name} (run python -m contracts.export)\n")
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""From a file and the environment to checked settings, or one error that says what is wrong.

Why it exists: the person at the keyboard reads the file, the key and the nearest known
name. It must not print the value of a secret.
"""

import difflib
import os
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from worker.errors import SettingsError
from worker.settings.models import Settings
from worker.settings.sources import SECRETS, Key, Source, add_environment, read_file

NO_KEY = frozenset({"folder"})
"""Fields of Settings that are no keys of the file."""


def load_settings(
    path: Path | str | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Read the file (none: the embedded defaults) and the environment.

    Raises SettingsError that names every wrong key and where it stands.
    """
    source = Source({}) if path is None else read_file(Path(path).absolute())
    add_environment(source, os.environ if environment is None else environment)
    folder = Path.cwd() if path is None else Path(path).absolute().parent
    wrong = [f"{_place(source, (key,))}: unknown key {key}" for key in NO_KEY & set(source.values)]
    if wrong:
        raise SettingsError("\n".join(wrong))
    try:
        return Settings.model_validate({**source.values, "folder": folder})
    except ValidationError as error:
        lines = [_explain(source, detail) for detail in error.errors()]
        raise SettingsError("\n".join(dict.fromkeys(lines))) from None


def _place(source: Source, key: Key) -> str:
    return source.origin(key) or "settings"


def _explain(source: Source, detail: ErrorDetails) -> str:
    key = detail["loc"]
    name = _dotted(key)
    place = _place(source, key)
    if detail["type"] == "extra_forbidden":
        return f"{place}: unknown key {name}{_suggestion(key)}"
    if detail["type"] == "missing":
        return f"{place}: {name} is missing"
    reason = detail["msg"].removeprefix("Value error, ").replace("tuple", "list")
    return f"{place}: {name}: {reason}{_shown(source, key)}"


def _shown(source: Source, key: Key) -> str:
    """Return the value that was refused, unless it is or may hold a secret."""
    if SECRETS & set(key):
        return ""
    value: Any = source.values
    for part in key:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return ""
    return "" if isinstance(value, dict | list) else f" (got {value!r})"


def _dotted(key: Key) -> str:
    name = ""
    for part in key:
        name += f"[{part}]" if isinstance(part, int) else f".{part}"
    return name.removeprefix(".")


def _suggestion(key: Key) -> str:
    known = _known_names(key[:-1])
    near = difflib.get_close_matches(str(key[-1]), known, n=1, cutoff=0.6)
    if near:
        return f": did you mean {near[0]}?"
    return f"; known are {', '.join(known)}" if known else ""


def _known_names(section: Key) -> list[str]:
    """Return the keys of a section, and the ``_file`` forms of its secrets."""
    model: Any = Settings
    for part in section:
        if isinstance(part, str):
            model = _section_type(model.model_fields[part].annotation)
    names = [name for name in model.model_fields if name not in NO_KEY]
    return sorted(names + [f"{name}_file" for name in names if name in SECRETS])


def _section_type(annotation: object) -> type[BaseModel]:
    """Return the section inside a type such as ``tuple[Channel, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(_section_type(inner) for inner in typing.get_args(annotation))

"""Reads the configuration file and the environment into one tree of plain values.

Why it exists: every value keeps the place it came from, so that an error can name it. It
must not know which settings there are, only which of them are secrets.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from worker.errors import SettingsError

PREFIX: Final = "TICKETBRIDGE_"
TEST_PREFIX: Final = "TICKETBRIDGE_TEST_"
"""Variables of the tests, which are no settings."""
SECRETS: Final = frozenset(
    {
        "app_secrets",
        "broker_url",
        "database_url",
        "encryption_keys",
        "gateway_secret",
        "password_hash",
        "previous_sign_keys",
        "purchase_key",
        "sign_key",
        "webhook_secret",
        "webhook_url",
    }
)
"""Keys whose value is never printed and may be read from a file: ``<name>_file``."""
LISTS: Final = frozenset({"app_secrets", "encryption_keys", "previous_sign_keys"})
"""Of these, a file holds one a line."""

Tree = dict[str, Any]
Key = tuple[str | int, ...]


@dataclass(slots=True)
class Source:
    """Values by section and key, and where those came from that are not of the file."""

    values: Tree
    file: str = ""
    variables: dict[Key, str] = field(default_factory=dict)

    def origin(self, key: Key) -> str:
        """Return the file or the variable that a key, or what is above it, came from."""
        for length in range(len(key), 0, -1):
            if name := self.variables.get(key[:length]):
                return name
        return self.file


def read_file(path: Path) -> Source:
    """Read a TOML file. Raises SettingsError."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not TOML: {error}") from None
    return Source(_with_secret_files(values, str(path), path.parent), file=str(path))


def add_environment(source: Source, environment: Mapping[str, str]) -> None:
    """Lay ``TICKETBRIDGE_<SECTION>__<NAME>`` over the values. Raises SettingsError.

    Lists and tables are written as JSON. ``<ENV NAME>_FILE`` names a file with a secret.
    """
    for name, text in sorted(environment.items()):
        if not name.startswith(PREFIX) or name.startswith(TEST_PREFIX):
            continue
        *sections, key = name.removeprefix(PREFIX).lower().split("__")
        table = source.values
        for section in sections:
            below = table.setdefault(section, {})
            if not isinstance(below, dict):
                raise SettingsError(f"{name}: {section} is no table")
            table = below
        value = _below(_structured(name, text), name, Path.cwd())
        if (secret := _secret_of(key)) is not None:
            key, value = secret, _read_secret(name, secret, Path(text))
        table[key] = value
        source.variables[*sections, key] = name


def _structured(name: str, text: str) -> object:
    if not text.startswith(("[", "{")):
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise SettingsError(f"{name}: not JSON: {error.msg}") from None


def _with_secret_files(values: Tree, place: str, folder: Path) -> Tree:
    """Return the values with every ``<secret>_file`` key replaced by what its file holds.

    ``place`` is where they stand, for an error; a relative path begins at ``folder``.
    """
    result: Tree = {}
    for key, value in values.items():
        secret = _secret_of(key)
        if secret is None:
            result[key] = _below(value, place, folder)
        elif secret in values:
            raise SettingsError(f"{place}: both {secret} and {key} are set")
        else:
            result[secret] = _read_secret(f"{place}: {key}", secret, folder / str(value))
    return result


def _below(value: object, place: str, folder: Path) -> object:
    if isinstance(value, dict):
        return _with_secret_files(value, place, folder)
    if isinstance(value, list):
        return [_below(item, place, folder) for item in value]
    return value


def _secret_of(key: str) -> str | None:
    name = key.removesuffix("_file")
    return name if name != key and name in SECRETS else None


def _read_secret(where: str, name: str, path: Path) -> str | list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise SettingsError(f"{where}: {path} cannot be read: {reason}") from None
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines if name in LISTS else "\n".join(lines)

"""Plain data as YAML text, always the same text for the same data.

Why it exists: asyncapi.yaml and openapi.yaml are read by people and compared byte by byte;
for that little the contracts shall not depend on a YAML library. It must not read YAML.
"""

import json
import re
from collections.abc import Iterator
from typing import Final

_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def to_yaml(value: object) -> str:
    """Return ``value`` (dicts, lists, text, numbers, truth values, None) as YAML."""
    return "\n".join(_lines(value, 0)) + "\n"


def _lines(value: object, depth: int) -> Iterator[str]:
    pad = "  " * depth
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from _entry(f"{pad}{_key(str(key))}:", part, depth)
    elif isinstance(value, list) and value:
        for part in value:
            yield from _entry(f"{pad}-", part, depth)
    else:
        yield pad + _scalar(value)


def _entry(head: str, part: object, depth: int) -> Iterator[str]:
    if isinstance(part, dict | list) and part:
        yield head
        yield from _lines(part, depth + 1)
    else:
        yield f"{head} {_scalar(part)}"


def _key(key: str) -> str:
    plain = _PLAIN_KEY.fullmatch(key) and key.lower() not in _WORDS
    return key if plain else json.dumps(key, ensure_ascii=False)


def _scalar(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)

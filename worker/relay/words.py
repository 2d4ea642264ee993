"""The first words of what a channel answered, for the person who looks into it.

Why it exists: an answer may repeat what it was sent: names, codes, phones. Of those nothing
may be kept here. It must not judge an answer.
"""

import json
import re
from collections.abc import Iterator
from typing import Final

LENGTH: Final = 200
MASK: Final = "***"

_SHORTEST: Final = 2
"""Of what was sent, a single character is no name and no code, and stands everywhere."""
_ESCAPES: Final = re.compile(r"\\u([0-9A-Fa-f]{4})")
_NUMBERS: Final = re.compile(r"\d{5,}")


def first_words(head: bytes, params: str) -> str:
    """Return the beginning of an answer as one line, without what ``params`` had told it."""
    told = _ESCAPES.sub(lambda escape: chr(int(escape[1], 16)), head.decode("utf-8", "replace"))
    text = " ".join(told.split())
    for sent in sorted(set(_texts(params)), key=len, reverse=True):
        text = text.replace(sent, MASK)
    return _NUMBERS.sub(MASK, text)[:LENGTH]


def _texts(params: str) -> Iterator[str]:
    try:
        yield from _strings(json.loads(params))
    except ValueError:
        yield params


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _strings(each)
    elif isinstance(value, str | int | float) and len(str(value)) >= _SHORTEST:
        yield str(value)

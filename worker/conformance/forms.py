"""The texts that one JSON object may have become on its way through somebody's library.

Why it exists: params is signed as text, so the same object written otherwise does not fit;
naming the form names the library's habit. It must not know secrets.
"""

import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote, quote_plus

from worker.conformance.suspects import Way

COMPACT: Final = (",", ":")
_GSON: Final = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&='"})


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=COMPACT)


def _ascii(value: object) -> str:
    return json.dumps(value, separators=COMPACT)


def _spaced(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _plain_numbers(value: Any) -> Any:  # noqa: ANN401  (JSON may be anything)
    """Write 6.0 as 6, as JavaScript does."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _plain_numbers(item) for key, item in value.items()}
    return [_plain_numbers(item) for item in value] if isinstance(value, list) else value


_FORMS: Final[tuple[tuple[str, Callable[[Any], str]], ...]] = (
    ("compact, without spaces", _compact),
    ("with a space after each comma and colon", _spaced),
    ("compact, Chinese characters escaped as \\u…", _ascii),
    ("with spaces, Chinese characters escaped as \\u…", json.dumps),
    (
        "with its keys sorted, compact",
        lambda v: json.dumps(v, ensure_ascii=False, separators=COMPACT, sort_keys=True),
    ),
    (
        "with its keys sorted, with spaces",
        lambda v: json.dumps(v, ensure_ascii=False, sort_keys=True),
    ),
    (
        "with its keys sorted, compact, Chinese characters escaped as \\u…",
        lambda v: json.dumps(v, separators=COMPACT, sort_keys=True),
    ),
    ("as JavaScript writes it (6.0 becomes 6)", lambda v: _compact(_plain_numbers(v))),
    ("as PHP's json_encode writes it (\\/ and \\u…)", lambda v: _ascii(v).replace("/", "\\/")),
    (
        "as PHP writes it with JSON_UNESCAPED_UNICODE (\\/)",
        lambda v: _compact(v).replace("/", "\\/"),
    ),
    ("as Gson writes it (< > & = ' escaped)", lambda v: _compact(v).translate(_GSON)),
    ("indented by two", lambda v: json.dumps(v, ensure_ascii=False, indent=2)),
    ("indented by four", lambda v: json.dumps(v, ensure_ascii=False, indent=4)),
)


def reserialised(value: object) -> list[Way]:
    """Return the texts of a JSON value, each once, the commonest first."""
    ways: dict[str, Way] = {}
    for told, write in _FORMS:
        text = write(value)
        ways.setdefault(text, Way(text, "params_reserialised", told))
    return list(ways.values())


def altered(text: str) -> list[Way]:
    """Return the other texts that may have been signed where ``text`` was sent."""
    try:
        ways = reserialised(json.loads(text))
    except (ValueError, RecursionError):
        ways = []
    ways += [
        Way(f"{text}\n", "params_trimmed", "with a line break at its end"),
        Way(f"{text}\r\n", "params_trimmed", "with a line break (CR LF) at its end"),
        Way(text.strip(), "params_trimmed", "without the white space around it"),
        Way(f"\ufeff{text}", "params_bom", "with a byte order mark (BOM) before it"),
        Way(json.dumps(text, ensure_ascii=False), "params_quoted", "as a quoted JSON string"),
        Way(json.dumps(text, ensure_ascii=False)[1:-1], "params_quoted", "with its quotes escaped"),
        Way(quote(text), "params_encoded", "percent-encoded"),
        Way(quote_plus(text), "params_encoded", "form-encoded"),
    ]
    return [way for way in ways if way.value != text]

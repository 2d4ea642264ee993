"""Good bodies, and what becomes of them on the way: odd values, cut bytes, other types.

Why it exists: bytes drawn at random never get past the first parser; what is nearly right
does. The good ones are those that 0.1.0 put on the wire and the examples that we publish.
"""

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES: Final = Path(__file__).parents[2] / "contracts" / "examples"
WIRE: Final = Path(__file__).parents[1] / "upgrades" / "histories" / "0.1.0" / "wire.json"

PHONE, ID_CARD, NAME, CODE = "13456451211", "410102198401020004", "张三", "710000001C-1"
PERSONAL: Final = (PHONE, ID_CARD, CODE)
"""What the good bodies hold of (made-up) people, and no log may."""

T = TypeVar("T")

HUGE: Final = [2**31, 2**63, 10**30, -1, 0, 1e308, float("nan"), float("inf")]
ODD: Final = ["", " ", "\0", "\ud800", "9" * 5000, "{" * 200, '{"a":', "1e999", "null", "x" * 300]
VALUES: Final = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.sampled_from([*HUGE, *ODD, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]),
        st.text(max_size=20),
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@cache
def good(kind: str = "") -> tuple[dict[str, Any], ...]:
    """Return good bodies of a type; without one, of all."""
    recorded = [json.loads(heard["body"]) for heard in json.loads(WIRE.read_text())]
    found = [body for body in recorded if body.get("type", "").startswith(kind)]
    found = found[:: max(1, len(found) // 12)]
    published = (path for path in sorted(EXAMPLES.glob("*.v1.json")))
    found += [json.loads(path.read_text()) for path in published if path.name.startswith(kind)]
    return tuple(found)


def _places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += _places(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            found += _places(inner, (*path, number))
    return found


def _change(draw: st.DrawFn, document: Any) -> None:  # noqa: ANN401  (JSON)
    places = _places(document)
    if not places:
        return
    *way, last = draw(st.sampled_from(places))
    inner = document
    for step in way:
        inner = inner[step]
    match draw(st.sampled_from(["value", "value", "value", "gone", "text", "more"])):
        case "value":
            inner[last] = draw(VALUES)
        case "gone":
            del inner[last]
        case "text":
            inner[last] = json.dumps(inner[last])
        case "more" if isinstance(inner, dict):
            inner[draw(st.text(max_size=8))] = draw(VALUES)


@st.composite
def bodies(draw: st.DrawFn, kind: str = "") -> bytes:
    """Draw a body that was good once."""
    document = copy.deepcopy(draw(st.sampled_from(good(kind))))
    for _ in range(draw(st.integers(0, 3))):
        _change(draw, document)
    raw = json.dumps(document, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    return draw(damaged(raw))


@st.composite
def damaged(draw: st.DrawFn, raw: bytes) -> bytes:
    """Draw what arrives of bytes: mostly all, sometimes cut, doubled, or with others inside."""
    how = draw(st.sampled_from(["whole"] * 7 + ["cut", "doubled", "inside", "random"]))
    place = draw(st.integers(0, len(raw)))
    if how == "cut":
        return raw[:place]
    if how == "doubled":
        return raw + raw
    if how == "inside":
        return raw[:place] + draw(st.binary(max_size=8)) + raw[place:]
    return draw(st.binary(max_size=60)) if how == "random" else raw


def holds(examples: int, strategy: st.SearchStrategy[T], check: Callable[[T], None]) -> None:
    """Try ``check`` on so many drawn values; a few are the same in every run, many never."""

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=examples < 1000,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def tried(value: T) -> None:
        check(value)

    tried()

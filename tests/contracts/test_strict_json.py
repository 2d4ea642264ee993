import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.strict_json import JsonError, dumps, loads, loads_object

PLAIN_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | PLAIN_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(PLAIN_TEXT, inner),
    max_leaves=20,
)


@given(PLAIN)
def test_what_is_written_is_read_again(value: object) -> None:
    assert loads(dumps(value)) == value
    assert loads(json.dumps(value).encode()) == value


@given(st.binary() | st.text())
def test_nothing_raises_anything_but_json_error(text: bytes | str) -> None:
    with suppress(JsonError):
        loads(text)


def test_a_number_keeps_its_very_digits() -> None:
    assert loads("59.699999999999996") == Decimal("59.699999999999996")
    assert loads("0.10") == Decimal("0.1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "NaN",
        "-Infinity",
        '{"a":1,"a":2}',
        '"\\u0000"',
        '{"\\ud800":1}',
        '"\\udc00"',
        "9" * 65,
        "0." + "1" * 64,
        "[" * 33 + "]" * 33,
        "[" * 100_000,
        '{"a":' * 100_000,
        '"\n"',
        b"\xff",
        b'"\xed\xa0\x80"',
    ],
)
def test_what_is_doubtful_is_refused_and_not_repeated(text: bytes | str) -> None:
    with pytest.raises(JsonError) as refused:
        loads(text)
    assert len(str(refused.value)) < 60


@pytest.mark.parametrize("text", ['"\\ud83d\\ude00"', "\ufeff1", "[" * 32 + "]" * 32])
def test_what_is_only_unusual_is_read(text: str) -> None:
    loads(text)
    loads(text.encode())


@pytest.mark.parametrize("text", ["[]", "1", "null", '"{}"'])
def test_only_an_object_is_an_object(text: str) -> None:
    with pytest.raises(JsonError):
        loads_object(text)

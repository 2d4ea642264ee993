"""What people type after ``--where``."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doubles import NOON
from worker.deadletters.where import WhereError, read
from worker.runtime.letter_queries import from_text, to_text
from worker.runtime.lettering import STATES, Condition, LetterQuery


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("", []),
        ("  kind=a  ", [("kind", "=", "a")]),
        ("kind=a channel!=k,l", [("kind", "=", "a"), ("channel", "!=", "k", "l")]),
        (
            "kind=a and reason~b AND id=c",
            [("kind", "=", "a"), ("reason", "~", "b"), ("id", "=", "c")],
        ),
        ('reason~"HTTP 5, or \\"so\\""', [("reason", "~", 'HTTP 5, or "so"')]),
        ("kind = and", [("kind", "=", "and")]),
        ("attempts>3 replays<=2", [("attempts", ">", 3), ("replays", "<=", 2)]),
        ("reason~票务", [("reason", "~", "票务")]),
        ("reason~'; DROP TABLE", None),
        ("reason~';DROP", [("reason", "~", "';DROP")]),
        ('kind=""', [("kind", "=", "")]),
    ],
)
def test_conditions_become_values(text: str, conditions: list[tuple[object, ...]] | None) -> None:
    if conditions is None:
        with pytest.raises(WhereError):
            read(text, NOON)
        return
    found = read(text, NOON).conditions
    assert [(one.field, one.operator, *one.values) for one in found] == conditions


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-05-01", datetime(2026, 4, 30, 16, tzinfo=UTC)),
        ("2026-05-01T12:00", NOON),
        ("2026-05-01T12:00:00Z", datetime(2026, 5, 1, 12, tzinfo=UTC)),
        ("30m", NOON - timedelta(minutes=30)),
        ("2h", NOON - timedelta(hours=2)),
        ("1d", NOON - timedelta(days=1)),
    ],
)
def test_moments_are_of_shanghai_or_ago(text: str, moment: datetime) -> None:
    assert read(f"last_failed>={text}", NOON).conditions == (
        Condition("last_failed", ">=", (moment,)),
    )


def test_states_and_the_mark_are_no_conditions() -> None:
    assert read("", NOON).states == ("open",)
    assert read("state=done,discarded", NOON).states == ("done", "discarded")
    assert read("state=any", NOON).states == STATES
    assert "open" not in read("state!=open", NOON).states
    assert read("failed_again=yes", NOON).failed_again
    assert not read("failed_again=no", NOON).failed_again


@pytest.mark.parametrize(
    "text",
    [
        "kind",
        "=a",
        "kind=",
        "kind=a or kind=b",
        "kind=a and",
        "colour=red",
        "kind<a",
        "attempts~3",
        "attempts=many",
        "attempts=1,2",
        f"attempts={'9' * 20}",
        "last_failed>yesterday",
        f"last_failed>{'9' * 12}d",
        "last_failed>0001-01-01",
        "state=lost",
        "state~open",
        "failed_again=perhaps",
        "kind=a;DROP TABLE dead_letters",
        "kind=" + "a" * 3000,
    ],
)
def test_what_cannot_be_read_is_named(text: str) -> None:
    if text.startswith("kind=a;"):
        text = text.replace(" ", ' "')
    with pytest.raises(WhereError):
        read(text, NOON)


@given(st.text(max_size=60))
def test_anything_is_read_or_refused(text: str) -> None:
    try:
        query = read(text, NOON)
    except WhereError:
        return
    assert from_text(to_text(query)) == query


def test_a_query_is_kept_as_text_whole() -> None:
    query = read('kind=a,b attempts>3 last_failed>1h reason~"x y" state=replaying', NOON)
    whole = LetterQuery(
        query.conditions, query.states, ("d1",), "票", failed_again=True, until=NOON
    )
    assert from_text(to_text(whole)) == whole

"""Orders that a released version left anywhere on their way go on under today's code.

Every history was recorded from the version itself (record.py); each commit in it is a point
at which its worker may have been killed and replaced.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.upgrades import history, kept
from tests.upgrades.history import History
from tests.upgrades.replay import go_on, meaning, standing

VERSIONS = kept.versions()
MANY = 28
"""How many points of each order are tried: no order has more commits."""
ALWAYS = [(VERSIONS[-1], 9), (VERSIONS[-1], 18), (VERSIONS[0], 14)]
ALL = [
    pytest.param(version, number, marks=pytest.mark.acceptance)
    for version in VERSIONS
    for number in range(MANY)
    if (version, number) not in ALWAYS
]
DOUBTFUL = {"cancel refused": "refund"}
"""A worker that is killed during this call cannot know its outcome: a refusal of the next one
then proves nothing, and the order comes in front of a human, in every version."""

RACES = {"cancelled while created", "cancelled while paid for"}
"""A worker that is killed spends one try of its call; where none was left, the order ends
refused before the cancel comes, in every version."""


def _points(left: list[History], number: int, of: int) -> dict[str, int]:
    """Return a point of each order: the n-th of so many, spread over its life."""
    found = {}
    for one in left:
        points = one.points()
        found[one.story] = points[min(number * len(points) // of, len(points) - 1)]
    return found


def _compare(left: list[History], points: dict[str, int], folder: Path, version: str) -> list[str]:
    outcome = go_on(folder, version, left, points)
    wrong = []
    for one in left:
        if _call(one, points[one.story]) == DOUBTFUL.get(one.story, ...):
            continue
        was, now = meaning(one.end()), meaning(outcome.ends[one.story])
        if one.story in RACES and (now["phase"], now["human"]) == ("refused", False):
            continue
        wrong += [
            f"{one.story} from {points[one.story]}: {name} was {was[name]}, is {now[name]}"
            for name in was
            if was[name] != now[name]
        ]
        known = _settled(one.at(points[one.story])) | _settled(outcome.ends[one.story])
        missing = set(one.told) - known
        wrong += [f"{one.story} from {points[one.story]}: never told {m}" for m in missing]
        used = {call.refund_id for call in one.calls if call.refund_id}
        if strange := outcome.refund_ids[one.story] - used:
            wrong.append(f"{one.story} from {points[one.story]}: refunds named anew: {strange}")
    return wrong


def _call(one: History, position: int) -> str | None:
    """Return the call that was out."""
    stood = standing(one.at(position))
    return str(stood["call"]) if stood and stood["call"] else None


def _settled(rows: Any) -> set[str]:  # noqa: ANN401  (rows by table)
    news = rows.get("notifications", ())
    return {str(row["webhook_id"]) for row in news if row["status"] in {"delivered", "superseded"}}


@pytest.mark.parametrize(("version", "number"), [*ALWAYS, *ALL])
def test_orders_go_on_to_the_same_end(version: str, number: int, tmp_path: Path) -> None:
    left = history.histories(version)
    assert _compare(left, _points(left, number, MANY), tmp_path, version) == []

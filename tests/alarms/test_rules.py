"""Each rule speaks at its threshold, not below it, and never when it is off."""

from datetime import timedelta
from typing import Any

import pytest

from contracts import queues
from tests.doubles import NOON
from worker.alarms.rules import Finding, Seen, Thresholds, judge
from worker.runtime.alarm_records import AlarmFacts
from worker.runtime.controlling import ChannelControl, ChannelReport
from worker.runtime.messaging import Backlog
from worker.runtime.records import Figures

CALM: dict[str, Any] = {"figures": Figures(0, 0, None), "facts": AlarmFacts(0, 0, 0)}


def ago(seconds: float) -> Any:  # noqa: ANN401
    return NOON - timedelta(seconds=seconds)


def letters(age: float) -> dict[str, Any]:
    return {"figures": Figures(0, 4, None, oldest_letter_at=ago(age))}


def backlog(**values: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"backlogs": [Backlog(**{"queue": queues.ORDERS, "waiting": 7, **values})]}


def breaker(state: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"channels": [ChannelControl("k", report=ChannelReport("k", NOON, state), **more)]}


OFF = Thresholds(0, 0, 0, 0, 0, 0)
CASES = [
    ("dead_letter_old", letters(3_600), letters(3_599)),
    (
        "dead_letters_many",
        {"facts": AlarmFacts(20, 0, 0)},
        {"facts": AlarmFacts(19, 0, 0)},
    ),
    ("deadline_near", {"facts": AlarmFacts(0, 1, 0)}, {}),
    ("deadline_near", {"facts": AlarmFacts(0, 0, 2)}, {}),
    ("channel_silent", breaker("open"), breaker("half_open")),
    ("channel_silent", breaker("open"), breaker("open", paused_at=NOON)),
    ("no_consumer", backlog(consumers=0), backlog(consumers=1)),
    ("no_consumer", backlog(consumers=0), backlog(consumers=0, waiting=0)),
    ("no_consumer", backlog(consumers=0), backlog(consumers=None)),
    ("backlog_old", backlog(oldest_at=ago(120)), backlog(oldest_at=ago(119))),
    (
        "backlog_old",
        backlog(oldest_at=ago(500)),
        backlog(oldest_at=ago(500), queue=queues.relay_queue("k")),
    ),
]


def found(given: dict[str, Any], thresholds: Thresholds | None = None) -> list[Finding]:
    return list(judge(Seen(NOON, **{**CALM, **given}), thresholds or Thresholds()))


@pytest.mark.parametrize(("kind", "bad", "good"), CASES)
def test_a_rule_speaks_where_it_should(
    kind: str, bad: dict[str, Any], good: dict[str, Any]
) -> None:
    assert [one.kind for one in found(bad)] == [kind]
    assert found(good) == []
    assert found(bad, OFF) == []


def test_a_queue_that_we_stopped_ourselves_is_no_finding() -> None:
    given = backlog(consumers=0, oldest_at=ago(900))
    assert len(found(given)) == 2
    assert found({**given, "stopped": frozenset({queues.ORDERS})}) == []


def test_what_must_last_says_for_how_long() -> None:
    (silent,) = found(breaker("open"), Thresholds(channel_silent=33))
    assert (silent.fields, silent.lasting) == ({"app_key": "k"}, 33)

"""Every alarm of the code is known, and none says anything of people."""

import re
from pathlib import Path

import pytest

from tests.docs.test_operations import first_arguments
from worker.alarms.kinds import KINDS, severity_of, subject_of, text_of
from worker.alarms.watcher import HUMAN, RULES
from worker.runtime.alarm_records import Severity

ID_CARD, PHONE = "11010519491231002X", "13456451211"
COMPUTED = {"settlement_price_missing", "zzy_refusal"}
STRANGE = {"notice_stale", "notice_unreadable", "notice_unknown", "notice_partner"}


def test_every_kind_of_the_code_is_known() -> None:
    raised = set(first_arguments("alarm", "Alarm")) | COMPUTED | STRANGE | RULES | {HUMAN}
    assert raised | {"test"} == set(KINDS)


def test_every_kind_is_explained_to_the_operator() -> None:
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
    named = set(re.findall(r"`(\w+)`", page))
    assert set(KINDS) - {"test"} <= named


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_shows_what_others_wrote_or_who_they_are(kind: str) -> None:
    fields = {
        "order_num": "o1",
        "text": f"visitor {ID_CARD} with {PHONE}",
        "reason": "ZZY said 张三",
        "name": "张三",
        "app_key": "k",
        "answer": f"HTTP 200, status {PHONE}",
    }
    said = subject_of(kind, fields) + text_of(kind, fields)
    assert not [word for word in (ID_CARD, PHONE, "张三") if word in said]


def test_words_of_zzy_are_left_out() -> None:
    fields = {"order_num": "o1", "text": "余额不足，联系人李四"}
    assert "李四" not in text_of("zzy_refusal", fields)
    assert subject_of("zzy_refusal", fields) == ""


def test_a_channel_that_nears_the_dead_letters_is_urgent() -> None:
    fields = {"app_key": "k", "percent": 70, "answer": "HTTP 500"}
    assert severity_of("channel_failing", fields) is Severity.WARNING
    assert severity_of("channel_failing", {**fields, "percent": 90}) is Severity.CRITICAL
    assert text_of("channel_failing", fields).endswith("percent 70, answer HTTP 500")

"""A line of an order's history holds nothing that names a person."""

import pytest

from tests.doubles import NOON
from tests.saga.facts import refunded_by_channel, resent
from worker.runtime.timeline import entry
from worker.saga.decide import Decision
from worker.saga.events import Event, PayUnknown, RefundNoticed
from worker.saga.states import Phase


def test_zzys_own_words_are_masked() -> None:
    event = RefundNoticed("A1", approved=False, reason="410102198401010012 张三 13456451211 已入园")
    line = entry(Decision(None, (), event, None), Phase.ISSUED, NOON)
    assert "410102198401010012" not in line.text
    assert "13456451211" not in line.text
    assert line.text == "rejected *** 张三 *** 已入园; no effect while issued"


def test_a_line_says_what_happened_and_what_it_led_to() -> None:
    line = entry(Decision(None, (), PayUnknown("timeout"), None), Phase.PAYING, NOON, "L7")
    assert (line.kind, line.text) == ("pay_unknown", "timeout; no effect while paying; LogId L7")


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (refunded_by_channel("13456451211", None, "c-1"), "1 voucher asked back"),
        (refunded_by_channel("13456451211", 2), "2 asked back"),
        (refunded_by_channel("13456451211"), "all that is left asked back"),
        (resent("sms"), "sms"),
    ],
)
def test_what_a_channel_asks_for_names_no_code_and_no_name_of_its_own(
    event: Event, text: str
) -> None:
    line = entry(Decision(None, (), event, None), Phase.ISSUED, NOON)
    assert line.text == f"{text}; no effect while issued"

"""When a message counts as sent, and what people may read of the answer."""

import json

import pytest

from worker.runtime.texting import SmsFailed, SmsSent
from worker.sms.answer import SuccessRule, read
from worker.translation.delivery import Answered, NoAnswer

RULE = SuccessRule(field="Code", value="OK", error_field="Message")


def answered(body: object, status: int = 200, retry_after: float | None = None) -> Answered:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answered(status, raw, retry_after, 0.1)


@pytest.mark.parametrize(
    ("answer", "rule", "sent"),
    [
        (answered({"Code": "OK"}), RULE, True),
        (answered({"Code": "isv.LIMIT"}), RULE, False),
        (answered({"Code": "OK"}, 500), RULE, False),
        (answered({"code": "OK"}), RULE, False),
        (answered(b"<html>OK</html>"), RULE, False),
        (answered([{"Code": "OK"}]), RULE, False),
        (answered(b"[" * 100_000), RULE, False),
        (NoAnswer("timeout"), RULE, False),
        (answered(b""), SuccessRule(), True),
        (answered(b"", 302), SuccessRule(), False),
        (answered(b"", 202), SuccessRule(frozenset({200, 202})), True),
        (answered({"result": {"code": 0}}), SuccessRule(field="result.code", value="0"), True),
        (answered({"result": 0}), SuccessRule(field="result.code", value="0"), False),
        (answered({"ok": True}), SuccessRule(field="ok", value="true"), True),
    ],
)
def test_the_rule_decides(answer: Answered | NoAnswer, rule: SuccessRule, *, sent: bool) -> None:
    assert isinstance(read(answer, rule, ()), SmsSent if sent else SmsFailed)


def test_people_read_the_reason_and_nothing_personal() -> None:
    body = {"Code": "isv.NO", "Message": "13456451211 的 X-7\n被拒 44010119900307123X" + "啊" * 200}
    told = read(answered(body), RULE, ("X-7", ""))
    assert told.answer.startswith("HTTP 200, Code isv.NO, Message *** 的 *** 被拒 ***X")
    assert len(told.answer) <= 80


@pytest.mark.parametrize("phone", ["+86 134-5645-1211", "134 5645 1211", "13456451211"])
def test_nobody_reads_a_phone_that_the_gateway_writes_in_groups(phone: str) -> None:
    told = read(answered({"Code": "1001", "Message": f"{phone}，频率"}), RULE, ("13456451211",))
    assert told.answer.removeprefix("HTTP 200, Code 1001, Message ") in {"***，频率", "+***，频率"}


def test_the_gateway_may_ask_us_to_wait() -> None:
    told = read(answered({}, 429, retry_after=7.0), RULE, ())
    assert isinstance(told, SmsFailed)
    assert told.retry_after == 7.0

"""What a log line holds, and what it must never hold."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from prometheus_client import REGISTRY

from worker.telemetry import alarm, log_context, set_up_logging
from worker.telemetry.metrics import exposition
from worker.telemetry.redaction import MASK, Redaction

ID_CARD = "110101199003074514"
MOBILE = "13456451211"
SECRET = "our-own-secret"


@pytest.fixture(autouse=True)
def undo_logging() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_what_is_bound() -> None:
    stream = io.StringIO()
    set_up_logging("json", stream=stream)
    with log_context(order_num="0e0c", correlation_id="c1"):
        structlog.get_logger("x").info("order_created", zzy_order_id="77", reason="已下单")
    structlog.get_logger("x").debug("unheard")
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "order_created",
        "level": "info",
        "order_num": "0e0c",
        "correlation_id": "c1",
        "zzy_order_id": "77",
        "reason": "已下单",
    }


def test_libraries_leave_by_the_same_door() -> None:
    stream = io.StringIO()
    set_up_logging("json", secrets=[SECRET], stream=stream)
    logging.getLogger("some.library").warning("lost %s", f"amqp://u:pw@host/ {SECRET} {MOBILE}")
    (line,) = lines(stream)
    assert line["event"] == f"lost amqp://{MASK}@host/ {MASK} {MASK}"
    assert line["logger"] == "some.library"
    assert line["level"] == "warning"


def test_an_exception_is_told_without_personal_data() -> None:
    stream = io.StringIO()
    set_up_logging("json", secrets=[SECRET], stream=stream)
    try:
        int(f"{ID_CARD} of {MOBILE}, {SECRET}")
    except ValueError:
        structlog.get_logger("x").exception("failed")
    text = stream.getvalue()
    assert "ValueError" in text
    assert not [secret for secret in (ID_CARD, MOBILE, SECRET) if secret in text]


def test_on_a_terminal_lines_are_readable() -> None:
    stream = io.StringIO()
    set_up_logging("console", stream=stream)
    structlog.get_logger("x").warning("broker_lost", queue="q", take_phone=MOBILE)
    assert "broker_lost" in stream.getvalue()
    assert "take_phone=***" in stream.getvalue()


def test_an_alarm_is_a_line_and_a_count() -> None:
    stream = io.StringIO()
    set_up_logging("json", stream=stream)
    before = REGISTRY.get_sample_value("ticketbridge_alarms_total", {"kind": "t"}) or 0
    alarm("t", order_num="0e0c", name="张三")
    (line,) = lines(stream)
    assert (line["event"], line["level"], line["kind"], line["name"]) == (
        "alarm",
        "error",
        "t",
        MASK,
    )
    assert REGISTRY.get_sample_value("ticketbridge_alarms_total", {"kind": "t"}) == before + 1
    assert b'ticketbridge_alarms_total{kind="t"}' in exposition()[0]


@pytest.mark.parametrize(
    "key",
    [
        *("app_secret", "sign", "sign-key", "Authorization", "database_url", "params", "IdCard"),
        *("id_card", "take_phone", "tourist_info", "Name", "vouchers", "VoucherCode"),
    ],
)
def test_values_are_masked_by_their_key(key: str) -> None:
    redaction = Redaction()
    assert redaction(None, "", {key: "x"}) == {key: MASK}
    assert redaction(None, "", {"data": [{"inner": {key: ["x"]}}]}) == {
        "data": [{"inner": {key: MASK}}]
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"id {ID_CARD}!", f"id {MASK}!"),
        ("11010119900307451X", MASK),
        ("old 110101900307451 id", f"old {MASK} id"),
        (f"tel:{MOBILE}", f"tel:{MASK}"),
        (f"电话{MOBILE}，证件{ID_CARD}。", f"电话{MASK}，证件{MASK}。"),
        ("+8613456451211", MASK),
        ("postgresql://u:pw@h/d", f"postgresql://{MASK}@h/d"),
        (f"a {SECRET} b", f"a {MASK} b"),
    ],
)
def test_values_are_masked_by_their_looks(text: str, expected: str) -> None:
    assert Redaction([SECRET])(None, "", {"reason": text}) == {"reason": expected}


@pytest.mark.parametrize(
    "text",
    [
        "0e0c0fa2becaccb078332d796b2ca858",
        "a13456451211b99900012345678901fe",
        "1586936588379",
        "265793fc7ef711eaa2505404a6b35c1e",
        "http://127.0.0.1:9101/order/Pay",
        "2026-11-22T15:16:21.660327Z",
        "3008 库存不足",
    ],
)
def test_numbers_and_addresses_that_are_not_personal_stay(text: str) -> None:
    assert Redaction(["k"])(None, "", {"reason": text}) == {"reason": text}


def test_values_of_any_kind() -> None:
    event = {"a": None, "b": True, "c": 13456451211, "d": 5, "e": b"\x01", "f": ValueError(MOBILE)}
    assert Redaction()(None, "", event) == {
        "a": None,
        "b": True,
        "c": MASK,
        "d": 5,
        "e": "01",
        "f": MASK,
    }

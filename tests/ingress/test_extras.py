"""The five interfaces of ours: the same door, one message each, an answer for every end."""

from datetime import date
from typing import Any

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from contracts import queues
from contracts.channel import Code, order_num
from contracts.commands import RefundOrderCommand, ResendVoucherCommand
from contracts.envelope import MessageModel, unwrap
from contracts.events import OrderOutcome
from contracts.queries import OrderQuery, PriceQuery, ProductQuery
from tests.ingress.conftest import Door
from tests.ingress.doubles import APP_KEY
from worker.errors import BrokerUnavailableError, PublishUnknownError

NUMBER = "a72cfce7dec54cf18cd4ac610f221ecf"
REFUND = {"order_num": NUMBER, "refund_num": "R-1"}
DAYS = {"product_code": "P1", "begin_date": "2026-05-01", "end_date": "2026-05-03"}
GOOD: dict[str, dict[str, Any]] = {
    "refundOrder": REFUND,
    "resendVoucher": {"order_num": NUMBER},
    "queryOrder": {"order_num": NUMBER},
    "queryProduct": {},
    "queryPrice": DAYS,
}
QUERIES = ("queryOrder", "queryProduct", "queryPrice")


def asked(door: Door, model: type[MessageModel]) -> Any:  # noqa: ANN401  (the model's own fields)
    """Return what was published, less who and when, which are the same for all."""
    [(message, wait)] = door.broker.requested
    data = unwrap(model, message.body).data
    queue = queues.QUERIES if model.TYPE.startswith("query.") else queues.ORDERS
    assert (message.type, message.queue, wait) == (model.TYPE, queue, 0.1)
    fields = data.model_dump()
    assert fields.pop("received_at") == door.clock.now()
    assert fields.pop("app_key") in {APP_KEY, "trusting"}
    return fields


# --- what is published --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, {"count": None, "codes": ()}),
        ({"count": "2"}, {"count": 2, "codes": ()}),
        ({"codes": ["a", "b"]}, {"count": None, "codes": ("a", "b")}),
        ({"codes": ["a"], "count": 1}, {"count": 1, "codes": ("a",)}),
        ({"codes": None, "count": None}, {"count": None, "codes": ()}),
    ],
)
async def test_a_refund_is_commanded(door: Door, more: dict[str, Any], expected: object) -> None:
    await door.ask("refundOrder", REFUND | more)
    command = asked(door, RefundOrderCommand)
    assert command.pop("audit_reply") == "wait"
    assert command == REFUND | expected  # type: ignore[operator]


async def test_the_channel_s_choice_for_audits_travels_with_the_refund(door: Door) -> None:
    await door.ask("refundOrder", REFUND, app_key="trusting")
    assert asked(door, RefundOrderCommand)["audit_reply"] == "accepted"


@pytest.mark.parametrize(("by", "expected"), [(None, None), ("", None), ("sms", "sms")])
async def test_a_resend_is_commanded(door: Door, by: str | None, expected: str | None) -> None:
    await door.ask("resendVoucher", {"order_num": NUMBER, "by": by})
    assert asked(door, ResendVoucherCommand) == {"order_num": NUMBER, "by": expected}


@pytest.mark.parametrize(
    ("params", "number"),
    [
        ({"order_num": NUMBER}, NUMBER),
        ({"channel_order_num": "7"}, order_num(APP_KEY, "7")),
        ({"order_num": "", "channel_order_num": 7}, order_num(APP_KEY, "7")),
        (
            {"order_num": order_num(APP_KEY, "7"), "channel_order_num": "7"},
            order_num(APP_KEY, "7"),
        ),
    ],
)
async def test_an_order_is_asked_for_by_either_number(
    door: Door, params: dict[str, object], number: str
) -> None:
    await door.ask("queryOrder", params)
    assert asked(door, OrderQuery) == {"order_num": number}


async def test_products_and_prices_are_asked_for(door: Door) -> None:
    await door.ask("queryProduct", {"product_code": "P1"})
    assert asked(door, ProductQuery) == {"product_code": "P1"}
    door.broker.requested.clear()
    await door.ask("queryPrice", DAYS)
    begin, end = date(2026, 5, 1), date(2026, 5, 3)
    expected = {"product_code": "P1", "begin_date": begin, "end_date": end}
    assert asked(door, PriceQuery) == expected


# --- what is answered ---------------------------------------------------------------------


@pytest.mark.parametrize("interface", GOOD)
async def test_the_reply_is_passed_on(door: Door, interface: str) -> None:
    outcome = OrderOutcome(code=Code.SUCCESS, message="成功", data={"count": 1, "list": ["x"]})
    door.broker.answer = outcome.to_bytes()
    expected = {"code": "1000", "message": "成功", "data": {"count": 1, "list": ["x"]}}
    assert await door.ask(interface, GOOD[interface]) == (200, expected)


async def test_an_interim_reply_is_the_answer_only_when_nothing_better_came(door: Door) -> None:
    audit = OrderOutcome(code=Code.CANCEL_FAILED, message="退款审核中", final=False)
    door.broker.interim = [audit.to_bytes()]
    for interface in ("refundOrder", "cancelOrder"):
        expected = {"code": "4000", "message": "退款审核中", "data": ""}
        assert await door.ask(interface, REFUND) == (200, expected)
    door.broker.answer = OrderOutcome(code=Code.SUCCESS, message="成功").to_bytes()
    assert (await door.ask("refundOrder", REFUND))[1]["code"] == "1000"


@pytest.mark.parametrize(
    ("interface", "status", "code", "message"),
    [
        ("refundOrder", 200, "4000", "退款处理中"),
        ("resendVoucher", 504, "9999", "重发处理中，结果未知"),
        *((query, 504, "9999", "未作任何更改") for query in QUERIES),
    ],
)
async def test_no_reply_in_time_is_told_as_what_it_is(
    door: Door, interface: str, status: int, code: str, message: str
) -> None:
    got, answer = await door.ask(interface, GOOD[interface])
    assert (got, answer["code"], answer["data"]) == (status, code, "")
    assert message in answer["message"]
    door.broker.answer = b"no outcome"
    got, answer = await door.ask(interface, GOOD[interface])
    assert (got, answer["code"]) == (status, code)


@pytest.mark.parametrize("interface", GOOD)
async def test_trouble_with_the_broker_is_told(door: Door, interface: str) -> None:
    door.broker.error = BrokerUnavailableError()
    status, answer = await door.ask(interface, GOOD[interface])
    unsent = "4000" if interface == "refundOrder" else "3000"
    assert (status, answer["code"], answer["data"]) == (503, unsent, "")
    door.broker.error = PublishUnknownError()
    status, answer = await door.ask(interface, GOOD[interface])
    assert (status, answer["code"], answer["data"]) == (504, "9999", "")
    if interface in QUERIES:
        assert "未作任何更改" in answer["message"]


# --- what is refused at the door ----------------------------------------------------------


@pytest.mark.parametrize(
    ("interface", "params", "code", "named"),
    [
        ("refundOrder", {"refund_num": "R-1"}, "3001", "order_num"),
        ("refundOrder", {"order_num": NUMBER}, "3001", "refund_num"),
        ("refundOrder", REFUND | {"refund_num": " "}, "3001", "refund_num"),
        ("refundOrder", REFUND | {"count": 0}, "4000", "count"),
        ("refundOrder", REFUND | {"count": "two"}, "4000", "count"),
        ("refundOrder", REFUND | {"codes": "a"}, "4000", "codes"),
        ("refundOrder", REFUND | {"codes": ["a", "a"]}, "4000", "codes"),
        ("refundOrder", REFUND | {"codes": ["a", "b"], "count": 1}, "4000", "count"),
        ("resendVoucher", {}, "3001", "order_num"),
        ("resendVoucher", {"order_num": NUMBER, "by": "fax"}, "9001", "by"),
        ("queryOrder", {}, "3001", "order_num"),
        ("queryOrder", {"order_num": "", "channel_order_num": None}, "3001", "order_num"),
        ("queryOrder", {"order_num": NUMBER, "channel_order_num": "7"}, "4001", "order_num"),
        ("queryProduct", {"product_code": ["P1"]}, "9001", "product_code"),
        ("queryPrice", DAYS | {"product_code": ""}, "3001", "product_code"),
        ("queryPrice", DAYS | {"begin_date": ""}, "3001", "begin_date"),
        ("queryPrice", DAYS | {"end_date": "2026-02-30"}, "3003", "end_date"),
        ("queryPrice", DAYS | {"end_date": "2026-04-30"}, "3003", "end_date"),
        ("queryPrice", DAYS | {"end_date": "2027-05-02"}, "3003", "end_date"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_sent(
    door: Door, interface: str, params: object, code: str, named: str
) -> None:
    status, answer = await door.ask(interface, params)
    assert (status, answer["code"], answer["data"]) == (200, code, "")
    assert named in answer["message"]
    assert door.broker.sent == []


@pytest.mark.parametrize("interface", GOOD)
async def test_the_envelope_is_held_to_the_same_rules(door: Door, interface: str) -> None:
    path, params = f"/public/{interface}", GOOD[interface]
    assert (await door.post(path, b"{}"))[1]["code"] == "9001"
    assert (await door.ask(interface, "[]"))[1]["code"] == "9001"
    assert (await door.ask(interface, params, app_key="stranger"))[1]["code"] == "9002"
    assert (await door.ask(interface, params, secret="wrong"))[1]["code"] == "9003"
    async with door.client.get(path) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert (await door.post(path, b"x" * 30_000))[0] == 413
    assert door.broker.sent == []


@pytest.mark.parametrize("interface", GOOD)
async def test_each_interface_is_counted_under_its_name(door: Door, interface: str) -> None:
    labels = {"route": interface, "code": "9003"}
    name = "ticketbridge_ingress_requests_total"
    before = REGISTRY.get_sample_value(name, labels) or 0
    await door.ask(interface, GOOD[interface], secret="wrong")
    assert REGISTRY.get_sample_value(name, labels) == before + 1


async def test_no_refusal_s_log_line_holds_what_was_asked(door: Door) -> None:
    with capture_logs() as logs:
        await door.ask("refundOrder", REFUND | {"codes": ["SECRET-CODE", "SECRET-CODE"]})
        await door.ask("queryOrder", {"order_num": NUMBER, "channel_order_num": "SECRET"})
    assert len(logs) == 2
    assert "SECRET" not in repr(logs)

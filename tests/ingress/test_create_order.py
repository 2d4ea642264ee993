import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from contracts import queues
from contracts.channel import Code, order_num
from contracts.commands import CreateOrderCommand
from contracts.envelope import unwrap
from contracts.events import OrderOutcome, OrderUnanswered
from tests.ingress.conftest import Door
from tests.ingress.doubles import APP_KEY, NEW_SECRET, ORDER
from worker.errors import BrokerUnavailableError, PublishUnknownError

NUMBER = order_num(APP_KEY, str(ORDER["channel_order_num"]))


def params(**changes: object) -> str:
    fields = {key: value for key, value in {**ORDER, **changes}.items() if value is not ...}
    return json.dumps(fields, ensure_ascii=False)


async def test_the_order_is_published_and_answered_with_our_number(door: Door) -> None:
    status, answer = await door.create(params())
    assert (status, answer) == (
        200,
        {"code": "1000", "message": "成功", "data": {"order_num": NUMBER}},
    )
    [(message, wait)] = door.broker.requested
    assert (message.queue, message.type) == (queues.ORDERS, "order.create.v1")
    assert wait == pytest.approx(0.1)
    command = unwrap(CreateOrderCommand, message.body)
    assert command.id == message.message_id
    assert command.correlation_id == NUMBER
    assert command.data.app_key == APP_KEY
    assert command.data.reply_on == "paid"
    assert command.data.received_at == door.clock.now()
    assert [t.name for t in command.data.order.tourist_info] == ["张三", "李四"]


async def test_that_the_channel_heard_no_outcome_is_told_before_it_is_answered(door: Door) -> None:
    await door.create(params())
    [(asked, _)] = door.broker.requested
    [told] = door.broker.published
    assert (told.queue, told.type, told.reply_to) == (queues.ORDERS, "order.unanswered.v1", "")
    said = unwrap(OrderUnanswered, told.body).data
    assert (said.app_key, said.order_num, said.command_id) == (APP_KEY, NUMBER, asked.message_id)
    assert said.answered_at == door.clock.now()


async def test_where_that_cannot_be_told_the_outcome_is_unknown(door: Door) -> None:
    door.broker.error_after_request = BrokerUnavailableError("gone")
    with capture_logs():
        status, answer = await door.create(params())
    assert (status, answer["code"]) == (504, "9999")


async def test_who_heard_an_outcome_or_wanted_none_needs_nothing_told(door: Door) -> None:
    door.broker.answer = OrderOutcome(code=Code.SUCCESS, message="成功").to_bytes()
    await door.create(params())
    assert door.broker.published == []


async def test_a_channel_that_wants_it_is_answered_once_the_broker_has_it(door: Door) -> None:
    status, answer = await door.create(params(), app_key="quick")
    assert (status, answer["code"]) == (200, "1000")
    assert len(door.broker.published) == 1
    assert door.broker.requested == []


async def test_the_reply_is_passed_on(door: Door) -> None:
    outcome = OrderOutcome(code=Code.STOCK_SHORT, message="库存不足：没有了")
    door.broker.answer = outcome.to_bytes()
    status, answer = await door.create(params())
    assert (status, answer) == (200, {"code": "3008", "message": "库存不足：没有了", "data": ""})


async def test_an_unreadable_reply_is_no_outcome(door: Door) -> None:
    door.broker.answer = b"{"
    with capture_logs() as logs:
        _, answer = await door.create(params())
    assert answer["code"] == "1000"
    assert logs[0]["kind"] == "reply_unreadable"


async def test_a_channel_may_send_ids_as_json_text_in_ascii_escapes(door: Door) -> None:
    text = json.dumps(ORDER["tourist_info"])
    _, answer = await door.create(json.dumps({**ORDER, "tourist_info": text}))
    assert answer["code"] == "1000"


async def test_every_secret_of_the_channel_verifies(door: Door) -> None:
    assert (await door.create(params(), secret=NEW_SECRET))[1]["code"] == "1000"


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"channel_order_num": ...}, "3001", "channel_order_num"),
        ({"channel_order_num": " "}, "3001", "channel_order_num"),
        ({"channel_order_num": None}, "3001", "channel_order_num"),
        ({"channel_order_num": ["x"]}, "9001", "channel_order_num"),
        ({"channel_order_num": "x" * 129}, "9001", "channel_order_num"),
        ({"channel_order_num": "a\nb"}, "9001", "channel_order_num"),
        ({"product_code": ...}, "3001", "product_code"),
        ({"take_phone": ...}, "3001", "take_phone"),
        ({"take_phone": "12345"}, "3004", "take_phone"),
        ({"take_phone": True}, "3004", "take_phone"),
        ({"date": ...}, "3001", "date"),
        ({"date": "2026-02-30"}, "3003", "date"),
        ({"date": "20260502"}, "3003", "date"),
        ({"date": "2026-05-02 10:00:00"}, "3003", "date"),
        ({"date": 20260502}, "3003", "date"),
        ({"date": "2026-04-30"}, "3003", "date"),
        ({"price": "six"}, "3005", "price"),
        ({"price": -6, "amount": -30}, "3005", "price"),
        ({"price": True}, "3005", "price"),
        ({"price": {}}, "3005", "price"),
        ({"price": 10**13}, "3005", "price"),
        ({"amount": 30.01}, "3005", "amount"),
        ({"amount": ""}, "3001", "amount"),
        ({"count": 0, "amount": 0}, "3006", "count"),
        ({"count": "five"}, "3006", "count"),
        ({"count": 2.5, "amount": 15}, "3006", "count"),
        ({"count": True, "amount": 6}, "3006", "count"),
        ({"count": 10**30}, "3006", "count"),
        ({"tourist_info": []}, "1000", ""),
        ({"tourist_info": ""}, "1000", ""),
        ({"tourist_info": None}, "1000", ""),
        ({"tourist_info": "{"}, "9001", "tourist_info"),
        ({"tourist_info": 5}, "9001", "tourist_info"),
        ({"tourist_info": {"360426199101010071": ""}}, "3001", "tourist_info"),
        ({"tourist_info": {"": "张三"}}, "3001", "tourist_info"),
        ({"tourist_info": {"410102195431547812": "张三"}}, "3012", "tourist_info"),
        ({"count": 1, "amount": 6}, "3011", "tourist_info"),
        ({"begin_play_time": "25:00"}, "3003", "begin_play_time"),
    ],
)
async def test_a_wrong_field_is_refused_with_its_code_and_named(
    door: Door, change: dict[str, Any], code: str, field: str
) -> None:
    with capture_logs() as logs:
        status, answer = await door.create(params(**change))
    assert (status, answer["code"]) == (200, code)
    if code == "1000":
        return
    assert field in answer["message"]
    assert answer["data"] == ""
    assert door.broker.sent == []
    [line] = logs
    assert (line["code"], line["app_key"]) == (code, APP_KEY)
    assert "张三" not in str(line)
    assert "410102195431547812" not in str(line)


async def test_today_in_shanghai_is_not_past(door: Door) -> None:
    door.clock.advance(11.5 * 3600)  # 23:30 in Shanghai
    assert (await door.create(params(date="2026-05-01")))[1]["code"] == "1000"
    door.clock.advance(3600)
    assert (await door.create(params(date="2026-05-01")))[1]["code"] == "3003"


@pytest.mark.parametrize(
    ("price", "amount", "count"),
    [
        ("19.9", "59.699999999999996", 3),
        ("0", "0.0", 5),
        ("3.335", "6.67", 2),
        ("0.125", "0.13", 1),
    ],
)
async def test_money_is_exact_and_rounded_half_up(
    door: Door, price: str, amount: str, count: int
) -> None:
    text = params(tourist_info=..., price="P", amount="A", count=count)
    text = text.replace('"P"', price).replace('"A"', amount)
    assert (await door.create(text))[1]["code"] == "1000"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (BrokerUnavailableError(), 503, "3000"),
        (PublishUnknownError(), 504, "9999"),
        (RuntimeError("anything"), 504, "9999"),
    ],
)
@pytest.mark.parametrize("app_key", [APP_KEY, "quick"])
async def test_trouble_with_the_broker_is_neither_success_nor_failure(
    door: Door, error: Exception, status: int, code: str, app_key: str
) -> None:
    door.broker.error = error
    got, answer = await door.create(params(), app_key=app_key)
    assert (got, answer["code"], answer["data"]) == (status, code, "")


@pytest.mark.parametrize("app_key", [APP_KEY, "quick"])
async def test_a_silent_broker_is_unknown_in_time(door: Door, app_key: str) -> None:
    door.broker.hangs = True
    status, answer = await door.create(params(), app_key=app_key)
    assert (status, answer["message"]) == (504, "结果未知，请用原订单号重试")

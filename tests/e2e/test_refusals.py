"""Every way in which createOrder is refused: with which code, and what is told besides."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.e2e.world import Choice, World, tomorrow

WORLD = Choice(settings={"reply_wait_seconds": "3"}, more="[catalogue]\nrefuse_early = false")
"""What the catalogue would refuse before ZZY is asked is in test_catalogue.py."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


# --- what ZZY refuses ---------------------------------------------------------------------


def sold_out(world: World) -> None:
    world.zzy.ledger.products[11069].daily_stock = 1


def poor(world: World) -> None:
    world.zzy.ledger.set_balance("24.99")


def busy(world: World) -> None:
    world.zzy.lots.force("create_refused")


def nothing(_world: World) -> None:
    pass


REFUSALS: dict[str, tuple[Callable[[World], None], dict[str, Any], str, str]] = {
    "sold out": (sold_out, {"product_code": "11069", "count": 2, "amount": 12.0}, "3008", "库存"),
    "poor": (poor, {}, "3009", "余额不足"),
    "off the shelf": (nothing, {"product_code": "11068"}, "3002", "下架"),
    "unknown product": (nothing, {"product_code": "99999"}, "3002", "不存在"),
    "id": (
        nothing,
        {"tourist_info": {"110105491231002": "老人"}, "count": 1, "amount": 6.0},
        "3012",
        "身份证",
    ),
    "anything else": (busy, {}, "3000", "系统繁忙，下单失败"),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_what_zzy_refuses_is_answered_and_told(bridged: World, case: str) -> None:
    prepare, changes, code, words = REFUSALS[case]
    prepare(bridged)
    number = bridged.fresh()
    answer = await bridged.k.order(number, **changes)
    assert (answer.status, answer.code, answer.data) == (200, code, "")
    assert words in answer.message
    [told] = await bridged.k.told("order_failed", number)
    assert told.params == {
        "notify_type": "order_failed",
        "channel_order_num": number,
        "order_num": bridged.k.number(number),
        "code": code,
        "message": answer.message,
    }
    assert all(
        not order.times_paid for order in bridged.zzy.ledger.by_origin(told.params["order_num"])
    )
    again = await bridged.k.order(number, **changes)
    assert (again.code, again.message) == (code, answer.message)
    assert bridged.k.news(number) == ["order_failed"]


# --- what is refused before ZZY is asked --------------------------------------------------

YESTERDAY = (tomorrow() - timedelta(days=2)).isoformat()

DOORS: dict[str, tuple[dict[str, Any], str, str]] = {
    "no product": ({"product_code": ...}, "3001", "product_code"),
    "blank phone": ({"take_phone": " "}, "3001", "take_phone"),
    "another product": ({"product_code": "P404"}, "3002", "product_code"),
    "past": ({"date": YESTERDAY}, "3003", "date"),
    "no day": ({"date": "2031-02-30"}, "3003", "date"),
    "phone": ({"take_phone": "12345"}, "3004", "take_phone"),
    "sum": ({"amount": 29.0}, "3005", "amount"),
    "price": ({"price": -6.0}, "3005", "price"),
    "count": ({"count": 0}, "3006", "count"),
    "more people than tickets": ({"count": 1, "amount": 6.0}, "3011", "tourist_info"),
    "document's ids": ({"tourist_info": {"410102195431547812": "张三"}}, "3012", "tourist_info"),
    "no id": ({"tourist_info": {"x": "张三"}}, "3012", "tourist_info"),
}


@pytest.mark.parametrize("case", DOORS)
async def test_what_is_refused_at_the_door_leaves_its_number_free(
    bridged: World, case: str
) -> None:
    changes, code, field = DOORS[case]
    number = bridged.fresh()
    answer = await bridged.k.order(number, **changes)
    assert (answer.status, answer.code, answer.data) == (200, code, "")
    assert field in answer.message
    assert bridged.zzy.ledger.by_origin(bridged.k.number(number)) == []
    assert (await bridged.k.order(number)).code == "1000"
    await bridged.k.told("voucher", number)
    assert bridged.k.news(number) == ["voucher"]

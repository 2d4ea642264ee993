"""What the simulated supplier refuses: signatures, shapes, rules of the platform."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from contracts.signatures import authorization, sign_zzy
from tests.clients.orders import created, order, paid, payment, refund, tomorrow
from worker.clients.zzy import ZzyClient
from worker.simulators.channel_driver import made_up_id_card
from worker.simulators.zzy import ZzySimulator
from worker.translation.supplier import Refused, Succeeded

PERSON = {"Name": "张三", "Mobile": "13456451211", "IdCard": made_up_id_card(1), "IDCardType": 0}


def body(**changes: object) -> dict[str, Any]:
    fields = {
        "PartnerId": 9258,
        "OriginOrderId": "o1",
        "ContactPerson": PERSON,
        "ProductId": 11063,
        "OrderQuantity": 1,
        "VisitDate": tomorrow().isoformat(),
        "VisitPerson": [PERSON],
    }
    return {name: value for name, value in (fields | changes).items() if value is not ...}


def headers(path: str, *, key: str = "demo-sign-key", age: float = 0) -> dict[str, str]:
    timestamp = int((datetime.now(UTC) - timedelta(seconds=age)).timestamp() * 1000)
    sign = sign_zzy(key, 9258, timestamp, path)
    return {
        "Timestamp": str(timestamp),
        "PartnerId": "9258",
        "Authorization": authorization(9258, sign),
        "Content-Type": "application/json",
    }


async def post(
    zzy: ZzySimulator, content: object, signed: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    path = "/order/Create"
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            zzy.url + path, data=raw, headers=headers(path) if signed is None else signed
        ) as response,
    ):
        return response.status, await response.json()


BAD_SIGNATURES: dict[str, Callable[[], dict[str, str]]] = {
    "another casing": lambda: headers("/order/create"),
    "with a query": lambda: headers("/order/Create?x=1"),
    "another key": lambda: headers("/order/Create", key="other"),
    "too old": lambda: headers("/order/Create", age=301),
    "too new": lambda: headers("/order/Create", age=-400),
    "another partner": lambda: headers("/order/Create") | {"PartnerId": "1"},
    "no time": lambda: headers("/order/Create") | {"Timestamp": "now"},
    "no token": lambda: headers("/order/Create") | {"Authorization": ""},
    "nothing": lambda: {"Content-Type": "application/json"},
}


@pytest.mark.parametrize("what", BAD_SIGNATURES)
async def test_a_wrong_signature_is_refused(zzy: ZzySimulator, what: str) -> None:
    status, answer = await post(zzy, body(), BAD_SIGNATURES[what]())
    assert (status, answer["IsSuccess"]) == (401, False)
    assert not zzy.ledger.orders


async def test_a_right_one_is_taken(zzy: ZzySimulator) -> None:
    assert (await post(zzy, body()))[1]["IsSuccess"]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (body(PartnerId="9258"), "PartnerId"),
        (body(PartnerId=1), "合作ID"),
        (body(ProductId="11063"), "ProductId"),
        (body(OrderQuantity=True), "OrderQuantity"),
        (body(OrderQuantity=1.0), "OrderQuantity"),
        (body(OriginOrderId=1), "OriginOrderId"),
        (body(OriginOrderId=...), "OriginOrderId"),
        (body(ContactPerson=None), "ContactPerson"),
        (body(ContactPerson=[PERSON]), "ContactPerson"),
        (body(ContactPerson=PERSON | {"IdCard": None}), "ContactPersonIdCard"),
        (body(VisitPerson=PERSON), "VisitPerson"),
        (body(VisitPerson=[PERSON | {"IDCard": "1"}]), "VisitPersonIDCard"),
        (body(originOrderId="o1"), "originOrderId"),
        (body(VisitDate="2030-1-2"), "游玩日期"),
        (body(VisitDate="2020-01-02"), "时间限制"),
        (body(ProductId=1), "产品不存在"),
        (body(ProductId=11068), "产品已下架"),
        (body(ProductId=11064, OrderQuantity=2), "不匹配"),
        (body(ProductId=11065), "场次"),
        (body(ProductId=11069, OrderQuantity=5), "最大订购数量"),
        (body(ProductId=11071), "年龄"),
        (body(OrderQuantity=0), "数量"),
        (body(VisitPerson=[]), "身份证"),
        (body(VisitPerson=[PERSON | {"IdCard": "1"}]), "身份证"),
        ([], "body"),
        (b"{", "JSON"),
    ],
)
async def test_a_wrong_create_is_refused_naming_what_is_wrong(
    zzy: ZzySimulator, content: object, named: str
) -> None:
    status, answer = await post(zzy, content)
    assert (status, answer["IsSuccess"]) == (200, False)
    assert named in answer["Message"]
    assert not zzy.ledger.orders


async def test_a_session_that_exists_is_taken(zzy: ZzySimulator) -> None:
    session = body(ProductId=11065, BeginPlayTime="09:00", EndPlayTime="12:00")
    assert (await post(zzy, session))[1]["IsSuccess"]
    assert zzy.ledger.by_origin("o1")[0].session == "09:00-12:00"


async def test_stock_runs_out_and_comes_back_with_a_cancel(
    client: ZzyClient, zzy: ZzySimulator
) -> None:
    first = await created(client, order("o1", product="11069", quantity=4))
    short = await client.create(order("o2", product="11069", quantity=2))
    assert isinstance(short, Refused)
    assert short.message == "库存不足"
    await client.cancel(first)
    await client.cancel(first)  # accepted, and gives back nothing twice
    assert zzy.ledger.product(11069).sold == {tomorrow(): 0}
    await created(client, order("o2", product="11069", quantity=2))


@pytest.mark.parametrize(
    ("mode", "orders", "kind"),
    [("same", 1, Succeeded), ("refused", 1, Refused), ("new", 2, Succeeded)],
)
async def test_a_repeated_create_gets_what_is_set(
    client: ZzyClient, zzy: ZzySimulator, mode: str, orders: int, kind: type
) -> None:
    await created(client)
    zzy.lots.change(duplicate_create=mode)
    assert isinstance(await client.create(order()), kind)
    assert len(zzy.ledger.by_origin("o1")) == orders


async def test_a_repeated_create_of_a_paid_order_shows_its_status(client: ZzyClient) -> None:
    order_id = await paid(client)
    again = await client.create(order())
    assert isinstance(again, Succeeded)
    assert again.answer.data is not None
    assert again.answer.data.order_id == order_id
    assert again.answer.data.order_status > 0


async def test_what_the_platform_refuses_of_pay_cancel_and_refund(
    client: ZzyClient, zzy: ZzySimulator
) -> None:
    async def message(call: Any) -> str:  # noqa: ANN401  (any of the calls)
        result = await call
        assert isinstance(result, Refused), result
        return result.message

    assert await message(client.pay(payment("1"))) == "订单不存在"
    assert await message(client.cancel("1")) == "订单不存在"
    assert await message(client.person_qr_codes("o1")) == "订单不存在"
    unpaid = await created(client)
    assert await message(client.refund(refund(unpaid))) == "订单未支付"
    assert await message(client.pay(payment(unpaid, quantity=3))) == "票数量不一致"
    assert await message(client.pay(payment(unpaid, "o9"))) == "交易电子凭证订单号不一致"
    await client.cancel(unpaid)
    assert await message(client.pay(payment(unpaid))) == "订单已取消"
    done = await paid(client, order("o2"))
    assert await message(client.pay(payment(done, "o2"))) == "订单已支付"
    assert "不能取消" in await message(client.cancel(done))
    assert await message(client.refund(refund(done, count=3))) == "可退数量不足"
    assert isinstance(await client.refund(refund(done, "r1", count=1)), Succeeded)
    assert await message(client.refund(refund(done, "r1", count=1))) == "批次号重复"
    fixed = await paid(client, order("o3", product="11067"))
    assert await message(client.refund(refund(fixed, "r2"))) == "产品不支持退款"
    assert zzy.ledger.paid_orders() == ["o2", "o3"]


@pytest.mark.parametrize("endpoint", ["create", "pay", "refund"])
async def test_a_whim_of_the_platform_refuses_and_does_nothing(
    client: ZzyClient, zzy: ZzySimulator, endpoint: str
) -> None:
    zzy.lots.force(f"{endpoint}_refused")
    order_id = "" if endpoint == "create" else await created(client)
    if endpoint == "refund":
        await client.pay(payment(order_id))
    result: object
    if endpoint == "create":
        result = await client.create(order())
    elif endpoint == "pay":
        result = await client.pay(payment(order_id))
    else:
        result = await client.refund(refund(order_id))
    assert isinstance(result, Refused)
    assert zzy.lots.seen == {f"{endpoint}_refused": 1}
    assert not zzy.ledger.refunded()
    assert zzy.ledger.paid_orders() == (["o1"] if endpoint == "refund" else [])

"""Upstream systems on the real RabbitMQ, in Python with pika and in Node with amqplib."""

import pytest

from contracts.channel import order_num
from tests.queue.clients import Client
from tests.queue.conftest import Scene
from tests.queue.talk import consumed, dead, order

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.servers]


@pytest.fixture(params=["python", "node"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def erp(language: str, scene: Scene) -> Client:
    return Client(language, scene.erp_url)


@pytest.fixture
def wms(language: str, scene: Scene) -> Client:
    return Client(language, scene.wms_url)


async def test_an_order_from_its_command_to_its_cancel_with_every_event(
    scene: Scene, erp: Client, wms: Client
) -> None:
    number = scene.world.fresh()
    ours = order_num("k", number)
    async with wms.listening("order.*.k") as events:
        await consumed(wms.url, f"events.{scene.wms.name}.all")
        answer = await erp.ask("order.create.v1", order(number))
        assert (answer["code"], answer["data"]) == ("1000", {"order_num": ours})
        until_issued = await events.until("issued", ours)
        assert [event["data"]["kind"] for event in until_issued] == [
            "accepted",
            "created",
            "paid",
            "issued",
        ]
        assert [event["id"] for event in until_issued] == [f"{ours}:{n}" for n in (1, 2, 3, 4)]
        cancelled = await erp.ask("order.cancel.v1", {"app_key": "k", "order_num": ours})
        assert cancelled["code"] == "1000"
        last = (await events.until("refunded", ours))[-1]["data"]
        assert (last["state"], last["refunded"]) == ("refunded", last["count"])
    text = str(until_issued) + str(last)
    codes = {ticket.code for ticket in scene.world.book(ours).tickets}
    assert [secret for secret in (*codes, "13456451211") if secret in text] == []


async def test_the_same_command_again_is_the_same_order(scene: Scene, erp: Client) -> None:
    number = scene.world.fresh()
    same = order(number)
    answers = [await erp.ask("order.create.v1", same) for _ in range(2)]
    assert [answer["code"] for answer in answers] == ["1000", "1000"]
    assert len(scene.world.zzy.ledger.by_origin(order_num("k", number))) == 1


async def test_how_an_order_stands_is_told_to_its_own_channel_alone(
    scene: Scene, erp: Client
) -> None:
    number, others = scene.world.fresh(), scene.world.fresh()
    ours = order_num("k", number)
    await erp.ask("order.create.v1", order(number))
    await scene.world.parties["z"].order(others)
    report = await erp.ask("query.order.v1", {"app_key": "k", "order_num": ours})
    assert (report["code"], report["data"]["channel_order_num"]) == ("1000", number)
    theirs = {"app_key": "k", "order_num": order_num("z", others)}
    assert (await erp.ask("query.order.v1", theirs))["code"] == "4001"


async def test_a_part_is_refunded_once_under_its_own_number(
    scene: Scene, erp: Client, wms: Client
) -> None:
    ours = await issued(scene, erp)
    refund = {"app_key": "k", "order_num": ours, "refund_num": "R1", "count": 1}
    async with wms.listening("order.refunded.k") as events:
        for _ in range(2):
            answer = await erp.ask("order.refund.v1", refund)
            assert (answer["code"], answer["data"]["count"]) == ("1000", 1)
        event = (await events.until("refunded", ours))[-1]["data"]
    assert (event["refunded"], event["state"], event["refund_id"]) == (1, "issued", f"{ours}R1")
    other = await erp.ask("order.refund.v1", {**refund, "count": 2})
    assert other["code"] == "4000"


async def test_vouchers_are_sent_again(scene: Scene, erp: Client) -> None:
    ours = await issued(scene, erp)
    (number,) = [
        told.params["channel_order_num"]
        for told in scene.world.k.simulator.received.values()
        if told.params.get("order_num") == ours
    ]
    before = len(scene.world.k.simulator.of_type("voucher", number))
    resend = {"app_key": "k", "order_num": ours, "by": "notify"}
    assert (await erp.ask("voucher.resend.v1", resend))["code"] == "1000"
    await scene.world.k.told("voucher", number, before + 1)


async def test_a_refusal_is_answered_with_its_code(scene: Scene, erp: Client) -> None:
    number = scene.world.fresh()
    past = await erp.ask("order.create.v1", order(number, date="2020-01-01"))
    assert past["code"] == "3003"
    unknown = await erp.ask("order.cancel.v1", {"app_key": "k", "order_num": "f" * 32})
    assert unknown["code"] == "4001"


async def test_what_does_not_fit_is_answered_and_lies_in_the_dead_letters(
    scene: Scene, erp: Client
) -> None:
    number = scene.world.fresh()
    answer = await erp.ask("order.create.v1", order(number, count="many"))
    assert answer["code"] == "9001"
    assert "data.order.count" in answer["message"]
    letter = await dead(scene.world, order_num("k", number))
    assert (letter["kind"], "data.order.count" in letter["reason"]) == ("unreadable", True)


async def test_an_upstream_cannot_speak_for_another_channel(scene: Scene, erp: Client) -> None:
    number = scene.world.fresh()
    answer = await erp.ask("order.create.v1", order(number, "z"))
    assert answer["code"] == "9002"
    letter = await dead(scene.world, order_num("z", number))
    assert letter["kind"] == "user_not_allowed"
    assert scene.world.zzy.ledger.by_origin(order_num("z", number)) == []


async def test_a_type_that_nobody_takes_is_refused(erp: Client) -> None:
    assert "stock.move.v1" in await erp.fails("stock.move.v1", {"app_key": "k"})


async def issued(scene: Scene, erp: Client) -> str:
    """Order, and wait for the vouchers; return our number."""
    number = scene.world.fresh()
    await erp.ask("order.create.v1", order(number))
    await scene.world.k.told("voucher", number)
    return order_num("k", number)

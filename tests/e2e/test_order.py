"""createOrder from the channel's request to its vouchers, and every way it is refused."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.e2e.world import Choice, Other, World, tomorrow
from worker.simulators.channel import Credentials
from worker.simulators.channel_driver import ChannelDriver, made_up_id_card

REPLY_WAIT = 1.5
WORLD = Choice(
    settings={"reply_wait_seconds": str(REPLY_WAIT)},
    others=(
        Other(Credentials("accepted"), {"reply_on": '"accepted"'}),
        Other(Credentials("created"), {"reply_on": '"created"'}),
        Other(Credentials("plain", envelope="plain")),
        Other(Credentials("moving", ("the-new-secret", "the-old-secret"))),
    ),
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


def five_tourists() -> dict[str, str]:
    return {made_up_id_card(n): f"游客{n}" for n in range(10, 15)}


# --- what becomes of a good order ---------------------------------------------------------


async def test_the_documents_example_becomes_vouchers(bridged: World) -> None:
    number = bridged.fresh()
    answer = await bridged.k.order(number)
    assert (answer.status, answer.code, answer.message) == (200, "1000", "成功")
    assert answer.data == {"order_num": bridged.k.number(number)}
    [told] = await bridged.k.told("voucher", number)
    book = bridged.book(answer.order_num)
    assert (book.times_paid, book.quantity, book.visit_date) == (1, 5, tomorrow())
    assert [person.name for person in book.visitors] == ["张三", "李四"]
    assert {p.mobile for p in (book.contact, *book.visitors)} == {"13456451211"}
    assert told.params == {
        "notify_type": "voucher",
        "channel_order_num": number,
        "order_num": answer.order_num,
        "vouchers": [
            {
                "code": book.tickets[0].code,
                "id_card": "",
                "name": "",
                "product_name": "良渚杭州市民免费票",
                "memo": book.tickets[0].memo,
            }
        ],
        "order_code": book.tickets[0].code,
        "is_ticket": False,
        "ticket_get_address": "",
    }
    assert bridged.k.news(number) == ["voucher"]


async def test_every_person_gets_the_code_of_their_own_id_card(bridged: World) -> None:
    number, people = bridged.fresh(), five_tourists()
    answer = await bridged.k.order(number, product_code="11064", tourist_info=people)
    assert answer.code == "1000"
    [told] = await bridged.k.told("voucher", number)
    codes = {ticket.id_card: ticket.code for ticket in bridged.book(answer.order_num).tickets}
    assert {v["id_card"]: (v["code"], v["name"]) for v in told.params["vouchers"]} == {
        card: (codes[card], name) for card, name in people.items()
    }
    assert told.params["order_code"] == ""


async def test_the_order_number_is_the_one_that_the_protocol_page_computes(
    bridged: World,
) -> None:
    answer = await bridged.k.order("2x")
    assert answer.order_num == "0e0c0fa2becaccb078332d796b2ca858"


async def test_tourists_may_come_as_text_and_numbers_as_text(bridged: World) -> None:
    number = bridged.fresh()
    text = f'{{"{made_up_id_card(3)}": "王五"}}'
    answer = await bridged.k.order(
        number, tourist_info=text, price="6", amount=12.0, count="2", product_code="11063"
    )
    assert answer.code == "1000"
    assert [p.name for p in bridged.book(answer.order_num).visitors] == ["王五"]


# --- when the answer comes ----------------------------------------------------------------


async def test_a_channel_may_be_answered_once_its_order_is_accepted(bridged: World) -> None:
    party, number = bridged.parties["accepted"], bridged.fresh()
    bridged.zzy.lots.change(latency_min=0.5, latency_max=0.5)
    answer = await party.order(number)
    assert answer.data == {"order_num": party.number(number)}
    assert bridged.zzy.ledger.by_origin(answer.order_num) == []
    await party.told("voucher", number)


async def test_a_channel_may_be_answered_once_its_order_is_created(bridged: World) -> None:
    party, number = bridged.parties["created"], bridged.fresh()
    bridged.zzy.lots.change(ticket_delay_min=1, ticket_delay_max=1)
    bridged.zzy.lots.force("drop_before", at="pay")
    answer = await party.order(number)
    assert answer.code == "1000"
    assert bridged.book(answer.order_num).times_paid == 0
    await party.told("voucher", number)


async def test_a_channel_is_answered_once_its_order_is_paid_by_default(bridged: World) -> None:
    bridged.zzy.lots.force("drop_before", at="pay")
    answer = await bridged.k.order(number := bridged.fresh())
    assert answer.code == "1000"
    assert bridged.book(answer.order_num).times_paid == 1
    await bridged.k.told("voucher", number)


async def test_a_slow_zzy_is_waited_for_so_long_and_no_longer(bridged: World) -> None:
    number = bridged.fresh()
    bridged.zzy.lots.change(latency_min=0.9, latency_max=0.9)
    began = time.monotonic()
    answer = await bridged.k.order(number)
    assert REPLY_WAIT - 0.1 <= time.monotonic() - began < REPLY_WAIT + 1
    assert (answer.code, answer.order_num) == ("1000", bridged.k.number(number))
    await bridged.k.told("voucher", number)


async def test_a_failure_after_the_answer_is_told(bridged: World) -> None:
    number = bridged.fresh()
    bridged.zzy.lots.force("hang_after", at="create", times=2)
    answer = await bridged.k.order(number)
    assert answer.code == "1000"
    bridged.zzy.lots.force("create_refused", times=3)
    [told] = await bridged.k.told("order_failed", number)
    assert (told.params["code"], told.params["order_num"]) == ("3000", answer.order_num)
    assert bridged.book(answer.order_num).times_paid == 0
    assert (await bridged.k.order(number)).code == "3000"


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


# --- the same number again ----------------------------------------------------------------


async def test_the_same_order_again_does_nothing_twice(bridged: World) -> None:
    number, before = bridged.fresh(), bridged.zzy.api.calls["create"]
    answers = await asyncio.gather(*(bridged.k.order(number) for _ in range(5)))
    await bridged.k.told("voucher", number)
    answers.append(await bridged.k.order(number))
    assert {(answer.code, answer.order_num) for answer in answers} == {
        ("1000", bridged.k.number(number))
    }
    book = bridged.book(answers[0].order_num)
    assert len(book.pays) == 1
    assert bridged.zzy.api.calls["create"] == before + 1
    assert bridged.k.news(number) == ["voucher"]


async def test_another_order_under_the_same_number_is_a_conflict(bridged: World) -> None:
    number = bridged.fresh()
    await bridged.k.order(number)
    for changes in ({"count": 4, "amount": 24.0}, {"take_phone": "13456451212"}):
        answer = await bridged.k.order(number, **changes)
        assert (answer.code, answer.data) == ("3000", "")
        assert "channel_order_num" in answer.message
    assert (await bridged.k.order(number)).code == "1000"
    await bridged.k.told("voucher", number)
    assert bridged.k.news(number) == ["voucher"]
    assert len(bridged.book(bridged.k.number(number)).pays) == 1


async def test_two_channels_may_use_the_same_number(bridged: World) -> None:
    number = bridged.fresh()
    for app_key in ("k", "plain"):
        party = bridged.parties[app_key]
        assert (await party.order(number)).order_num == party.number(number)
        [told] = await party.told("voucher", number)
        assert told.params["order_num"] == party.number(number)


# --- envelopes and secrets ----------------------------------------------------------------


async def test_a_channel_may_want_its_notifications_plain(bridged: World) -> None:
    party, number = bridged.parties["plain"], bridged.fresh()
    await party.order(number)
    [told] = await party.told("voucher", number)
    assert told.headers["Webhook-Type"] == "voucher"
    assert {d.problem for d in party.simulator.deliveries} == {""}


async def test_several_secrets_verify_and_the_first_signs(bridged: World) -> None:
    party = bridged.parties["moving"]
    old = ChannelDriver(bridged.place.url, "moving", "the-old-secret")
    wrong = ChannelDriver(bridged.place.url, "moving", "a-wrong-secret")
    content = {"order_num": "0" * 32}
    assert (await old.cancel(**content)).code == "4001"
    assert (await wrong.cancel(**content)).code == "9003"
    await old.close()
    await wrong.close()
    await party.order(number := bridged.fresh())
    [told] = await party.told("voucher", number)
    assert len(told.headers["Webhook-Signature"].split()) == 2
    only_new = Credentials("moving", ("the-new-secret",))
    assert {d.problem for d in party.simulator.deliveries} == {""}
    party.simulator.credentials = only_new
    await party.order(number := bridged.fresh())
    await party.told("voucher", number)

"""createOrder from the channel's request to its vouchers."""

import asyncio
import time

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

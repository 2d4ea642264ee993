"""Vouchers of every kind, from ZZY's words to what the channel and the guest's phone got."""

import asyncio
from typing import Any

import pytest

from tests.e2e.calling import called
from tests.e2e.notices import TICKET, envelope, post
from tests.e2e.world import Choice, Other, World, codes, until
from worker.simulators.channel import Credentials, Delivery
from worker.simulators.channel_driver import made_up_id_card

WORLD = Choice(
    settings={
        "reply_wait_seconds": "2",
        "ticket_deadline_seconds": "60",
        "ticket_probe_delays": '["0.2s", "0.5s", "1s", "2s"]',
    },
    others=(
        Other(Credentials("texting"), {"vouchers_by": '"sms"', "sms_text": '"码 ${codes}"'}),
        Other(Credentials("both"), {"vouchers_by": '"both"'}),
    ),
    log_level="info",
    sms="""
json_body = '{"phone": "${phone}", "text": "${text}", "id": "${sms_id}"}'
success_field = "Code"
success_value = "OK"
error_field = "Message"
codes_per_sms = 2
retry_delays = ["1s"]
""",
)
PERSONAL = "11064"
"""One code a person (一人一码)."""

WITH_X = next(card for n in range(3, 99) if (card := made_up_id_card(n)).endswith("X"))

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def ordered(world: World, people: dict[str, str], number: str) -> str:
    """Order one ticket a person, whose notice never comes; return our number."""
    world.zzy.lots.force("dropped_notice", at=TICKET)
    answer = await world.k.order(
        number,
        product_code=PERSONAL,
        tourist_info=people,
        count=len(people),
        amount=6 * len(people),
    )
    assert answer.code == "1000"
    await world.at_zzy(
        lambda: any(
            (notice.origin_order_id, notice.state) == (answer.order_num, "dropped")
            for notice in world.zzy.notifier.sent
        )
    )
    return answer.order_num


async def noticed(
    world: World, ours: str, *vouchers: tuple[str, str], order_code: str = ""
) -> None:
    """Let ZZY tell codes, each with an id card."""
    book = world.book(ours)
    personal = [{"IDCardNo": id_card, "VoucherCode": c, "Mobile": ""} for c, id_card in vouchers]
    body = {
        "OriginOrderId": ours,
        "OrderId": book.order_id,
        "VoucherCode": {"OrderVoucherCode": order_code, "OrderUserVouchers": personal},
        "TicketStatus": 1,
        "ProductName": "联票",
        "Memo": "龙游石窟供应商",
    }
    assert (await post(world.place.url, envelope(TICKET, body))).taken


def people(delivery: Delivery) -> list[tuple[str, str, str]]:
    return [(v["code"], v["id_card"], v["name"]) for v in delivery.params["vouchers"]]


async def with_codes(world: World, number: str, count: int = 1) -> list[Delivery]:
    """Wait for voucher notifications that hold codes; ZZY may have had none when first asked."""

    def told() -> list[Delivery]:
        return [d for d in world.k.simulator.of_type("voucher", number) if d.params["vouchers"]]

    await world.k.simulator.changes.until(lambda: len(told()) >= count)
    return told()


async def test_one_code_for_all(bridged: World) -> None:
    answer = await bridged.k.order(number := bridged.fresh())
    [told] = await bridged.k.told("voucher", number)
    [code] = codes(bridged, answer.order_num)
    assert people(told) == [(code, "", "")]
    assert told.params["order_code"] == code
    assert told.params["vouchers"][0]["product_name"] == "良渚杭州市民免费票"
    assert told.params["vouchers"][0]["memo"] == "杭州良渚古城旅游发展有限公司"


async def test_a_code_a_person_is_matched_on_the_id_card(bridged: World) -> None:
    one, two = made_up_id_card(1), WITH_X
    ours = await ordered(bridged, {one: "张三", two: "李四"}, number := bridged.fresh())
    await noticed(bridged, ours, ("L", two.lower()), ("Z", one))
    [told] = await bridged.k.told("voucher", number)
    assert people(told) == [("L", two, "李四"), ("Z", one, "张三")]
    assert told.params["order_code"] == ""


async def test_a_code_for_an_id_that_is_not_ours_is_nobodys_of_ours(bridged: World) -> None:
    one, stranger = made_up_id_card(1), made_up_id_card(77)
    ours = await ordered(bridged, {one: "张三"}, number := bridged.fresh())
    await noticed(bridged, ours, ("S", stranger), ("Z", one))
    [told] = await bridged.k.told("voucher", number)
    assert people(told) == [("S", stranger, ""), ("Z", one, "张三")]


async def test_namesakes_are_told_apart_once_their_ids_are_told(bridged: World) -> None:
    one, two, three = (made_up_id_card(n) for n in (1, 2, 4))
    bridged.zzy.lots.force("pay_issued_without_codes")
    group = {one: "张三", two: "张三", three: "王五"}
    ours = await ordered(bridged, group, number := bridged.fresh())
    [first] = await with_codes(bridged, number)
    tickets = {ticket.id_card: ticket.code for ticket in bridged.book(ours).tickets}
    assert people(first) == [
        (tickets[one], "", ""),
        (tickets[two], "", ""),
        (tickets[three], three, "王五"),
    ]
    await noticed(bridged, ours, *((code, id_card) for id_card, code in tickets.items()))
    [_, second] = await with_codes(bridged, number, count=2)
    assert people(second) == [(tickets[one], one, "张三"), (tickets[two], two, "张三")]
    await noticed(bridged, ours, (tickets[two], two), (tickets[one], one))
    assert len(await with_codes(bridged, number, count=2)) == 2


async def test_tickets_by_the_suppliers_own_sms_have_no_codes(bridged: World) -> None:
    ours = await ordered(bridged, {made_up_id_card(1): "张三"}, number := bridged.fresh())
    await noticed(bridged, ours)
    [told] = await bridged.k.told("voucher", number)
    assert (told.params["vouchers"], told.params["order_code"]) == ([], "")


# --- by SMS (短信) ------------------------------------------------------------------------


async def texted(world: World, phone: str, count: int = 1) -> list[dict[str, Any]]:
    await world.sms.changes.until(lambda: len(world.sms.to(phone)) >= count)
    return [dict(sms.parameters) for sms in world.sms.to(phone)]


async def rows(world: World, ours: str) -> list[dict[str, str]]:
    """Wait until every text of an order is settled, and return their lines."""

    async def settled() -> list[dict[str, str]]:
        lines = (await world.show(ours))["timeline"]
        found = [line for line in lines if line["what"] == "notification_sms"]
        return found if all(line["state"] != "pending" for line in found) else []

    return await until(settled)


async def test_a_channel_that_wants_both_gets_both(bridged: World) -> None:
    phone = "13800000001"
    answer = await bridged.parties["both"].order(number := bridged.fresh(), take_phone=phone)
    [sms] = await texted(bridged, phone)
    [told] = await bridged.parties["both"].told("voucher", number)
    code = told.params["order_code"]
    assert {code} == codes(bridged, answer.order_num)
    day = bridged.book(answer.order_num).visit_date.isoformat()
    assert sms["text"] == f"您预订的良渚杭州市民免费票（{day}，5张）已出票，取票码：{code}"


async def test_many_codes_are_texted_in_parts_and_to_the_guest_alone(bridged: World) -> None:
    phone, party = "13800000002", bridged.parties["texting"]
    group = {made_up_id_card(n): "张三" for n in range(1, 4)}
    answer = await party.order(
        bridged.fresh(),
        product_code=PERSONAL,
        tourist_info=group,
        count=3,
        amount=18,
        take_phone=phone,
    )
    parts = await texted(bridged, phone, count=2)
    sent = {code for sms in parts for code in sms["text"].removeprefix("码 ").split("、")}
    assert sent == codes(bridged, answer.order_num)
    assert len({sms["id"] for sms in parts}) == 2
    assert party.simulator.received == {}


async def test_a_text_that_fails_comes_again_dies_and_is_replayed(bridged: World) -> None:
    phone, party = "13800000003", bridged.parties["texting"]
    bridged.sms.lots.force("refuse")
    bridged.sms.lots.force("wrong_body")
    answer = await party.order(number := bridged.fresh(), take_phone=phone)

    async def dead() -> list[dict[str, Any]]:
        return [letter for letter in await bridged.letters() if letter["kind"] == "sms_failed"]

    [letter] = await until(dead)
    assert (letter["channel"], letter["channel_order_num"]) == ("texting", number)
    assert letter["attempts"] == 2
    assert "not sent after 2 attempt(s); last: HTTP 200, Code -" in letter["reason"]
    shown, replayed = await asyncio.gather(
        called(bridged.place.config, "deadletters", "show", letter["id"]),
        called(bridged.place.config, "deadletters", "replay", letter["id"]),
    )
    assert replayed.code == 0, replayed.err
    [sms] = await texted(bridged, phone)
    [code] = codes(bridged, answer.order_num)
    assert sms["text"] == f"码 {code}"
    [line] = await rows(bridged, answer.order_num)
    assert line["state"] == "delivered"
    assert "after 1 attempts: HTTP 200, Code OK" in line["details"]
    assert phone not in shown.out
    assert code not in shown.out


async def test_no_log_names_a_phone_or_a_code(bridged: World) -> None:
    phone, log = "13800000004", bridged.place.folder / "worker.log"
    answer = await bridged.parties["both"].order(number := bridged.fresh(), take_phone=phone)
    await texted(bridged, phone)
    await bridged.parties["both"].told("voucher", number)
    await rows(bridged, answer.order_num)

    async def logged() -> str:
        told = log.read_text()
        return told if "sms_delivered" in told else ""

    told = await until(logged)
    secrets = [sms.phone for sms in bridged.sms.sent]
    secrets += [sms.parameters["text"] for sms in bridged.sms.sent]
    secrets += [
        ticket.code for order in bridged.zzy.ledger.orders.values() for ticket in order.tickets
    ]
    assert phone in secrets
    assert len(secrets) >= 3
    assert [secret for secret in secrets if secret in told] == []

"""ZZY's four notices: what they lead to, and those that must not lead to anything."""

import asyncio
from typing import Any

import pytest

from tests.e2e.notices import PRODUCT, REFUND, TICKET, VERIFY, envelope, post, signed, tickets
from tests.e2e.world import Choice, Other, World, until
from worker.simulators.channel import Credentials
from worker.simulators.channel_driver import made_up_id_card
from worker.simulators.ledger import FIRST_ORDER_ID
from worker.simulators.records import Order

WORLD = Choice(
    settings={"reply_wait_seconds": "2", "ticket_deadline_seconds": "60"},
    others=(Other(Credentials("news"), product_news=True),),
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def issued(world: World, number: str, **changes: object) -> Order:
    answer = await world.k.order(number, **changes)
    assert answer.code == "1000"
    await world.k.told("voucher", number)
    return world.book(answer.order_num)


async def settled(world: World, ours: str, count: int) -> None:
    """Wait until ``count`` notices of an order were sent, and all of them acknowledged."""

    def all_taken() -> bool:
        sent = [n for n in world.zzy.notifier.sent if n.origin_order_id == ours]
        answers = [answer for notice in sent for answer in notice.answers]
        return len(answers) >= count and all(n.state == "acknowledged" for n in sent)

    await world.at_zzy(all_taken)


async def letter_of(world: World, kind: str, ours: str = "") -> dict[str, Any]:
    """Wait for a dead letter of this kind, of this order if given."""

    async def found() -> list[dict[str, Any]]:
        letters = await world.letters()
        return [one for one in letters if one["kind"] == kind and ours in {"", one["order_num"]}]

    return (await until(found))[0]


def checked(book: Order, count: int) -> dict[str, Any]:
    """Return the body of a verify notice as the document has it."""
    return {
        "TicketStatus": 1,
        "OriginOrderId": book.origin_order_id,
        "OrderId": book.order_id,
        "VoucherCode": [],
        "OrderTotal": book.quantity,
        "CheckedNumber": count,
        "VoucherType": 1,
        "CheckTime": "2025-07-29 10:36:09",
    }


# --- verification (核销) ------------------------------------------------------------------


async def test_a_check_is_told_field_for_field(bridged: World) -> None:
    book = await issued(bridged, number := bridged.fresh())
    for count, (checked, left, result) in ((1, ("1", "4", "1")), (4, ("5", "0", "2"))):
        bridged.zzy.platform.check(book.origin_order_id, count)
        told = await bridged.k.told("check", number, 1 if count == 1 else 2)
        notice = bridged.zzy.notifier.sent[-1].body
        assert told[-1].params == {
            "order_num": number,
            "check_time": notice["CheckTime"],
            "check_result": result,
            "total_count": "5",
            "no_check_count": left,
            "check_count": checked,
        }


async def test_the_counts_of_a_check_know_what_was_refunded(bridged: World) -> None:
    changes = {"product_code": "11064", "count": 2, "amount": 12.0}
    book = await issued(bridged, number := bridged.fresh(), **changes)
    bridged.zzy.platform.force_refund(book.origin_order_id, [book.tickets[0].code])
    [refund] = await bridged.k.told("refund", number)
    assert refund.params["status"] == "forced"
    assert (refund.params["refund_id"], refund.params["count"]) == ("", 1)
    assert refund.params["codes"] == [book.tickets[0].code]
    bridged.zzy.platform.check(book.origin_order_id, codes=[book.tickets[1].code])
    [check] = await bridged.k.told("check", number)
    counts = {name: value for name, value in check.params.items() if name.endswith("count")}
    assert counts == {"total_count": "2", "no_check_count": "0", "check_count": "1"}
    assert check.params["check_result"] == "2"


async def test_repeated_and_reordered_checks_change_nothing(bridged: World) -> None:
    book = await issued(bridged, number := bridged.fresh())
    ours = book.origin_order_id
    bridged.zzy.lots.change(late_seconds=0.3)
    bridged.zzy.lots.force("reordered_notice", at=VERIFY)
    bridged.zzy.platform.check(ours, 1)
    bridged.zzy.platform.check(ours, 2)
    await settled(bridged, ours, 3)
    await bridged.k.told("check", number)
    bridged.zzy.notifier.again(ours, VERIFY)
    await settled(bridged, ours, 5)
    bridged.zzy.platform.check(ours, 2)
    told = await bridged.k.told("check", number, 2)
    async with asyncio.timeout(10):
        while told[-1].params["check_count"] != "5":
            told = await bridged.k.told("check", number, len(told) + 1)
    counts = [delivery.params["check_count"] for delivery in told]
    assert counts in (["3", "5"], ["1", "3", "5"])


async def test_the_newest_check_is_the_last_though_an_older_one_was_slow(bridged: World) -> None:
    names = dict(zip(map(made_up_id_card, range(1, 5)), "赵钱孙李", strict=True))
    changes = {"product_code": "11064", "count": 4, "amount": 24.0, "tourist_info": names}
    book = await issued(bridged, number := bridged.fresh(), **changes)
    ours, (a, b, c, d) = book.origin_order_id, (ticket.code for ticket in book.tickets)
    zzy, channel = bridged.zzy, bridged.k.simulator
    channel.lots.change(slow_seconds=1.5)
    slow = channel.lots.seen["slow"]
    channel.lots.force("slow")
    zzy.platform.check(ours, codes=[a])
    await until(lambda: asyncio.sleep(0, channel.lots.seen["slow"] > slow))
    zzy.platform.force_refund(ours, [b])
    await bridged.k.told("refund", number)
    assert "check" not in bridged.k.news(number), "only checks wait for checks"
    zzy.lots.force("reordered_notice", at=VERIFY)
    zzy.platform.check(ours, codes=[c])
    zzy.platform.check(ours, codes=[d])
    await settled(bridged, ours, 5)
    zzy.notifier.again(ours, VERIFY)
    await settled(bridged, ours, 8)

    def told() -> list[tuple[str, ...]]:
        posts = [post.params for post in channel.deliveries if post.type == "check"]
        return [tuple(p.values())[2:] for p in posts if p["order_num"] == number]

    first, last = ("1", "4", "3", "1"), ("2", "4", "0", "3")
    await channel.changes.until(lambda: {first, last} <= set(told()))
    assert told() in ([first, last], [first, ("1", "4", "1", "2"), last])


# --- tickets, repeated and in any shape ---------------------------------------------------


@pytest.mark.parametrize("fault", ["repeated_notice", "body_as_object", "late_notice"])
async def test_however_a_ticket_notice_comes_the_vouchers_are_told_once(
    bridged: World, fault: str
) -> None:
    bridged.zzy.lots.change(late_seconds=0.3)
    bridged.zzy.lots.force(fault, at=TICKET)
    book = await issued(bridged, number := bridged.fresh())
    bridged.zzy.notifier.again(book.origin_order_id)
    await settled(bridged, book.origin_order_id, 3 if fault == "repeated_notice" else 2)
    assert (await bridged.k.driver.cancel(book.origin_order_id)).code == "1000"
    await bridged.k.told("refund", number)
    assert bridged.k.news(number) == ["voucher", "refund"]


async def test_a_notice_may_come_before_its_order(bridged: World) -> None:
    number = bridged.fresh()
    ours = bridged.k.number(number)
    next_id = FIRST_ORDER_ID + len(bridged.zzy.ledger.orders)
    bridged.zzy.lots.change(ticket_delay_min=60, ticket_delay_max=60)
    answer = await post(bridged.place.url, envelope(TICKET, tickets(ours, next_id, "early")))
    assert (answer.status, answer.code, answer.taken) == (200, 1000, True)
    assert (await bridged.k.order(number)).code == "1000"
    [told] = await bridged.k.told("voucher", number)
    assert told.params["order_code"] == "early"


async def test_a_notice_of_another_zzy_order_has_no_effect(bridged: World) -> None:
    book = await issued(bridged, number := bridged.fresh())
    body = tickets(book.origin_order_id, book.order_id + 1_000_000, "of another")
    assert (await post(bridged.place.url, envelope(TICKET, body))).taken
    assert (await bridged.k.driver.cancel(book.origin_order_id)).code == "1000"
    await bridged.k.told("refund", number)
    assert bridged.k.news(number) == ["voucher", "refund"]


# --- refunds and products -----------------------------------------------------------------


async def test_a_forced_refund_of_everything_ends_the_order(bridged: World) -> None:
    book = await issued(bridged, number := bridged.fresh())
    bridged.zzy.platform.force_refund(book.origin_order_id)
    [told] = await bridged.k.told("refund", number)
    assert (told.params["status"], told.params["count"]) == ("forced", 5)
    bridged.zzy.notifier.again(book.origin_order_id, REFUND)
    await settled(bridged, book.origin_order_id, 3)
    assert (await bridged.k.driver.cancel(book.origin_order_id)).code == "4002"
    assert bridged.k.news(number) == ["voucher", "refund"]


async def test_a_product_notice_reaches_the_channels_that_want_it(bridged: World) -> None:
    party = bridged.parties["news"].simulator
    for status, change in ((3, "prices"), (2, "changed"), (0, "off"), (1, "on")):
        bridged.zzy.platform.change_product(11063, status)
        await party.changes.until(
            lambda c=change: any(d.params["change"] == c for d in party.of_type("product"))  # type: ignore[misc]
        )
    assert {d.params["product_code"] for d in party.of_type("product")} == {"P11063"}
    assert {d.path for d in party.of_type("product")} == {"/product"}
    assert bridged.k.simulator.of_type("product") == []
    assert "no_url" not in {letter["kind"] for letter in await bridged.letters()}


# --- notices that are not taken -----------------------------------------------------------

GOOD = {"ProductId": 11063, "Status": 1}

STRANGE: dict[str, tuple[bytes, float]] = {
    "notice_stale": (envelope(PRODUCT, GOOD), 600),
    "notice_unknown": (envelope("order_party_notify", GOOD), 0),
    "notice_partner": (envelope(PRODUCT, GOOD, partner=4711), 0),
    "notice_unreadable": (b"{", 0),
}


@pytest.mark.parametrize("kind", STRANGE)
async def test_a_strange_notice_is_not_taken_and_kept(bridged: World, kind: str) -> None:
    raw, age = STRANGE[kind]
    answer = await post(bridged.place.url, raw, signed(age_seconds=age))
    assert (answer.status, answer.taken) == (200, False)
    assert set(answer.fields) == {"Code", "IsSuccess", "LogId", "Message"}
    assert answer.code != 1000
    letter = await letter_of(bridged, kind)
    assert list(letter) == [
        *("id", "kind", "channel", "order_num", "channel_order_num", "reason", "attempts"),
    ]


async def test_a_stale_notice_of_an_order_is_found_by_its_numbers(bridged: World) -> None:
    book = await issued(bridged, number := bridged.fresh())
    raw = envelope(TICKET, tickets(book.origin_order_id, book.order_id, "late"))
    await post(bridged.place.url, raw, signed(age_seconds=301))
    letter = await letter_of(bridged, "notice_stale", book.origin_order_id)
    assert (letter["channel"], letter["channel_order_num"]) == ("k", number)


async def test_an_unsigned_notice_is_refused_and_not_kept(bridged: World) -> None:
    before = await bridged.letters()
    for headers in ({}, signed(key="another-key"), {**signed(), "PartnerId": "1"}):
        answer = await post(bridged.place.url, envelope(PRODUCT, GOOD), headers)
        assert (answer.status, answer.code, answer.taken) == (200, 9003, False)
    assert await bridged.letters() == before


async def test_a_second_body_under_one_signature_is_set_apart(bridged: World) -> None:
    book = await issued(bridged, number := bridged.fresh())
    other = await issued(bridged, others := bridged.fresh())
    headers = signed()
    true, elsewhere = checked(book, 1), checked(other, 1)
    forged = tickets(book.origin_order_id, book.order_id, "forged")
    assert (await post(bridged.place.url, envelope(VERIFY, true), headers)).taken
    await bridged.k.told("check", number)
    await post(bridged.place.url, envelope(TICKET, forged), headers)
    assert (await post(bridged.place.url, envelope(VERIFY, elsewhere), headers)).taken
    letter = await letter_of(bridged, "notice_quarantined", book.origin_order_id)
    assert letter["channel_order_num"] == number
    await bridged.k.told("check", others)
    assert bridged.k.news(number) == ["voucher", "check"]


async def test_a_second_body_under_one_signature_comes_again(bridged: World) -> None:
    book = await issued(bridged, bridged.fresh())
    headers = signed()
    for count, taken in ((1, True), (2, False)):
        answer = await post(bridged.place.url, envelope(VERIFY, checked(book, count)), headers)
        assert answer.taken is taken


async def test_a_ticket_notice_that_is_set_apart_is_looked_into(bridged: World) -> None:
    bridged.zzy.lots.force("dropped_notice", at=TICKET)
    answer = await bridged.k.order(number := bridged.fresh())
    ours = answer.order_num
    await bridged.at_zzy(lambda: bridged.book(ours).tickets)
    book, headers = bridged.book(ours), signed()
    assert (await post(bridged.place.url, envelope(VERIFY, checked(book, 1)), headers)).taken
    await bridged.k.told("check", number)
    forged = tickets(ours, book.order_id, "forged")
    await post(bridged.place.url, envelope(TICKET, forged), headers)
    [told] = await bridged.k.told("voucher", number)
    assert [v["code"] for v in told.params["vouchers"]] == [book.tickets[0].code]
    await letter_of(bridged, "notice_quarantined", ours)


async def test_a_body_too_large_gets_the_shape_of_zzys_protocol(bridged: World) -> None:
    answer = await post(bridged.place.url, envelope(PRODUCT, GOOD) + b" " * 1_048_500)
    assert (answer.status, answer.taken) == (413, False)
    assert set(answer.fields) == {"Code", "IsSuccess", "LogId", "Message"}

"""Create and pay: everything that can come between, and what it may cost."""

import asyncio
from dataclasses import replace

import pytest

from tests.e2e.bridge import Place, started
from tests.e2e.world import (
    PATIENCE_SECONDS,
    Choice,
    Other,
    Party,
    World,
    codes,
    delivered,
    until,
)
from worker.simulators.channel import ChannelSimulator, Credentials
from worker.simulators.zzy import ZzySimulator

WORLD = Choice(
    settings={
        "reply_wait_seconds": "3",
        "ticket_deadline_seconds": "0.5",
        "ticket_probe_delays": '["0.3s", "0.3s"]',
    },
    others=(Other(Credentials("accepted"), {"reply_on": '"accepted"'}),),
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNCLEAR = ("hang_after", "drop_after", "lost_answer", "error_after", "broken_json", "error_before")


# --- pay, outcome unknown -----------------------------------------------------------------


@pytest.mark.parametrize("fault", UNCLEAR)
@pytest.mark.parametrize("notice", ["with its notice", "its notice dropped"])
async def test_an_unknown_pay_is_paid_once_and_delivered(
    bridged: World, fault: str, notice: str
) -> None:
    bridged.zzy.lots.force(fault, at="pay")
    if "dropped" in notice:
        bridged.zzy.lots.force("dropped_notice")
    ours = (await bridged.k.order(number := bridged.fresh())).order_num
    assert await delivered(bridged, number) == codes(bridged, ours)
    assert bridged.book(ours).times_paid == 1
    assert bridged.k.news(number) == ["voucher"]
    assert bridged.zzy.lots.seen[fault]


async def test_a_pay_that_arrived_and_shows_no_code_yet_is_paid_once(bridged: World) -> None:
    bridged.zzy.lots.change(ticket_delay_min=2, ticket_delay_max=2)
    bridged.zzy.lots.force("lost_answer", at="pay")
    ours = (await bridged.k.order(number := bridged.fresh())).order_num
    book = bridged.book(ours)
    assert (book.times_paid, len(book.pays)) == (1, 2), "paid again, and told: paid already"
    assert await delivered(bridged, number) == codes(bridged, ours)


# --- pay, refused -------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["pay_refused", "pay_status_failed"])
async def test_a_refused_pay_frees_the_stock_and_is_told(bridged: World, fault: str) -> None:
    bridged.zzy.lots.force(fault)
    answer = await bridged.k.order(number := bridged.fresh())
    assert (answer.code, answer.data) == ("3000", "")
    assert "支付失败" in answer.message
    [told] = await bridged.k.told("order_failed", number)
    assert (told.params["code"], told.params["message"]) == ("3000", answer.message)
    ours = bridged.k.number(number)
    assert bridged.book(ours).times_paid == 0
    assert bridged.history(ours)[-1] == "cancelled"
    assert (await bridged.k.order(number)).message == answer.message
    assert bridged.k.news(number) == ["order_failed"]


async def test_a_refusal_after_an_unknown_pay_proves_nothing(bridged: World) -> None:
    bridged.zzy.lots.change(ticket_delay_min=2, ticket_delay_max=2)
    bridged.zzy.lots.force("drop_after", at="pay")
    party, number = bridged.parties["accepted"], bridged.fresh()
    ours = (await party.order(number)).order_num
    await bridged.at_zzy(lambda: ours in bridged.zzy.ledger.paid_orders())
    bridged.zzy.lots.force("pay_refused")
    assert await delivered(bridged, number, party) == codes(bridged, ours)
    assert bridged.history(ours)[:4] == ["created", "paid", "pay refused", "cancel refused: paid"]
    assert party.news(number) == ["voucher"]


# --- codes in the answer of the pay -------------------------------------------------------


@pytest.mark.parametrize("answer", ["pay_codes", "pay_codes_status_zero"])
@pytest.mark.parametrize("product", ["11063", "11064"])
async def test_codes_in_the_pay_answer_are_delivered_without_a_notice(
    bridged: World, answer: str, product: str
) -> None:
    bridged.zzy.lots.force(answer)
    bridged.zzy.lots.force("dropped_notice")
    before = bridged.zzy.api.calls["person_qr_codes"]
    count = 5 if product == "11063" else 2
    number = bridged.fresh()
    ours = (
        await bridged.k.order(number, product_code=product, count=count, amount=6.0 * count)
    ).order_num
    assert await delivered(bridged, number) == codes(bridged, ours)
    assert bridged.zzy.api.calls["person_qr_codes"] == before, "nobody had to ask"


async def test_the_notice_after_codes_in_the_answer_adds_nothing(bridged: World) -> None:
    bridged.zzy.lots.force("pay_codes")
    ours = (await bridged.k.order(number := bridged.fresh())).order_num
    await delivered(bridged, number)
    await bridged.at_zzy(lambda: _acknowledged(bridged, ours))
    assert (await bridged.k.order(number)).code == "1000"  # everything before it was handled
    assert bridged.k.news(number) == ["voucher"]


def _acknowledged(world: World, ours: str) -> list[str]:
    return [
        notice.service
        for notice in world.zzy.notifier.sent
        if notice.origin_order_id == ours and notice.state == "acknowledged"
    ]


async def test_issued_without_codes_asks_for_them(bridged: World) -> None:
    bridged.zzy.lots.force("pay_issued_without_codes")
    bridged.zzy.lots.force("dropped_notice")
    before = bridged.zzy.api.calls["person_qr_codes"]
    people = {"product_code": "11064", "count": 2, "amount": 12.0}
    ours = (await bridged.k.order(number := bridged.fresh(), **people)).order_num

    def vouchers() -> list[dict[str, str]]:
        """Those told of: none at first, where ZZY was asked before it had the codes."""
        told = bridged.k.simulator.of_type("voucher", number)
        return [voucher for one in told for voucher in one.params["vouchers"]]

    await bridged.k.simulator.changes.until(lambda: bool(vouchers()), seconds=PATIENCE_SECONDS)
    assert bridged.zzy.api.calls["person_qr_codes"] > before
    cards = {ticket.code: ticket.id_card for ticket in bridged.book(ours).tickets}
    assert {v["code"]: v["id_card"] for v in vouchers()} == cards


# --- create, outcome unknown --------------------------------------------------------------


@pytest.mark.parametrize("fault", UNCLEAR)
async def test_an_unknown_create_leads_to_one_order(bridged: World, fault: str) -> None:
    bridged.zzy.lots.force(fault, at="create")
    answer = await bridged.k.order(number := bridged.fresh())
    assert answer.code == "1000"
    assert await delivered(bridged, number) == codes(bridged, answer.order_num)


async def test_a_create_refused_as_a_duplicate_pays_nothing_and_is_told(bridged: World) -> None:
    bridged.zzy.lots.change(duplicate_create="refused")
    bridged.zzy.lots.force("lost_answer", at="create")
    answer = await bridged.k.order(number := bridged.fresh())
    assert answer.code == "3000"
    await bridged.k.told("order_failed", number)
    assert bridged.book(bridged.k.number(number)).times_paid == 0


@pytest.mark.parametrize("how", ["http", "message"])
async def test_a_refused_signature_is_no_refusal_of_the_order(bridged: World, how: str) -> None:
    bridged.zzy.lots.change(signature_refusal=how)
    for endpoint in ("create", "pay"):
        bridged.zzy.lots.force("refuse_signature", at=endpoint)
    answer = await bridged.k.order(number := bridged.fresh())
    assert answer.code == "1000"
    assert await delivered(bridged, number) == codes(bridged, answer.order_num)


# --- the pay deadline ---------------------------------------------------------------------


@pytest.fixture
def short(place: Place) -> Place:
    """A bridge that pays nothing a second after an order was taken."""
    settings = {**place.settings, "pay_deadline_seconds": "1"}
    return replace(place, settings=settings)


@pytest.mark.asyncio(loop_scope="function")
async def test_nothing_is_paid_after_the_pay_deadline(
    short: Place, zzy: ZzySimulator, channel: ChannelSimulator
) -> None:
    async with started(short):
        party = Party(channel, short.url)
        await _created_too_late(zzy, party)
        await _unpaid_until_the_deadline(zzy, party)
        await _paid_without_our_knowing(zzy, party)
        await party.driver.close()


async def _created_too_late(zzy: ZzySimulator, party: Party) -> None:
    zzy.lots.force("drop_before", at="create")
    answering = asyncio.ensure_future(party.order("late"))
    await until_seen(zzy, "drop_before")
    zzy.lots.change(latency_min=0.95, latency_max=0.95)
    answer = await answering
    assert (answer.code, "支付时限" in answer.message) == ("3000", True)
    [told] = await party.told("order_failed", "late")
    assert told.params["message"] == answer.message
    (book,) = zzy.ledger.by_origin(party.number("late"))
    assert (book.pays, bool(book.cancels)) == ([], True)
    zzy.lots.change(latency_min=0, latency_max=0)


async def _unpaid_until_the_deadline(zzy: ZzySimulator, party: Party) -> None:
    zzy.lots.force("drop_before", at="pay", times=20)
    answer = await party.order("unpaid")
    zzy.lots.forget()
    assert answer.code == "3000"
    await party.told("order_failed", "unpaid")
    (book,) = zzy.ledger.by_origin(party.number("unpaid"))
    assert (book.pays, bool(book.cancels)) == ([], True)


async def _paid_without_our_knowing(zzy: ZzySimulator, party: Party) -> None:
    zzy.lots.change(ticket_delay_min=2.5, ticket_delay_max=2.5)
    zzy.lots.force("lost_answer", at="pay", times=9)
    await party.order("paid")
    await party.told("voucher", "paid")
    assert party.news("paid") == ["voucher"]
    (book,) = zzy.ledger.by_origin(party.number("paid"))
    assert any("cancel refused" in line for line in book.history)


async def until_seen(zzy: ZzySimulator, fault: str) -> None:
    async def seen() -> bool:
        return bool(zzy.lots.seen[fault])

    await until(seen)

"""From the paid order to its tickets: the notice that comes, or does not, or says no."""

import pytest

from tests.e2e.calling import called
from tests.e2e.world import Choice, World, codes, delivered, until

WORLD = Choice(
    settings={
        "reply_wait_seconds": "3",
        "ticket_deadline_seconds": "0.5",
        "ticket_probe_delays": '["0.3s", "0.3s"]',
    }
)
LONG = 60
"""Longer than any test: a ticket that does not come."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


# --- the notice ---------------------------------------------------------------------------


async def test_the_notice_may_come_before_the_pay_answer(bridged: World) -> None:
    bridged.zzy.lots.force("early_notice")
    answer = await bridged.k.order(number := bridged.fresh())
    assert answer.code == "1000"
    assert await delivered(bridged, number) == codes(bridged, answer.order_num)
    assert bridged.k.news(number) == ["voucher"]


async def test_the_parts_of_a_bundle_are_delivered_as_they_come(bridged: World) -> None:
    number = bridged.fresh()
    answer = await bridged.k.order(number, product_code="11070", count=2, amount=12.0)
    assert answer.code == "1000"
    told = await bridged.k.told("voucher", number, count=2)
    sent = [v["code"] for delivery in told for v in delivery.params["vouchers"]]
    assert len(sent) == len(set(sent)) == 4
    assert set(sent) == codes(bridged, answer.order_num)
    names = {v["product_name"] for d in told for v in d.params["vouchers"]}
    assert names == {"打包票", "打包票 2"}
    assert len({delivery.webhook_id for delivery in told}) == 2


async def test_a_notice_that_never_comes_is_asked_after(bridged: World) -> None:
    bridged.zzy.lots.force("dropped_notice")
    ours = (await bridged.k.order(number := bridged.fresh())).order_num
    assert await delivered(bridged, number) == codes(bridged, ours)


async def test_a_ticket_that_never_comes_calls_a_human_and_is_taken_when_late(
    bridged: World,
) -> None:
    bridged.zzy.lots.change(ticket_delay_min=LONG, ticket_delay_max=LONG)
    answer = await bridged.k.order(number := bridged.fresh())
    assert answer.code == "1000"

    async def humans() -> list[dict[str, str]]:
        ran = await called(bridged.place.config, "orders", "list", "--state", "human", "--json")
        assert ran.code == 0
        return [line for line in ran.lines if line["id"] == answer.order_num]

    [line] = await until(humans)
    assert next(iter(line)) == "id"
    assert (line["channel"], line["channel_order_num"]) == ("k", number)
    assert (line["state"], bool(line["human"])) == ("awaiting_ticket", True)
    assert bridged.k.news(number) == []

    bridged.zzy.lots.change(ticket_delay_min=0, ticket_delay_max=0)
    bridged.zzy.platform.ticket_soon(bridged.book(answer.order_num))
    assert await delivered(bridged, number) == codes(bridged, answer.order_num)
    assert await humans() == []


# --- the ticket fails ---------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["ticket_failure", "pay_status_ticket_failed"])
async def test_a_failed_ticket_is_fetched_back_and_then_told(bridged: World, fault: str) -> None:
    bridged.zzy.lots.change(refund_audit="by_hand")
    bridged.zzy.lots.force(fault)
    number = bridged.fresh()
    await bridged.k.order(number)
    [told] = await bridged.k.told("order_failed", number)
    book = bridged.book(ours := bridged.k.number(number))
    assert told.params["code"] == "3000"
    assert (book.times_paid, [refund.count for refund in book.refunds]) == (1, [5])
    assert (await bridged.k.driver.cancel(ours)).code == "4000"
    bridged.zzy.platform.decide_refund(book.refunds[0].refund_id, approved=True)
    [refund] = await bridged.k.told("refund", number)
    assert (refund.params["status"], refund.params["count"]) == ("approved", 5)
    assert (await bridged.k.driver.cancel(ours)).code == "4002"
    assert (await bridged.k.order(number)).code == "3000"
    assert len(book.refunds) == 1


async def test_a_refused_refund_of_a_failed_ticket_calls_a_human(bridged: World) -> None:
    bridged.zzy.lots.force("ticket_failure")
    bridged.zzy.lots.force("refund_refused")
    number = bridged.fresh()
    await bridged.k.order(number)
    ours = bridged.k.number(number)

    async def human() -> str:
        return str((await bridged.show(ours))["human"])

    assert await until(human)
    assert bridged.book(ours).refunded == 0
    assert bridged.k.news(number) == [], "no failure is told while the money is gone"


async def test_an_unknown_refund_is_repeated_under_the_same_number(bridged: World) -> None:
    bridged.zzy.lots.force("ticket_failure")
    bridged.zzy.lots.force("lost_answer", at="refund")
    number = bridged.fresh()
    await bridged.k.order(number)
    await bridged.k.told("order_failed", number)
    await bridged.k.told("refund", number)
    assert [refund.count for refund in bridged.book(bridged.k.number(number)).refunds] == [5]

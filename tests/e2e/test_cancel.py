"""cancelOrder in every state of an order: what is answered, and what ZZY's books then say."""

import asyncio

import pytest

from tests.e2e.world import Choice, Other, World
from worker.simulators.channel import Credentials
from worker.simulators.channel_driver import DriverAnswer
from worker.simulators.records import Audit, Order

REPLY_WAIT = 1.0
WORLD = Choice(
    settings={"reply_wait_seconds": str(REPLY_WAIT), "audit_deadline_seconds": '"72h"'},
    others=(
        Other(Credentials("accepted"), {"reply_on": '"accepted"'}),
        Other(Credentials("trusting"), {"audit_reply": '"accepted"'}),
    ),
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


def seen(answer: DriverAnswer) -> tuple[int, str, object]:
    return answer.status, answer.code, answer.data


async def issued(world: World, number: str, **changes: object) -> Order:
    """Order, wait for the vouchers, and return what is in ZZY's books."""
    answer = await world.k.order(number, **changes)
    assert answer.code == "1000"
    await world.k.told("voucher", number)
    return world.book(answer.order_num)


# --- before anything is paid --------------------------------------------------------------


async def test_an_unpaid_order_is_cancelled_at_zzy(bridged: World) -> None:
    party, number = bridged.parties["accepted"], bridged.fresh()
    bridged.zzy.lots.force("drop_before", at="pay", times=20)
    ours = (await party.order(number)).order_num
    await bridged.at_zzy(lambda: bridged.zzy.ledger.by_origin(ours))
    answer = await party.driver.cancel(ours)
    bridged.zzy.lots.forget()
    assert seen(answer) == (200, "1000", "")
    [told] = await party.told("order_failed", number)
    assert "取消" in told.params["message"]
    assert bridged.history(ours) == ["created", "cancelled"]
    assert seen(await party.driver.cancel(ours)) == (200, "4002", "")
    assert (await party.order(number)).code == "1000", "an answer on acceptance knows no outcome"
    assert party.news(number) == ["order_failed"]


async def test_a_cancel_during_create_ends_without_another_create(bridged: World) -> None:
    party, number = bridged.parties["accepted"], bridged.fresh()
    bridged.zzy.lots.force("hang_after", at="create")
    before = bridged.zzy.api.calls["create"]
    ours = (await party.order(number)).order_num
    await bridged.at_zzy(lambda: bridged.zzy.ledger.by_origin(ours))
    answer = await party.driver.cancel(ours)
    assert (answer.code, answer.message) in {("1000", "成功"), ("4000", "取消处理中")}
    await party.told("order_failed", number)
    assert (await party.driver.cancel(ours)).code == "4002"
    assert bridged.zzy.api.calls["create"] == before + 1
    assert bridged.book(ours).pays == []


async def test_a_cancel_during_the_pay_ends_as_a_refund(bridged: World) -> None:
    party, number = bridged.parties["accepted"], bridged.fresh()
    bridged.zzy.lots.change(ticket_delay_min=60, ticket_delay_max=60)
    bridged.zzy.lots.force("hang_after", at="pay")
    ours = (await party.order(number)).order_num
    await bridged.at_zzy(lambda: ours in bridged.zzy.ledger.paid_orders())
    answer = await party.driver.cancel(ours)
    assert answer.code in {"1000", "4000"}
    await party.told("refund", number)
    book = bridged.book(ours)
    assert (book.times_paid, book.refunded, book.cancelled_at) == (1, 5, None)
    assert bridged.history(ours)[:3] == ["created", "paid", "cancel refused: paid"]
    assert (await party.driver.cancel(ours)).code == "4002"


# --- paid and issued ----------------------------------------------------------------------


async def test_a_paid_order_without_tickets_is_refunded(bridged: World) -> None:
    bridged.zzy.lots.change(ticket_delay_min=60, ticket_delay_max=60)
    ours = (await bridged.k.order(number := bridged.fresh())).order_num
    assert seen(await bridged.k.driver.cancel(ours)) == (200, "1000", "")
    [told] = await bridged.k.told("refund", number)
    [refund] = bridged.book(ours).refunds
    assert (refund.count, refund.status) == (5, Audit.APPROVED)
    assert told.params == {
        "notify_type": "refund",
        "channel_order_num": number,
        "order_num": ours,
        "refund_id": refund.refund_id,
        "count": 5,
        "codes": [],
        "status": "approved",
        "reason": "",
    }
    assert seen(await bridged.k.driver.cancel(ours)) == (200, "4002", "")
    assert bridged.k.news(number) == ["refund"]
    assert (await bridged.k.order(number)).code == "3000"


@pytest.mark.parametrize("audit", ["later", "at_once"])
async def test_an_issued_order_is_refunded_whole(bridged: World, audit: str) -> None:
    book = await issued(bridged, number := bridged.fresh())
    bridged.zzy.lots.change(refund_audit=audit)
    assert (await bridged.k.driver.cancel(book.origin_order_id)).code == "1000"
    [told] = await bridged.k.told("refund", number)
    assert (told.params["status"], told.params["count"]) == ("approved", 5)
    assert (book.refunded, len(book.refunds)) == (5, 1)
    assert (await bridged.k.driver.cancel(book.origin_order_id)).code == "4002"


@pytest.mark.parametrize("named_by", ["refund_id", "apply_id"])
async def test_a_refund_under_audit_is_one_refund_however_often_it_is_asked(
    bridged: World, named_by: str
) -> None:
    book = await issued(bridged, number := bridged.fresh())
    ours = book.origin_order_id
    bridged.zzy.lots.change(refund_audit="by_hand", refund_apply_no=named_by)
    answers = await asyncio.gather(*(bridged.k.driver.cancel(ours) for _ in range(3)))
    assert {seen(answer) for answer in answers} == {(200, "4000", "")}
    assert (await bridged.k.driver.cancel(ours)).code == "4000"
    [refund] = book.refunds
    waiting = asyncio.ensure_future(bridged.k.driver.cancel(ours))
    bridged.zzy.platform.decide_refund(refund.refund_id, approved=True)
    assert (await waiting).code in {"1000", "4002"}
    [told] = await bridged.k.told("refund", number)
    assert told.params["status"] == "approved"
    assert (await bridged.k.driver.cancel(ours)).code == "4002"
    assert len(book.refunds) == 1


@pytest.mark.parametrize(
    ("app_key", "code", "message"), [("k", "4000", "退款审核中"), ("trusting", "1000", "成功")]
)
async def test_a_refund_under_audit_is_answered_as_the_channel_chose(
    bridged: World, app_key: str, code: str, message: str
) -> None:
    party, number = bridged.parties[app_key], bridged.fresh()
    ours = (await party.order(number)).order_num
    await party.told("voucher", number)
    bridged.zzy.lots.change(refund_audit="by_hand")
    for _ in range(2):
        answer = await party.driver.cancel(ours)
        assert (answer.code, answer.message) == (code, message)
    bridged.zzy.platform.decide_refund(bridged.book(ours).refunds[0].refund_id, approved=False)
    [told] = await party.told("refund", number)
    assert told.params["status"] == "rejected"


async def test_a_rejected_refund_is_told_and_a_later_cancel_asks_anew(bridged: World) -> None:
    book = await issued(bridged, number := bridged.fresh())
    ours = book.origin_order_id
    bridged.zzy.lots.force("refund_rejected")
    assert (await bridged.k.driver.cancel(ours)).code == "4000"
    [told] = await bridged.k.told("refund", number)
    assert (told.params["status"], told.params["reason"]) == ("rejected", "不符合退款条件")
    assert (await bridged.k.order(number)).code == "1000", "the order stands"
    assert (await bridged.k.driver.cancel(ours)).code == "1000"
    await bridged.k.told("refund", number, count=2)
    assert [refund.status for refund in book.refunds] == [Audit.REJECTED, Audit.APPROVED]
    assert len({refund.refund_id for refund in book.refunds}) == 2


async def test_vouchers_that_come_during_a_refund_are_kept_back(bridged: World) -> None:
    bridged.zzy.lots.change(ticket_delay_min=60, ticket_delay_max=60, refund_audit="by_hand")
    for approved in (True, False):
        ours = (await bridged.k.order(number := bridged.fresh())).order_num
        book = bridged.book(ours)
        assert (await bridged.k.driver.cancel(ours)).code == "4000"
        bridged.zzy.lots.change(ticket_delay_min=0, ticket_delay_max=0)
        bridged.zzy.platform.ticket_soon(book)
        await bridged.at_zzy(lambda o=ours: acknowledged(bridged, o))  # type: ignore[misc]
        bridged.zzy.platform.decide_refund(book.refunds[0].refund_id, approved=approved)
        await bridged.k.told("refund", number)
        if not approved:
            await bridged.k.told("voucher", number)
        assert sorted(bridged.k.news(number)) == (["refund"] if approved else ["refund", "voucher"])
        bridged.zzy.lots.change(ticket_delay_min=60, ticket_delay_max=60)


def acknowledged(world: World, ours: str) -> bool:
    sent = [n for n in world.zzy.notifier.sent if n.origin_order_id == ours]
    return bool(sent) and all(notice.state == "acknowledged" for notice in sent)


@pytest.mark.parametrize("fault", ["lost_answer", "hang_after", "error_before"])
async def test_a_refund_of_unknown_outcome_is_asked_for_once(bridged: World, fault: str) -> None:
    book = await issued(bridged, number := bridged.fresh())
    bridged.zzy.lots.force(fault, at="refund")
    answer = await bridged.k.driver.cancel(book.origin_order_id)
    assert answer.code in {"1000", "4000"}
    await bridged.k.told("refund", number)
    assert [refund.count for refund in book.refunds] == [5]


# --- what cannot be cancelled -------------------------------------------------------------


async def test_a_product_without_refunds_stays(bridged: World) -> None:
    book = await issued(bridged, number := bridged.fresh(), product_code="11067")
    assert seen(await bridged.k.driver.cancel(book.origin_order_id)) == (200, "4000", "")
    assert book.refunds == []
    assert (await bridged.k.order(number, product_code="11067")).code == "1000"


async def test_a_checked_order_is_not_cancelled(bridged: World) -> None:
    book = await issued(bridged, number := bridged.fresh())
    bridged.zzy.platform.check(book.origin_order_id, 1)
    await bridged.k.told("check", number)
    assert seen(await bridged.k.driver.cancel(book.origin_order_id)) == (200, "4003", "")
    assert book.refunds == []


async def test_an_unknown_order_and_anothers_are_the_same(bridged: World) -> None:
    book = await issued(bridged, bridged.fresh())
    stranger = bridged.parties["accepted"].driver
    for number in ("0" * 32, book.origin_order_id, "not even one of ours"):
        assert seen(await stranger.cancel(number)) == (200, "4001", "")
    assert (book.refunds, book.cancels) == ([], [])


async def test_a_refused_order_is_cancelled_already(bridged: World) -> None:
    bridged.zzy.lots.force("create_refused")
    await bridged.k.order(number := bridged.fresh())
    assert seen(await bridged.k.driver.cancel(bridged.k.number(number))) == (200, "4002", "")


async def test_a_cancel_without_its_number_is_refused(bridged: World) -> None:
    for params in ({}, {"order_num": " "}):
        answer = await bridged.k.driver.post("/public/cancelOrder", params)
        assert seen(answer) == (200, "3001", "")
        assert "order_num" in answer.message


# --- the check and the refund -------------------------------------------------------------


async def test_a_check_during_the_audit_is_told_and_the_audit_decides(bridged: World) -> None:
    book = await issued(bridged, number := bridged.fresh())
    ours = book.origin_order_id
    bridged.zzy.lots.change(refund_audit="by_hand")
    assert (await bridged.k.driver.cancel(ours)).code == "4000"
    bridged.zzy.platform.check(ours, 2)
    [told] = await bridged.k.told("check", number)
    assert told.params["check_count"] == "2"
    bridged.zzy.platform.decide_refund(book.refunds[0].refund_id, approved=True)
    [refund] = await bridged.k.told("refund", number)
    assert refund.params["status"] == "rejected"
    assert (await bridged.k.driver.cancel(ours)).code == "4003"
    assert book.checked + book.refunded <= book.quantity

"""The notices of the simulated supplier, as they reach the callback address."""

import pytest
from aiohttp import web

from tests.clients.orders import order, paid, refund
from tests.simulators.callback import TAKEN, Callback
from worker.clients.zzy import ZzyClient
from worker.simulators.records import RefusalError
from worker.simulators.zzy import ZzySimulator
from worker.simulators.zzy_notices import PRODUCT, REFUND, TICKET, VERIFY


async def ticketed(client: ZzyClient, zzy: ZzySimulator, origin: str = "o1") -> str:
    order_id = await paid(client, order(origin))
    await zzy.changes.until(
        lambda: any(
            n.state == "acknowledged" for n in zzy.notifier.sent if n.origin_order_id == origin
        )
    )
    return order_id


async def test_a_ticket_notice_is_signed_and_has_the_documents_fields(
    client: ZzyClient, zzy: ZzySimulator, callback: Callback
) -> None:
    order_id = await ticketed(client, zzy)
    (notice,) = callback.arrived
    assert notice.signed
    assert not notice.as_object
    assert notice.service == "order_ticket_notify"
    assert notice.body == {
        "OriginOrderId": "o1",
        "OrderId": int(order_id),
        "VoucherCode": {"OrderVoucherCode": "635474911633", "OrderUserVouchers": []},
        "TicketStatus": 1,
        "ProductName": "良渚杭州市民免费票",
        "Memo": "杭州良渚古城旅游发展有限公司",
    }


async def test_one_code_each_where_the_product_wants_it(
    client: ZzyClient, callback: Callback
) -> None:
    request = order(product="11064")
    await paid(client, request)
    await callback.changes.until(lambda: bool(callback.arrived))
    vouchers = callback.arrived[0].body["VoucherCode"]
    assert vouchers["OrderVoucherCode"] == ""
    ids = [voucher["IDCardNo"] for voucher in vouchers["OrderUserVouchers"]]
    assert ids == [person.id_card for person in request.visit_person]


@pytest.mark.parametrize(
    "refusal",
    [
        lambda: web.json_response({"Code": 0, "IsSuccess": False}),
        lambda: web.json_response({"Code": 1, "IsSuccess": True}),
        lambda: web.json_response(TAKEN, status=503),
        lambda: web.Response(text="ok"),
        lambda: web.json_response([1000]),
    ],
)
async def test_a_notice_is_repeated_freshly_signed_until_code_1000(
    client: ZzyClient, zzy: ZzySimulator, callback: Callback, refusal: type[web.Response]
) -> None:
    callback.answers = [refusal] * 3
    await ticketed(client, zzy)
    assert len(callback.arrived) == 4
    assert all(notice.signed for notice in callback.arrived)
    assert len({notice.timestamp for notice in callback.arrived}) == 4
    assert zzy.notifier.sent[0].attempts == 4


async def test_an_early_notice_is_there_before_pay_is_answered(
    client: ZzyClient, zzy: ZzySimulator, callback: Callback
) -> None:
    zzy.lots.force("early_notice")
    await paid(client)
    assert len(callback.arrived) == 1


async def test_an_early_notice_that_is_not_taken_holds_pay_up_no_longer_than_a_second(
    client: ZzyClient, zzy: ZzySimulator, callback: Callback
) -> None:
    zzy.lots.force("early_notice")
    zzy.notify("http://127.0.0.1:1/nobody")
    await paid(client)
    zzy.notify(callback.url)
    await callback.changes.until(lambda: bool(callback.arrived))


async def test_a_repeated_notice_comes_twice(
    client: ZzyClient, zzy: ZzySimulator, callback: Callback
) -> None:
    zzy.lots.force("repeated_notice")
    await paid(client)
    await callback.changes.until(lambda: len(callback.arrived) == 2)
    assert callback.arrived[0].body == callback.arrived[1].body


async def test_a_reordered_notice_comes_after_the_next_one(
    client: ZzyClient, zzy: ZzySimulator, callback: Callback
) -> None:
    zzy.lots.change(late_seconds=60)
    zzy.lots.force("reordered_notice", at=TICKET)
    await paid(client)
    await zzy.changes.until(lambda: bool(zzy.notifier.sent))
    assert callback.arrived == []
    zzy.platform.check("o1", 1)
    await callback.changes.until(lambda: len(callback.arrived) == 2)
    assert {notice.service for notice in callback.arrived} == {TICKET, VERIFY}


async def test_a_reordered_notice_without_a_next_one_comes_late(
    client: ZzyClient, zzy: ZzySimulator, callback: Callback
) -> None:
    zzy.lots.force("reordered_notice")
    await paid(client)
    await callback.changes.until(lambda: bool(callback.of(TICKET)))


async def test_a_late_notice_is_overtaken(
    client: ZzyClient, zzy: ZzySimulator, callback: Callback
) -> None:
    zzy.lots.force("late_notice", at=TICKET)
    await paid(client)
    await zzy.changes.until(lambda: bool(zzy.notifier.sent))
    zzy.platform.check("o1", 1)
    await callback.changes.until(lambda: len(callback.arrived) == 2)
    assert [notice.service for notice in callback.arrived] == [VERIFY, TICKET]


async def test_a_dropped_notice_never_comes_but_the_codes_are_there(
    client: ZzyClient, zzy: ZzySimulator, callback: Callback
) -> None:
    zzy.lots.force("dropped_notice")
    await paid(client)
    await zzy.changes.until(lambda: bool(zzy.ledger.by_origin("o1")[0].tickets))
    await ticketed(client, zzy, "o2")
    assert [body["OriginOrderId"] for body in callback.of(TICKET)] == ["o2"]
    assert zzy.notifier.sent[0].state == "dropped"
    codes = await client.person_qr_codes("o1")
    assert "635474911633" in str(codes)
    assert zzy.notifier.again("o1") == 1
    await callback.changes.until(lambda: len(callback.of(TICKET)) == 2)


async def test_the_body_may_be_an_object(
    client: ZzyClient, zzy: ZzySimulator, callback: Callback
) -> None:
    zzy.lots.force("body_as_object")
    await ticketed(client, zzy)
    assert callback.arrived[0].as_object


async def test_a_ticket_failure_is_told_and_can_be_refunded(
    client: ZzyClient, zzy: ZzySimulator, callback: Callback
) -> None:
    zzy.lots.force("ticket_failure")
    order_id = await ticketed(client, zzy)
    assert callback.of(TICKET)[0]["TicketStatus"] == 2
    await client.refund(refund(order_id))
    await callback.changes.until(lambda: bool(callback.of(REFUND)))
    assert zzy.ledger.refunded() == {"o1": 2}


@pytest.mark.parametrize("product", ["11063", "11070"])
async def test_a_bundle_comes_in_several_notices(
    client: ZzyClient, zzy: ZzySimulator, callback: Callback, product: str
) -> None:
    if product == "11063":
        zzy.lots.force("bundle")
    await paid(client, order(product=product))
    await callback.changes.until(lambda: len(callback.of(TICKET)) == 2)
    first, second = sorted(body["ProductName"] for body in callback.of(TICKET))
    assert second == f"{first} 2"


async def test_the_gate_tells_a_running_total_of_what_is_usable(
    client: ZzyClient, zzy: ZzySimulator, callback: Callback
) -> None:
    order_id = await ticketed(client, zzy)
    zzy.platform.check("o1", 1)
    await callback.changes.until(lambda: len(callback.of(VERIFY)) == 1)
    await client.refund(refund(order_id, count=1))
    await callback.changes.until(lambda: len(callback.of(REFUND)) == 1)
    zzy.notifier.again("o1", VERIFY)
    await callback.changes.until(lambda: len(callback.of(VERIFY)) == 2)
    checked = callback.of(VERIFY)[0]
    assert (checked["OrderTotal"], checked["CheckedNumber"]) == (2, 1)
    with pytest.raises(RefusalError):
        zzy.platform.check("o1", 1)  # one checked, one refunded: nothing is left


async def test_a_refund_is_audited_as_set(
    client: ZzyClient, zzy: ZzySimulator, callback: Callback
) -> None:
    order_id = await ticketed(client, zzy)
    zzy.lots.change(refund_audit="by_hand", refund_apply_no="apply_id")
    await client.refund(refund(order_id, count=1))
    zzy.platform.decide_refund("r1", approved=False)
    await callback.changes.until(lambda: len(callback.of(REFUND)) == 1)
    assert callback.of(REFUND)[0]["RefundApplyNo"] == "700001"
    assert callback.of(REFUND)[0]["RefundStatus"] == 2
    zzy.platform.force_refund("o1")
    await callback.changes.until(lambda: len(callback.of(REFUND)) == 2)
    assert callback.of(REFUND)[1]["RefundApplyNo"] == ""
    assert zzy.ledger.refunded() == {"o1": 2}


async def test_a_check_during_a_pending_refund_makes_the_audit_reject(
    client: ZzyClient, zzy: ZzySimulator, callback: Callback
) -> None:
    order_id = await ticketed(client, zzy)
    zzy.lots.change(refund_audit="by_hand")
    await client.refund(refund(order_id, count=1))
    zzy.platform.check("o1", 2)  # the gate was faster
    zzy.platform.decide_refund("r1", approved=True)
    await callback.changes.until(lambda: bool(callback.of(REFUND)))
    assert callback.of(REFUND)[0]["RefundStatus"] == 2
    assert zzy.ledger.refunded() == {}


async def test_a_product_change_is_told(zzy: ZzySimulator, callback: Callback) -> None:
    zzy.platform.change_product(11063, 0)
    await callback.changes.until(lambda: bool(callback.arrived))
    assert callback.of(PRODUCT) == [{"ProductId": 11063, "Status": 0}]
    assert zzy.ledger.product(11063).status == 0


async def test_a_proxy_may_rewrite_the_path_that_is_signed(
    client: ZzyClient, zzy: ZzySimulator, callback: Callback
) -> None:
    zzy.notify(callback.url, sign_path="/public/path")
    await ticketed(client, zzy)
    assert not callback.arrived[0].signed  # signed for the public path, not for this one

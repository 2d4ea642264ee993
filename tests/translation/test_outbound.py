"""The exact JSON of our requests to ZZY and of our notifications to channels."""

import json
from dataclasses import replace

import pytest

from contracts.channel import NotifyType, VoucherNotification
from tests.saga.facts import (
    BUYER,
    CANCELLER,
    LI,
    NUM,
    REFUNDER,
    RESENDER,
    V1,
    ZHANG,
    ZZY,
    an_order,
)
from worker.saga.effects import (
    CheckTold,
    FailureTold,
    News,
    RefundStands,
    RefundTold,
    Reply,
    VouchersTold,
)
from worker.saga.states import Order, Refund, Terms
from worker.translation import outbound
from worker.translation.outbound import Partner

PARTNER = Partner("9258", "游客")
ORDER = an_order(zzy_order_id=ZZY)
PHONE = "13456451211"


def test_create_in_the_documents_casing_and_integers() -> None:
    def person(tourist: object) -> str:
        name, card = tourist.name, tourist.id_card  # type: ignore[attr-defined]
        return f'{{"Name":"{name}","Mobile":"{PHONE}","IdCard":"{card}","IDCardType":0}}'

    assert outbound.create_request(ORDER, PARTNER).to_json() == (
        f'{{"PartnerId":9258,"OriginOrderId":"{NUM}","ContactPerson":{person(ZHANG)},'
        f'"ProductId":11063,"OrderQuantity":2,"VisitDate":"2026-05-02",'
        f'"VisitPerson":[{person(ZHANG)},{person(LI)}]}}'
    )


def test_create_with_a_session_and_nobody_named() -> None:
    demand = replace(ORDER.demand, tourists=(), begin_play_time="09:00", end_play_time="11:00")
    sent = json.loads(outbound.create_request(replace(ORDER, demand=demand), PARTNER).to_json())
    assert sent["ContactPerson"] == {
        "Name": "游客",
        "Mobile": PHONE,
        "IdCard": "",
        "IDCardType": 0,
    }
    assert sent["VisitPerson"] == []
    assert (sent["BeginPlayTime"], sent["EndPlayTime"]) == ("09:00", "11:00")


def test_pay_names_no_price() -> None:
    assert outbound.pay_request(ORDER, PARTNER).to_json() == (
        f'{{"PartnerId":9258,"OrderId":4623122,"EticketNo":"{NUM}","TicketCount":2}}'
    )


def test_a_refund_of_codes_names_them_and_their_number() -> None:
    order = replace(ORDER, refund=Refund(f"{NUM}R2", 2, codes=("c-1", "c-2"), refund_num="r-1"))
    request = outbound.refund_request(order, PARTNER)
    assert request is not None
    sent = json.loads(request.to_json())
    assert (sent["RefundCount"], sent["VoucherCode"]) == (2, ["c-1", "c-2"])
    assert sent["RefundId"] == f"{NUM}R2"


def test_an_answer_about_a_refund_says_how_it_stands() -> None:
    stands = RefundStands(f"{NUM}R1", 1, "pending")
    body = outbound.outcome(NUM, Reply(REFUNDER, "4000", "退款审核中", final=False, refund=stands))
    assert (body.final, body.code) == (False, "4000")
    assert body.data == {"refund_id": f"{NUM}R1", "count": 1, "status": "pending"}
    assert outbound.outcome(NUM, Reply(RESENDER, "1000", "成功")).data == ""


def test_refund_keeps_its_number() -> None:
    assert outbound.refund_request(ORDER, PARTNER) is None
    order = replace(ORDER, refund=Refund(f"{NUM}R1", 2))
    request = outbound.refund_request(order, PARTNER)
    assert request is not None
    sent = json.loads(request.to_json())
    assert sent.pop("VoucherCode", []) == []
    assert sent == {
        "PartnerId": 9258,
        "OrderId": 4623122,
        "RefundCount": 2,
        "RefundId": f"{NUM}R1",
    }


def test_a_refund_of_certain_tickets_names_their_codes() -> None:
    order = replace(ORDER, refund=Refund(f"{NUM}R1", 1, codes=("c-2",)))
    request = outbound.refund_request(order, PARTNER)
    assert request is not None
    sent = json.loads(request.to_json())
    assert (sent["RefundCount"], sent["VoucherCode"]) == (1, ["c-2"])


def told(news: News, order: Order = ORDER) -> dict[str, object]:
    sent: dict[str, object] = json.loads(outbound.notification(order, news).to_params())
    return sent


def test_the_voucher_notification() -> None:
    sent = told(VouchersTold((V1,), "order-code"))
    vouchers = sent.pop("vouchers")
    assert vouchers == [
        {
            "code": "c-1",
            "id_card": ZHANG.id_card,
            "name": "张三",
            "product_name": "",
            "memo": "",
        }
    ]
    assert sent["notify_type"] == "voucher"
    assert (sent["channel_order_num"], sent["order_num"]) == ("2x", NUM)
    assert sent["order_code"] == "order-code"


def test_the_other_notifications_of_ours() -> None:
    assert told(FailureTold("3008", "库存不足")) == {
        "channel_order_num": "2x",
        "order_num": NUM,
        "notify_type": "order_failed",
        "code": "3008",
        "message": "库存不足",
    }
    assert told(RefundTold("R1", 2, ("a",), "forced", "why")) == {
        "channel_order_num": "2x",
        "order_num": NUM,
        "notify_type": "refund",
        "refund_id": "R1",
        "count": 2,
        "codes": ["a"],
        "status": "forced",
        "reason": "why",
    }


@pytest.mark.parametrize(
    ("checked", "refunded", "result", "left"),
    [(0, 0, "0", "5"), (1, 0, "1", "4"), (1, 4, "2", "0"), (5, 0, "2", "0"), (3, 5, "2", "0")],
)
def test_the_check_notification_has_the_documents_six_fields(
    checked: int, refunded: int, result: str, left: str
) -> None:
    assert told(CheckTold("2025-07-29 10:36:09", 5, checked, refunded)) == {
        "order_num": "2x",
        "check_time": "2025-07-29 10:36:09",
        "check_result": result,
        "total_count": "5",
        "no_check_count": left,
        "check_count": str(checked),
    }


def test_vouchers_that_are_exchanged_for_tickets_say_where() -> None:
    terms = Terms(is_ticket=True, ticket_get_address="南门售票处")
    told = outbound.notification(an_order(terms=terms), VouchersTold((V1,), ""))
    assert isinstance(told, VoucherNotification)
    assert (told.is_ticket, told.ticket_get_address) == (True, "南门售票处")


def test_a_webhook_id_is_the_same_for_the_same_news_and_differs_otherwise() -> None:
    first = outbound.webhook_id(NUM, NotifyType.VOUCHER, 1)
    assert first == outbound.webhook_id(NUM, NotifyType.VOUCHER, 1)
    others = {
        outbound.webhook_id(NUM, NotifyType.VOUCHER, 2),
        outbound.webhook_id(NUM, NotifyType.REFUND, 1),
        outbound.webhook_id("another", NotifyType.VOUCHER, 1),
    }
    assert len(others | {first}) == 4


def test_only_a_good_order_is_answered_with_its_number() -> None:
    good = outbound.outcome(NUM, Reply(BUYER, "1000", "成功"))
    assert good.data == {"order_num": NUM}
    assert outbound.outcome(NUM, Reply(BUYER, "3008", "库存不足")).data == ""
    assert outbound.outcome(NUM, Reply(CANCELLER, "1000", "成功")).data == ""

import json
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.zzy import (
    CancelAnswer,
    CreateAnswer,
    CreateRequest,
    NoticeEnvelope,
    NoticeService,
    OrderStatus,
    PayAnswer,
    PayRequest,
    Person,
    PersonQrCodesAnswer,
    PricesAnswer,
    PricesRequest,
    ProductChange,
    ProductNotice,
    ProductsAnswer,
    ProductsRequest,
    RefundNotice,
    RefundRequest,
    TicketNotice,
    VerifyNotice,
    parse_notice,
)


def text(**fields: object) -> str:
    return json.dumps(fields)


def test_requests_have_the_document_s_casing_and_integers() -> None:
    person = Person(name="张三", mobile="13456451211", id_card="")
    request = CreateRequest(
        partner_id="9258",
        origin_order_id="0123",
        contact_person=person,
        product_id="11063",
        order_quantity=2,
        visit_date=date(2026, 5, 1),
        visit_person=(person,),
    )
    written = {"Name": "张三", "Mobile": "13456451211", "IdCard": "", "IDCardType": 0}
    assert json.loads(request.to_json()) == {
        "PartnerId": 9258,
        "OriginOrderId": "0123",
        "ContactPerson": written,
        "ProductId": 11063,
        "OrderQuantity": 2,
        "VisitDate": "2026-05-01",
        "VisitPerson": [written],
    }
    pay = PayRequest(partner_id="9258", order_id="4623122", eticket_no="0123", ticket_count=2)
    assert (
        pay.to_json() == '{"PartnerId":9258,"OrderId":4623122,"EticketNo":"0123","TicketCount":2}'
    )
    refund = RefundRequest(partner_id="9258", order_id="1", refund_count=1, refund_id="r1")
    assert json.loads(refund.to_json())["VoucherCode"] == []


def test_an_id_that_is_no_number_stays_text() -> None:
    assert json.loads(PayRequest(partner_id="007", order_id="A1").to_json()) == {
        "PartnerId": "007",
        "OrderId": "A1",
    }


def test_queries_have_the_document_s_casing() -> None:
    assert ProductsRequest(page_index=1, page_size=50).to_query() == {
        "pageIndex": "1",
        "pageSize": "50",
    }
    day = date(2026, 5, 1)
    assert PricesRequest(start_time=day, end_time=day, product_id="3").to_query() == {
        "StartTime": "2026-05-01",
        "EndTime": "2026-05-01",
        "productId": "3",
    }


@pytest.mark.parametrize("data", [None, "", {}, [], "sorry", {"OrderId": None}])
def test_a_refusal_may_hold_any_data(data: object) -> None:
    answer = CreateAnswer.parse(text(Code=0, IsSuccess=False, Message="库存不足", Data=data))
    assert (answer.is_success, answer.data, answer.message) == (False, None, "库存不足")


@pytest.mark.parametrize("data", [{}, [], "sorry", {"OrderId": None}, {"OrderId": True}])
def test_a_success_with_unreadable_data_is_unreadable(data: object) -> None:
    with pytest.raises(ValueError, match="CreateAnswer"):
        CreateAnswer.parse(text(Code=1000, IsSuccess=True, Data=data))


@pytest.mark.parametrize("code", [0, 1, 1000, "1000", "ok", None, 1.5])
def test_the_return_code_decides_nothing(code: object) -> None:
    assert CancelAnswer.parse(text(Code=code, IsSuccess=True)).is_success


@pytest.mark.parametrize("said", [{}, {"IsSuccess": None}, {"IsSuccess": "perhaps"}])
def test_an_answer_must_say_whether_it_succeeded(said: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="CancelAnswer"):
        CancelAnswer.parse(json.dumps(said))


def test_errors_hold_nothing_that_was_sent() -> None:
    with pytest.raises(ValueError, match="IsSuccess") as refused:
        PayAnswer.parse(text(IsSuccess="13456451211", Data={"VoucherCode": "v-1"}))
    assert "13456451211" not in str(refused.value)


def test_vouchers_are_always_text() -> None:
    vouchers = [{"IDCardNo": "1", "VoucherCode": 2020522556333222221, "Mobile": None}]
    data = {"VoucherCode": 12, "OrderUserVouchers": vouchers, "OrderStatus": "4", "PayMoney": 0.1}
    answer = PayAnswer.parse(text(IsSuccess=True, Data=data))
    assert answer.data is not None
    assert answer.data.voucher_code == "12"
    assert answer.data.order_user_vouchers[0].voucher_code == "2020522556333222221"
    assert answer.data.order_status is OrderStatus.TICKETED
    assert answer.data.pay_money == Decimal("0.1")


def test_null_collections_are_empty() -> None:
    codes = PersonQrCodesAnswer.parse(text(IsSuccess=True, Data=[]))
    assert codes.data == ()
    paid = PayAnswer.parse(text(IsSuccess=True, Data={"OrderStatus": 4, "OrderUserVouchers": None}))
    assert paid.data is not None
    assert paid.data.order_user_vouchers == ()
    assert (
        TicketNotice.parse(text(OrderId=1, TicketStatus=2)).voucher_code.order_user_vouchers == ()
    )
    nothings: list[object] = [None, "", [], {}]
    for empty in nothings:
        notice = TicketNotice.parse(text(OrderId=1, TicketStatus=2, VoucherCode=empty))
        assert notice.voucher_code.order_voucher_code == ""


@pytest.mark.parametrize(
    ("given", "codes"), [(None, ()), ("", ()), ("a", ("a",)), ([1, "b", "", None], ("1", "b"))]
)
def test_refunded_codes_may_come_in_any_form(given: object, codes: tuple[str, ...]) -> None:
    notice = RefundNotice.parse(text(OrderId=1, RefundStatus=1, VoucherCode=given))
    assert notice.voucher_code == codes


def test_the_total_of_the_products_may_stand_in_either_place() -> None:
    assert ProductsAnswer.parse(text(IsSuccess=True, TotalCount=7)).total == 7
    assert ProductsAnswer.parse(text(IsSuccess=True, Data={"TotalCount": 7})).total == 7
    assert ProductsAnswer.parse(text(IsSuccess=True)).total is None


def test_a_product_is_read_from_little() -> None:
    little = {"ProductId": 1, "EntranceMode": 1, "CustomerSet": "1", "ProductStatus": 1}
    answer = ProductsAnswer.parse(
        text(
            IsSuccess=True, Data={"Products": [{**little, "RefundSet": 0, "MinAge": "", "News": 1}]}
        )
    )
    assert answer.data is not None
    [product] = answer.data.products
    assert (product.product_id, product.min_age, product.total_stock) == ("1", None, None)


def test_prices_and_sessions_are_read() -> None:
    day = {"Price": 60.5, "DailyStock": 0, "ProductSeats": [{"SeatsCode": "A", "SeatsNum": 5}]}
    answer = PricesAnswer.parse(text(IsSuccess=True, Data={"DailyPriceStock": [day]}))
    assert answer.data is not None
    [price] = answer.data.daily_price_stock
    assert price.price == Decimal("60.5")
    assert price.product_seats[0].seats_num == 5


IDS = st.integers(1).map(str)
COUNTS = st.integers(0, 99)


@st.composite
def notices(draw: st.DrawFn) -> ProductNotice | VerifyNotice:
    if draw(st.booleans()):
        return ProductNotice(product_id=draw(IDS), status=draw(st.sampled_from(ProductChange)))
    return VerifyNotice(
        order_id=draw(IDS),
        order_total=draw(COUNTS),
        checked_number=draw(COUNTS),
        voucher_code=tuple(draw(st.lists(st.text("abc1", min_size=1)))),
    )


@given(notices(), st.booleans())
def test_a_notice_survives_the_wire_as_text_and_as_object(
    notice: ProductNotice | VerifyNotice,
    as_object: bool,  # noqa: FBT001
) -> None:
    sent = json.loads(NoticeEnvelope.of("9258", notice).to_bytes())
    if as_object:
        sent["OrderNotifyBody"] = json.loads(sent["OrderNotifyBody"])
    got = parse_notice(json.dumps(sent).encode())
    assert (got.partner_id, got.notice()) == ("9258", notice)
    assert got.content_digest() == NoticeEnvelope.of("9258", notice).content_digest()


def test_the_name_of_a_notice_is_read_in_any_casing() -> None:
    header = {"partnerid": "9258", "NOTIFYSERVICENAME": "Order_Ticket_Notify"}
    notice = parse_notice(text(ordernotifyheader=header, ORDERNOTIFYBODY="{}").encode())
    assert notice.service is NoticeService.TICKET
    header["NOTIFYSERVICENAME"] = "order_other_notify"
    assert (
        parse_notice(text(ordernotifyheader=header, ORDERNOTIFYBODY="{}").encode()).service is None
    )


@given(st.binary() | st.text().map(str.encode))
def test_no_notice_raises_anything_but_value_error(raw: bytes) -> None:
    with suppress(ValueError):
        parse_notice(raw).notice()

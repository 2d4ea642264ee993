import json
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from contracts.channel import (
    Answer,
    ChannelRequest,
    Code,
    CreateOrder,
    NotifiedVoucher,
    ProtocolError,
    Tourist,
    VoucherNotification,
    check_date,
    order_num,
    parse_create_order,
    parse_envelope,
    parse_receipt,
)
from contracts.strict_json import dumps

LINE = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=40)
WORD = LINE.filter(lambda text: text.strip() != "")
PRICE = st.decimals(0, 99_999, places=2)
TOURISTS = st.dictionaries(WORD, WORD, max_size=5)


@st.composite
def orders(draw: st.DrawFn) -> CreateOrder:
    price, count = draw(PRICE), draw(st.integers(1, 500))
    people = draw(TOURISTS)
    return CreateOrder(
        channel_order_num=draw(WORD),
        product_code=draw(WORD),
        take_phone=draw(st.from_regex(r"\A1[3-9][0-9]{9}\Z")),
        tourist_info=tuple(Tourist(id_card=key, name=name) for key, name in people.items()),
        date=draw(st.dates(date(2000, 1, 1), date(2100, 1, 1))),
        price=price,
        amount=price * count,
        count=count,
    )


@given(orders())
def test_an_order_survives_the_channel_s_wire(order: CreateOrder) -> None:
    assert parse_create_order(order.to_params()) == order


@given(orders())
def test_an_order_survives_our_own_wire(order: CreateOrder) -> None:
    assert CreateOrder.model_validate_json(order.model_dump_json()) == order


@given(orders())
def test_the_order_of_the_tourists_is_kept_in_both_forms(order: CreateOrder) -> None:
    fields = json.loads(order.to_params())
    fields["tourist_info"] = dumps(fields["tourist_info"])
    again = parse_create_order(json.dumps(fields))
    assert [t.id_card for t in again.tourist_info] == [t.id_card for t in order.tourist_info]


@given(orders())
def test_ids_and_numbers_may_come_as_the_other_type(order: CreateOrder) -> None:
    fields = json.loads(order.to_params())
    fields |= {"product_code": 11063, "take_phone": int(order.take_phone)}
    fields |= {"count": str(order.count), "price": str(order.price), "amount": str(order.amount)}
    again = parse_create_order(json.dumps(fields))
    assert again == order.model_copy(update={"product_code": "11063"})


@given(PRICE, st.integers(1, 1000), st.integers(-3, 3))
def test_the_amount_is_price_times_count_to_the_cent(price: Decimal, count: int, off: int) -> None:
    amount = price * count + Decimal(off) / 1000
    assume(amount >= 0)
    cents = amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    fields = {"channel_order_num": "1", "product_code": "1", "take_phone": "13456451211"}
    text = json.dumps(fields | {"date": "2026-05-01", "count": count, "price": "P", "amount": "A"})
    text = text.replace('"P"', str(price)).replace('"A"', str(amount))
    if cents == price * count:
        assert parse_create_order(text).amount == amount
    else:
        with pytest.raises(ProtocolError) as refused:
            parse_create_order(text)
        assert (refused.value.code, refused.value.field) == (Code.PRICE_INVALID, "amount")


@given(WORD, WORD, WORD, st.integers(0, 10**15))
def test_an_envelope_survives_the_wire(app_key: str, secret: str, params: str, at: int) -> None:
    asked = ChannelRequest.signed(app_key, secret, params, at)
    assert parse_envelope(asked.to_bytes()) == asked


def test_our_number_is_the_known_one() -> None:
    assert order_num("k", "2x") == "0e0c0fa2becaccb078332d796b2ca858"


@given(WORD, WORD, WORD, WORD)
def test_no_two_orders_share_a_number(key: str, number: str, other: str, another: str) -> None:
    assume((key, number) != (other, another))
    assert order_num(key, number) != order_num(other, another)


def test_blank_fields_are_told_before_wrong_ones() -> None:
    with pytest.raises(ProtocolError) as refused:
        parse_create_order('{"channel_order_num":[],"product_code":"1","take_phone":"x","date":""}')
    assert (refused.value.code, refused.value.field) == (Code.REQUIRED_FIELD_BLANK, "date")


def test_a_refusal_repeats_nothing_that_was_sent() -> None:
    with pytest.raises(ProtocolError) as refused:
        parse_create_order(
            '{"channel_order_num":"1","product_code":"1","take_phone":"13456451211",'
            '"date":"2026-05-01","price":1,"amount":1,"count":1,'
            '"tourist_info":{"360426199101010071":["张三"]}}'
        )
    assert refused.value.field == "tourist_info.name"
    assert "360426199101010071" not in str(refused.value)
    assert "张三" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_day_is_past_only_after_it() -> None:
    check_date(date(2026, 5, 1), date(2026, 5, 1))
    with pytest.raises(ProtocolError) as refused:
        check_date(date(2026, 4, 30), date(2026, 5, 1))
    assert refused.value.code is Code.DATE_INVALID


def test_every_code_has_the_document_s_text() -> None:
    assert len(Code) == 23
    assert all(code.text for code in Code)
    assert Answer.refused(Code.BALANCE_SHORT).message == "账户余额不足，请联系管理员"


def test_a_voucher_notification_names_itself() -> None:
    told = VoucherNotification(
        channel_order_num="2x", order_num="0e", vouchers=(NotifiedVoucher(code="001"),)
    )
    assert json.loads(told.to_params()) == {
        "channel_order_num": "2x",
        "order_num": "0e",
        "notify_type": "voucher",
        "vouchers": [{"code": "001", "id_card": "", "name": "", "product_name": "", "memo": ""}],
        "order_code": "",
        "is_ticket": False,
        "ticket_get_address": "",
    }


@pytest.mark.parametrize(
    ("body", "delivered"),
    [
        (b'{"status":200}', True),
        (b'{"status":"200","message":null}', True),
        (b'{"status":200.0}', False),
        (b'{"status":true}', False),
        (b'{"status":201}', False),
        (b'{"code":200}', False),
    ],
)
def test_a_receipt_counts_only_with_status_200(body: bytes, delivered: bool) -> None:  # noqa: FBT001
    receipt = parse_receipt(body)
    assert receipt is not None
    assert receipt.delivered is delivered


@given(st.binary())
def test_any_answer_of_a_channel_can_be_read(body: bytes) -> None:
    parse_receipt(body)

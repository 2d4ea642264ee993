"""The requests of ours: what is read, what is refused, and which code and field name it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from contracts.channel import (
    Code,
    ProtocolError,
    parse_query_order,
    parse_query_price,
    parse_query_product,
    parse_refund_order,
    parse_resend_voucher,
)
from contracts.channel_extras import ExtraRequest
from contracts.export import FOLDER

PARSERS: dict[str, Callable[[str], ExtraRequest]] = {
    "RefundOrder": parse_refund_order,
    "QueryOrder": parse_query_order,
    "ResendVoucher": parse_resend_voucher,
    "QueryProduct": parse_query_product,
    "QueryPrice": parse_query_price,
}


def example(name: str) -> dict[str, Any]:
    text = (FOLDER / f"examples/channel.{name}.json").read_text("utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


@pytest.mark.parametrize("name", PARSERS)
def test_what_is_read_is_written_alike(name: str) -> None:
    told = example(name)
    read = PARSERS[name](json.dumps(told))
    assert json.loads(read.to_params()) == told
    assert PARSERS[name](json.dumps(told | {"unknown": "field"})) == read


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize("params", ["", "[]", "null", '"x"', "{", '{"order_num":NaN}'])
def test_params_that_are_no_object_are_refused(name: str, params: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        PARSERS[name](params)
    assert (refused.value.code, refused.value.field) == (Code.PARAMETER_MISSING, "params")


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("RefundOrder", "order_num"),
        ("RefundOrder", "refund_num"),
        ("ResendVoucher", "order_num"),
        ("QueryPrice", "product_code"),
        ("QueryPrice", "begin_date"),
        ("QueryPrice", "end_date"),
    ],
)
@pytest.mark.parametrize("value", [..., None, "", "  "])
def test_a_blank_field_is_3001(name: str, field: str, value: object) -> None:
    told = {key: part for key, part in example(name).items() if key != field}
    if value is not ...:
        told[field] = value
    with pytest.raises(ProtocolError) as refused:
        PARSERS[name](json.dumps(told))
    assert (refused.value.code, refused.value.field) == (Code.REQUIRED_FIELD_BLANK, field)


@pytest.mark.parametrize("count", [0, -1, 1.5, "x", True, [1], 100_001, 3])
def test_a_wrong_count_of_a_refund_is_4000_and_never_repeats_what_was_sent(count: object) -> None:
    told = example("RefundOrder") | {"count": count, "codes": ["SECRET-1", "SECRET-2"]}
    with pytest.raises(ProtocolError) as refused:
        parse_refund_order(json.dumps(told))
    assert (refused.value.code, refused.value.field) == (Code.CANCEL_FAILED, "count")
    assert "SECRET" not in refused.value.message


def test_all_that_is_left_is_asked_for_with_neither_count_nor_codes() -> None:
    read = parse_refund_order('{"order_num":"1","refund_num":"2","count":null,"codes":null}')
    assert (read.count, read.codes) == (None, ())
    assert parse_refund_order(read.to_params()) == read


@pytest.mark.parametrize(
    ("told", "field"),
    [({"codes": []}, "codes"), ({"codes": " "}, "codes"), ({"count": "", "codes": []}, "count")],
)
def test_an_empty_list_of_codes_is_not_taken_for_all(told: dict[str, object], field: str) -> None:
    asked = {"order_num": "1", "refund_num": "2"} | told
    with pytest.raises(ProtocolError) as refused:
        parse_refund_order(json.dumps(asked))
    assert (refused.value.code, refused.value.field) == (Code.REQUIRED_FIELD_BLANK, field)
    assert parse_refund_order(json.dumps({**asked, "count": 1})).count == 1


def test_366_days_are_not_too_many() -> None:
    told = example("QueryPrice") | {"begin_date": "2025-01-01", "end_date": "2026-01-01"}
    parse_query_price(json.dumps(told))
    with pytest.raises(ProtocolError):
        parse_query_price(json.dumps(told | {"end_date": "2026-01-02"}))

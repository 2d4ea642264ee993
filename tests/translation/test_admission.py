from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from contracts.channel import Code, CreateOrder, Tourist
from worker.translation.admission import admission_refusal, today_in_shanghai

TODAY = date(2026, 5, 1)
IDS = ("360426199101010071", "11010519491231002X")


def order(*ids: str, count: int = 2, day: date = TODAY) -> CreateOrder:
    return CreateOrder(
        channel_order_num="1",
        product_code="1",
        take_phone="13456451211",
        tourist_info=tuple(Tourist(id_card=number, name="张三") for number in ids),
        date=day,
        price=Decimal(1),
        amount=Decimal(count),
        count=count,
    )


@pytest.mark.parametrize("ids", [(), IDS[:1], IDS])
def test_a_good_order_is_taken(ids: tuple[str, ...]) -> None:
    assert admission_refusal(order(*ids), TODAY) is None


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (order(day=date(2026, 4, 30)), Code.DATE_INVALID),
        (order(*IDS, count=1), Code.ID_COUNT_MISMATCH),
        (order("360426199101010072"), Code.ID_INVALID),
        (order("11010519491231002X", "11010519491231002x"), Code.ID_INVALID),
    ],
)
def test_a_wrong_order_is_refused_without_repeating_an_id(wrong: CreateOrder, code: Code) -> None:
    refused = admission_refusal(wrong, TODAY)
    assert refused is not None
    assert refused.code is code
    assert not any(tourist.id_card in refused.message for tourist in wrong.tourist_info)


def test_the_day_changes_at_midnight_in_shanghai() -> None:
    assert today_in_shanghai(datetime(2026, 5, 1, 15, 59, tzinfo=UTC)) == TODAY
    assert today_in_shanghai(datetime(2026, 5, 1, 16, 0, tzinfo=UTC)) == date(2026, 5, 2)

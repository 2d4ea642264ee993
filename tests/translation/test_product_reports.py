"""What a channel reads of the catalogue (查询产品, 查询价格): never what we pay."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from contracts.zzy import DailyPriceStock, Product
from tests.doubles import NOON
from worker.translation.product_reports import prices_report, products_report
from worker.translation.products import PriceCalendar, price_spans

MAY = date(2026, 5, 1)


def product(**fields: object) -> dict[str, Any]:
    base: dict[str, object] = {
        "ProductId": 11063,
        "ProductName": "联票",
        "EntranceMode": 0,
        "CustomerSet": 2,
        "ProductStatus": 1,
        "RefundSet": 1,
    }
    report = products_report([("P1", Product.model_validate({**base, **fields}))])
    [found] = report.to_data()["products"]
    return dict(found)


def entry(**fields: object) -> DailyPriceStock:
    base = {"Price": 60, "SalePrice": 70, "MarketPrice": 79.5, "DailyStock": 0, "PriceType": 1}
    return DailyPriceStock.model_validate({**base, **fields})


def calendar(*prices: DailyPriceStock) -> PriceCalendar:
    spans, complete = price_spans(prices)
    return PriceCalendar("11063", MAY, MAY + timedelta(days=29), spans, complete, NOON)


def days(*prices: DailyPriceStock, count: int = 3) -> list[dict[str, Any]]:
    asked = (MAY, MAY + timedelta(days=count - 1))
    found: list[dict[str, Any]] = prices_report("P1", calendar(*prices), asked).to_data()["days"]
    return found


def test_a_product_is_told_under_its_code_with_its_rules() -> None:
    told = product(MaxNumberByOrder=10, TotoalStock=0, MaxNumberByCardID=1, LimitDayByCardID=30)
    assert (told["product_code"], told["product_name"], told["on_sale"]) == ("P1", "联票", True)
    assert (told["max_by_order"], told["stock"]) == (10, None)
    assert (told["max_by_id_card"], told["days_by_id_card"]) == (1, 30)
    assert "11063" not in repr(told)


def test_a_product_is_told_in_the_supplier_s_words() -> None:
    told = product(ProductKind="成人票", ProductDesc="含讲解", ScenicSpots="龙游石窟")
    assert (told["kind"], told["description"], told["scenic_spots"]) == (
        "成人票",
        "含讲解",
        "龙游石窟",
    )


def test_a_limit_of_0_is_none() -> None:
    names = ("max_by_order", "max_by_phone", "max_by_id_card", "min_age", "max_age")
    zeros = {"MaxNumberByOrder": 0, "MaxNumberByMobile": 0, "MaxNumberByCardID": 0}
    told = product(**zeros, MinAge=0, MaxAge=0)
    assert [told[name] for name in names] == [None] * 5


@pytest.mark.parametrize(
    ("fields", "name", "expected"),
    [
        ({"ProductStatus": 0}, "on_sale", False),
        ({"RefundSet": 0}, "refundable", False),
        ({"EntranceMode": 1}, "one_code_each", True),
        ({"EntranceMode": 1}, "real_name", True),
        ({"CustomerSet": 1}, "real_name", True),
        ({}, "real_name", False),
        ({"IsTicket": 1}, "is_ticket", True),
    ],
)
def test_a_rule_is_told_in_a_word(fields: dict[str, object], name: str, expected: object) -> None:
    assert product(**fields)[name] is expected


def test_what_we_pay_is_never_told() -> None:
    [told] = days(entry(Price=61.37), count=1)
    assert told == {
        "date": "2026-05-01",
        "market_price": "79.50",
        "sale_price": "70.00",
        "stock": None,
        "booking_days": 0,
        "sessions": [],
    }


def test_the_channel_s_own_settlement_price_is_told() -> None:
    report = prices_report("P1", calendar(entry()), (MAY, MAY), Decimal("61.5"))
    assert report.to_data()["settlement_price"] == "61.50"
    assert prices_report("P1", None, (MAY, MAY)).to_data() == {
        "product_code": "P1",
        "settlement_price": None,
        "known_until": "",
        "days": [],
    }


def test_nothing_is_said_of_days_whose_prices_are_not_known() -> None:
    for_ever = calendar(entry(PriceType=3))
    report = prices_report("P1", for_ever, (MAY - timedelta(days=9), MAY + timedelta(days=300)))
    assert (report.days[0].date, report.days[-1].date) == ("2026-05-01", "2026-05-30")
    assert report.known_until == "2026-05-30"


def test_a_day_that_is_not_sold_is_left_out() -> None:
    only = entry(BeginTime="2026-05-02 00:00:00", EndTime="2026-05-02 23:59:59", DailyStock=7)
    assert [(day["date"], day["stock"]) for day in days(only)] == [("2026-05-02", 7)]


def test_a_certain_day_comes_before_a_stretch_and_a_stretch_before_for_ever() -> None:
    certain = entry(BeginTime="2026-05-02", EndTime="2026-05-02", PriceType=2, SalePrice=3)
    stretch = entry(BeginTime="2026-05-01", EndTime="2026-05-02", PriceType=1, SalePrice=2)
    for_ever = entry(BeginTime="2026-01-01", PriceType=3, SalePrice=1)
    told = days(for_ever, stretch, certain)
    assert [day["sale_price"] for day in told] == ["2.00", "3.00", "1.00"]


def test_sessions_are_those_of_the_day() -> None:
    def seat(day: str, begin: str, number: int) -> dict[str, object]:
        times = {"SeatsStartTime": begin, "SeatsEndTime": "23:00"}
        return {"Time": day, "SeatsNum": number, **times}

    seats = [
        seat("2026-05-01", "09:00", 5),
        seat("2026/5/2 00:00", "9:30:00", 0),
        seat("", "11:00", 1),
    ]
    told = days(entry(ProductSeats=seats), count=2)
    begins = [[session["begin_play_time"] for session in day["sessions"]] for day in told]
    assert begins == [["09:00", "11:00"], ["09:30", "11:00"]]
    assert told[1]["sessions"][0] == {
        "begin_play_time": "09:30",
        "end_play_time": "23:00",
        "stock": 0,
    }

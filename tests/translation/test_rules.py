"""Each rule of the catalogue, at its boundaries: refused with its code, or left to ZZY."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from contracts.zzy import PricesData, Product
from tests.runtime.selling import described, priced
from worker.saga.states import Demand, Tourist
from worker.translation.admission import SHANGHAI
from worker.translation.products import KnownProduct, PriceCalendar, Standing, price_spans
from worker.translation.rules import Bought, refusal

NOW = datetime(2026, 5, 1, 12, 30, 59, tzinfo=SHANGHAI)
TODAY, VISIT = date(2026, 5, 1), date(2026, 5, 2)
ZHANG, LI, CHILD = "110101199003070134", "11010119900307011X", "110101201605020014"
"""ZHANG is 36 on the day of the visit; CHILD is ten years old on that very day."""


def known(standing: Standing = "on", **fields: Any) -> KnownProduct:  # noqa: ANN401
    product = Product.model_validate(described(CustomerSet=None, **fields))
    return KnownProduct(product, standing, NOW)


def calendar(*days: dict[str, Any], whole: bool = True) -> PriceCalendar:
    data = PricesData.model_validate({"DailyPriceStock": list(days)})
    spans, complete = price_spans(data.daily_price_stock)
    return PriceCalendar("1", TODAY, TODAY + timedelta(60), spans, complete and whole, NOW)


def demand(*cards: str, count: int = 2, visit: date = VISIT, **fields: Any) -> Demand:  # noqa: ANN401
    return Demand(
        product_code="P11063",
        take_phone="13456451211",
        tourists=tuple(Tourist(card, "某人") for card in cards),
        visit_date=visit,
        price=Decimal(5),
        amount=Decimal(5) * count,
        count=count,
        **fields,
    )


def code(
    product: KnownProduct,
    order: Demand | None = None,
    prices: PriceCalendar | None = None,
    *,
    bought: Bought | None = None,
    now: datetime = NOW,
) -> str:
    error = refusal(product, prices, bought or Bought(), order or demand(), now)
    return "" if error is None else error.code.value


def test_a_product_without_rules_refuses_nothing() -> None:
    assert code(known()) == ""
    nothing = KnownProduct(Product(product_id="1"), "on", NOW)
    assert code(nothing, demand(), calendar(priced(VISIT))) == ""


@pytest.mark.parametrize(("standing", "expected"), [("on", ""), ("off", "3002"), ("gone", "3002")])
def test_the_standing(standing: Standing, expected: str) -> None:
    assert code(known(standing)) == expected


@pytest.mark.parametrize(
    ("fields", "visit", "expected"),
    [
        ({"EffectiveTimeMode": 1, "EffectiveTime": 1}, date(2026, 12, 1), ""),
        ({"EffectiveTimeMode": 2, "EffectiveTime": 3}, date(2026, 5, 4), ""),
        ({"EffectiveTimeMode": 2, "EffectiveTime": 3}, date(2026, 5, 5), "3003"),
        ({"EffectiveTimeMode": 2, "EffectiveTime": 0}, date(2026, 12, 1), ""),
        ({"EffectiveTimeMode": 3, "EndEffectiveTime": "2026-05-02"}, VISIT, ""),
        ({"EffectiveTimeMode": 3, "EndEffectiveTime": "2026/5/1 23:59:59"}, VISIT, "3003"),
        ({"EffectiveTimeMode": 3, "EndEffectiveTime": "soon"}, VISIT, ""),
        ({"EffectiveTimeMode": 4, "EffectiveTime": 1}, date(2026, 12, 1), ""),
        ({"EffectiveTimeMode": 5, "BeginEffectiveTime": "2026-05-02"}, VISIT, ""),
        ({"EffectiveTimeMode": 5, "BeginEffectiveTime": "2026-05-03"}, VISIT, "3003"),
        ({"EffectiveTimeMode": 5, "EndEffectiveTime": "2026-05-02"}, VISIT, ""),
        ({"EffectiveTimeMode": 5, "EndEffectiveTime": "2026-05-01"}, VISIT, "3003"),
        ({"EffectiveTimeMode": 4, "EndEffectiveTime": "2026-05-01"}, VISIT, ""),
        ({"EffectiveTimeMode": 9, "EffectiveTime": 1}, date(2026, 12, 1), ""),
    ],
)
def test_the_validity(fields: dict[str, Any], visit: date, expected: str) -> None:
    assert code(known(**fields), demand(visit=visit)) == expected


@pytest.mark.parametrize(
    ("days_ahead", "visit", "expected"),
    [
        (0, TODAY, ""),
        (1, TODAY, "3003"),
        (1, VISIT, ""),
        (2, VISIT, "3003"),
        (-1, TODAY, ""),
    ],
)
def test_booking_days_ahead(days_ahead: int, visit: date, expected: str) -> None:
    prices = calendar(priced(TODAY, "2026-06-01", BookingDay=days_ahead))
    assert code(known(), demand(visit=visit), prices) == expected


@pytest.mark.parametrize(
    ("until", "days_ahead", "visit", "expected"),
    [
        ("12:30", 0, TODAY, ""),  # it is 12:30:59
        ("12:29", 0, TODAY, "3003"),
        ("12:29", 0, VISIT, ""),
        ("12:29", 1, VISIT, "3003"),
        ("12:29", None, TODAY, "3003"),  # prices unknown: today is the last day at the latest
        ("12:29", None, VISIT, ""),
        ("noon", 0, TODAY, ""),
        ("25:00", 0, TODAY, ""),
    ],
)
def test_the_time_of_day(until: str, days_ahead: int | None, visit: date, expected: str) -> None:
    prices = None
    if days_ahead is not None:
        prices = calendar(priced(TODAY, "2026-06-01", BookingDay=days_ahead))
    assert code(known(BookingTime=until), demand(visit=visit), prices) == expected


def test_a_time_of_day_is_that_of_shanghai() -> None:
    utc = datetime.fromisoformat("2026-05-01T04:31:00+00:00")
    assert code(known(BookingTime="12:30"), demand(visit=TODAY), now=utc) == "3003"


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([], "3003"),
        ([priced(VISIT)], ""),
        ([priced("2026-05-01", "2026-05-02")], ""),
        ([priced("2026-05-03", "2026-06-01")], "3003"),
        ([priced("2026-04-01", "2026-05-01")], "3003"),
        ([priced(VISIT, PriceType=2, EndTime="")], ""),
        ([priced(TODAY, PriceType=2, EndTime="")], "3003"),
        ([priced(TODAY, PriceType=3)], ""),  # 到永久
        ([priced("2026-05-03", PriceType=3)], "3003"),
        ([{"Price": 5.0, "BeginTime": "some day"}], ""),
    ],
)
def test_a_day_without_a_price_is_not_sold(days: list[dict[str, Any]], expected: str) -> None:
    assert code(known(), demand(), calendar(*days)) == expected


def test_what_is_not_in_a_calendar_proves_nothing_where_it_did_not_come_whole() -> None:
    assert code(known(), demand(), calendar(whole=False)) == ""
    beyond = demand(visit=TODAY + timedelta(61))
    assert code(known(), beyond, calendar()) == ""


def test_a_certain_day_goes_before_a_stretch_of_days() -> None:
    prices = calendar(
        priced(TODAY, "2026-06-01", BookingDay=9), priced(VISIT, PriceType=2, BookingDay=0)
    )
    assert code(known(), demand(), prices) == ""


SEATS = [
    {"Time": "2026-05-02", "SeatsStartTime": "09:00", "SeatsEndTime": "11:00", "SeatsNum": 2},
    {"Time": "2026-05-03", "SeatsStartTime": "13:00", "SeatsEndTime": "15:00", "SeatsNum": 0},
]


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        ("09:00", "11:00", ""),
        ("09:00", "", ""),
        ("", "", ""),
        ("09:00", "12:00", "3003"),
        ("13:00", "15:00", "3003"),  # on another day
    ],
)
def test_a_session_that_does_not_exist(begin: str, end: str, expected: str) -> None:
    prices = calendar(priced(TODAY, "2026-06-01", ProductSeats=SEATS))
    order = replace(demand(), begin_play_time=begin, end_play_time=end)
    assert code(known(), order, prices) == expected
    assert code(known(), order, calendar(priced(VISIT))) == "", "a product without sessions"
    odd = [*SEATS, {"Time": "2026-05-02", "SeatsStartTime": "morning"}]
    assert code(known(), order, calendar(priced(VISIT, ProductSeats=odd))) == ""


@pytest.mark.parametrize(("count", "expected"), [(2, ""), (3, "3008")])
def test_the_seats_of_a_session(count: int, expected: str) -> None:
    prices = calendar(priced(TODAY, "2026-06-01", ProductSeats=SEATS))
    order = demand(count=count, begin_play_time="09:00", end_play_time="11:00")
    assert code(known(), order, prices) == expected


@pytest.mark.parametrize(
    ("most", "count", "expected"), [(0, 99, ""), (4, 4, ""), (4, 5, "3007"), ("", 99, "")]
)
def test_the_most_of_an_order(most: object, count: int, expected: str) -> None:
    assert code(known(MaxNumberByOrder=most), demand(count=count)) == expected


def test_a_count_that_is_none() -> None:
    assert code(known(), demand(count=0)) == "3006"


@pytest.mark.parametrize(
    ("mode", "customers", "cards", "expected"),
    [
        (1, 1, [ZHANG, LI], ""),
        (1, 1, [ZHANG], "3011"),
        (1, 1, [], "3011"),
        (1, None, [ZHANG], "3011"),
        (0, 1, [], "3011"),
        (0, 1, [ZHANG], ""),
        (0, 1, [ZHANG, LI], ""),
        (0, 1, [ZHANG, LI, CHILD], "3011"),
        (0, 2, [], ""),
        (0, 2, [ZHANG], "3010"),
        (7, 9, [ZHANG], ""),
        (7, 9, [], ""),
    ],
)
def test_how_many_ids(mode: int, customers: int | None, cards: list[str], expected: str) -> None:
    product = Product.model_validate(described(EntranceMode=mode, CustomerSet=customers))
    assert code(KnownProduct(product, "on", NOW), demand(*cards)) == expected


@pytest.mark.parametrize(
    ("least", "most", "card", "expected"),
    [
        (0, 0, CHILD, ""),
        (10, 60, CHILD, ""),  # ten on the day of the visit
        (11, 60, CHILD, "3000"),
        (0, 10, CHILD, ""),
        (0, 9, CHILD, "3000"),
        (36, 36, ZHANG, ""),
        (37, 0, ZHANG, "3000"),
        (60, 120, "ABC123456789012", ""),  # holds no birth date
    ],
)
def test_ages(least: int, most: int, card: str, expected: str) -> None:
    assert code(known(MinAge=least, MaxAge=most), demand(card)) == expected


def test_an_age_is_that_of_the_day_of_the_visit() -> None:
    product = known(MinAge=10)
    assert code(product, demand(CHILD, visit=TODAY)) == "3000"
    error = refusal(product, None, Bought(), demand(CHILD, visit=TODAY), NOW)
    assert error is not None
    assert "MinAge 10" in error.message
    assert CHILD not in error.message


@pytest.mark.parametrize(
    ("most", "days", "before", "expected"),
    [(0, 1, 99, ""), (5, 1, 3, ""), (5, 1, 4, "3007"), (1, 0, 0, "3007"), (2, 0, 0, "")],
)
def test_the_most_of_a_phone(most: int, days: int, before: int, expected: str) -> None:
    product = known(MaxNumberByMobile=most, LimitDayByMobile=days)
    assert code(product, demand(count=2), bought=Bought(by_phone=before)) == expected


@pytest.mark.parametrize(
    ("most", "cards", "before", "expected"),
    [
        (0, [ZHANG], {ZHANG: 99}, ""),
        (1, [ZHANG, LI], {}, ""),
        (1, [ZHANG, LI], {LI: 1}, "3007"),
        (2, [ZHANG, LI], {LI: 1}, ""),
        (1, [ZHANG], {}, "3007"),  # the only one takes both tickets
        (2, [ZHANG], {}, ""),
        (1, [], {}, ""),
    ],
)
def test_the_most_of_an_id_card(
    most: int, cards: list[str], before: dict[str, int], expected: str
) -> None:
    product = known(MaxNumberByCardID=most, LimitDayByCardID=1)
    assert code(product, demand(*cards), bought=Bought(by_card=before)) == expected


@pytest.mark.parametrize(
    ("total", "daily", "count", "expected"),
    [
        (0, 0, 99, ""),
        (5, 0, 5, ""),
        (5, 0, 6, "3008"),
        (0, 5, 5, ""),
        (0, 5, 6, "3008"),
    ],
)
def test_the_stock(total: int, daily: int, count: int, expected: str) -> None:
    product, prices = known(TotoalStock=total), calendar(priced(VISIT, DailyStock=daily))
    assert code(product, demand(count=count), prices) == expected

"""The simulated supplier refuses what a product's rules forbid, as ZZY would."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from worker.simulators.catalogue import Product, assortment
from worker.simulators.records import Order, Person, RefusalError
from worker.simulators.zzy_orders import SHANGHAI
from worker.simulators.zzy_rules import check_count, check_day, check_visitors

NOW = datetime(2026, 5, 1, 17, 1, tzinfo=SHANGHAI)
TODAY = NOW.date()
ZHANG = Person("张三", "13456451211", "110101199003070134")
LI = Person("李四", "13456451211", "11010119900307011X")


def product(**fields: Any) -> Product:  # noqa: ANN401
    return Product(1, "票", **fields)


def order(quantity: int = 2, *visitors: Person, at: datetime = NOW) -> Order:
    return Order("o", 1, quantity, TODAY, "", ZHANG, list(visitors), at)


@pytest.mark.parametrize(
    ("fields", "ahead", "refused"),
    [
        ({}, 0, False),
        ({}, -1, True),
        ({"booking_days": 1}, 0, True),
        ({"booking_days": 1}, 1, False),
        ({"booking_days": 1, "booking_time": "17:00"}, 1, True),
        ({"booking_days": 1, "booking_time": "17:01"}, 1, False),
        ({"booking_days": 1, "booking_time": "17:00"}, 2, False),
        ({"effective_time_mode": 2, "effective_time": 3}, 3, False),
        ({"effective_time_mode": 2, "effective_time": 3}, 4, True),
        ({"effective_time_mode": 3, "end_effective": "2026-05-02"}, 1, False),
        ({"effective_time_mode": 3, "end_effective": "2026-05-02"}, 2, True),
        ({"effective_time_mode": 5, "begin_effective": "2026-05-02"}, 0, True),
        ({"last_day": "2026-05-02"}, 2, True),
        ({"first_day": "2026-05-02"}, 1, False),
    ],
)
def test_days(fields: dict[str, Any], ahead: int, *, refused: bool) -> None:
    day = TODAY + timedelta(days=ahead)
    if not refused:
        check_day(product(**fields), day, NOW)
        return
    with pytest.raises(RefusalError):
        check_day(product(**fields), day, NOW)


def test_a_phone_and_an_id_card_within_their_days() -> None:
    limited = product(max_by_mobile=4, days_by_mobile=1, max_by_card=2, days_by_card=7)
    yesterday = order(2, ZHANG, at=NOW - timedelta(days=1))
    check_count(limited, order(4, LI, ZHANG), [], NOW)
    with pytest.raises(RefusalError, match="手机"):
        check_count(limited, order(3, LI, ZHANG), [order()], NOW)
    with pytest.raises(RefusalError, match="游客"):
        check_count(limited, order(1, ZHANG), [yesterday], NOW)
    check_count(limited, order(1, ZHANG), [replace(yesterday, cancelled_at=NOW)], NOW)


def test_visitors_where_none_are_wanted() -> None:
    with pytest.raises(RefusalError, match="不需要"):
        check_visitors(product(customer_set=2), [ZHANG], 2, TODAY)
    check_visitors(product(customer_set=2), [], 2, TODAY)


def test_an_age_is_that_of_the_day() -> None:
    grown = product(min_age=36)
    check_visitors(grown, [ZHANG], 1, date(2026, 3, 7))
    with pytest.raises(RefusalError, match="年龄"):
        check_visitors(grown, [ZHANG], 1, date(2026, 3, 6))


def test_prices_are_told_for_the_days_on_which_it_is_sold() -> None:
    sold = product(first_day="2026-05-02", last_day="2026-05-03", sessions=(("9:00", "10:00"),))
    days = sold.prices(TODAY, TODAY + timedelta(days=9))["DailyPriceStock"]
    assert [day["BeginTime"][:10] for day in days] == ["2026-05-02", "2026-05-03"]
    assert days[0]["ProductSeats"][0]["SeatsNum"] == 100
    assert {each.product_id for each in assortment().values()} >= {11072, 11073, 11074}

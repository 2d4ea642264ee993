"""Which settlement price an order gets, and what happens to one that has none."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.saga.facts import STOCK, ordered
from worker.translation.settlement import MISSING_ALARM, Price, Tariff

TARIFF = Tariff(
    {
        "k": {
            "P11063": (
                Price(date(2026, 5, 1), Decimal(52)),
                Price(None, Decimal(50)),
                Price(date(2026, 6, 1), Decimal(54)),
            ),
            "later": (Price(date(2026, 6, 1), Decimal(9)),),
        }
    }
)


@pytest.mark.parametrize(
    ("received", "price"),
    [
        (datetime(2026, 4, 30, 15, 59, 59, tzinfo=UTC), 50),
        (datetime(2026, 4, 30, 16, 0, tzinfo=UTC), 52),
        (datetime(2026, 5, 31, 15, 59, 59, tzinfo=UTC), 52),
        (datetime(2026, 7, 1, tzinfo=UTC), 54),
    ],
)
def test_the_price_that_began_last_in_shanghai(received: datetime, price: int) -> None:
    event = TARIFF.settled(replace(ordered(), received_at=received))
    assert (event.terms.settlement_price, event.refusal) == (price, None)


def test_a_product_without_a_price_yet_is_refused() -> None:
    demand = replace(ordered().demand, product_code="later")
    event = TARIFF.settled(ordered(demand=demand))
    assert event.refusal is not None
    assert (event.refusal.code, event.alarm) == ("3000", MISSING_ALARM)
    assert event.terms.settlement_price is None


def test_what_was_refused_before_stays_so_without_an_alarm() -> None:
    event = ordered(demand=replace(ordered().demand, product_code="later"), refusal=STOCK)
    assert TARIFF.settled(event) == event


def test_a_channel_without_an_account_pays_nothing_here() -> None:
    event = replace(ordered(), app_key="other")
    assert TARIFF.settled(event) == event

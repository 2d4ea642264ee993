"""Many orders that ZZY refuses for want of stock are an alarm of their product."""

import pytest
from structlog.testing import capture_logs

from tests.doubles import HeldClock
from worker.alarms.stock import MOST_PRODUCTS, StockWatch

STOCK, BALANCE = "3008", "3009"


class Till:
    """A watch over 3 refusals in ten minutes, and what it raised."""

    def __init__(self, most: int = 3, seconds: float = 600) -> None:
        self.clock = HeldClock()
        self.watch = StockWatch(self.clock, most, seconds)

    def refuse(self, *products: str, code: str = STOCK, apart: float = 0) -> list[str]:
        with capture_logs() as logged:
            for product in products:
                self.watch.heard(code, product)
                self.clock.advance(apart)
        return [f"{one['kind']} {one['product_id']}: {one['text']}" for one in logged]


RAISED = "stock_refusals {}: 3 within 10 minutes"


def test_so_many_of_one_product_in_so_long_are_an_alarm() -> None:
    till = Till()
    assert till.refuse("7", "8", "7", "8") == []
    assert till.refuse("7") == [RAISED.format(7)]
    assert till.refuse("8") == [RAISED.format(8)]
    assert till.refuse("7", "7") == [], "an alarm is raised again after as many more"
    assert till.refuse("7") == [RAISED.format(7)]


@pytest.mark.parametrize(("apart", "raised"), [(300, 1), (301, 0)])
def test_what_is_longer_ago_does_not_count(apart: float, raised: int) -> None:
    assert len(Till().refuse("7", "7", "7", apart=apart)) == raised


def test_the_window_goes_along_with_time() -> None:
    till = Till()
    till.refuse("7", apart=599)
    till.refuse("7", apart=2)
    assert till.refuse("7", "7") == [RAISED.format(7)]


def test_another_refusal_and_a_rule_that_is_off_are_none() -> None:
    assert Till().refuse(*"77777", code=BALANCE) == []
    assert Till(most=0).refuse(*"77777") == []


def test_only_so_many_products_are_remembered() -> None:
    till = Till()
    till.refuse("7", "7", *(f"p{number}" for number in range(MOST_PRODUCTS)))
    assert till.refuse("7") == []
    assert till.refuse("7", "7") == [RAISED.format(7)]

"""What is known of a product (产品) and of its price calendar (价格日历), ready to be asked.

Why it exists: ZZY's dates are text in several spellings and its stretches of days overlap;
both are understood here, once. It must not refuse anything: what cannot be read says nothing.
Source: zzy.txt 1.1.1, 1.1.2.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Final, Literal

from contracts.zzy import DailyPriceStock, Product, ProductSeat

_DAY = re.compile(r"\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", re.ASCII)
_TIME = re.compile(r"\s*(\d{1,2})[:：](\d{2})(?::\d{2})?\s*", re.ASCII)

_PRECISION: Final = {2: 0, 1: 1, 3: 2}
"""价格类型: a certain day goes before a stretch of days, and that before one without an end."""

Standing = Literal["on", "off", "gone"]
"""上架, 下架, or no longer listed."""


@dataclass(frozen=True, slots=True)
class KnownProduct:
    """A product as it was last fetched."""

    product: Product
    standing: Standing
    fetched_at: datetime

    @property
    def product_id(self) -> str:
        """ZZY's number of it."""
        return self.product.product_id

    @property
    def limits_people(self) -> bool:
        """Tell whether it limits what one phone or one id card may buy within days."""
        product = self.product
        return bool(
            (product.max_number_by_mobile and product.limit_day_by_mobile)
            or (product.max_number_by_card_id and product.limit_day_by_card_id)
        )


@dataclass(frozen=True, slots=True)
class PriceSpan:
    """One price, and the days on which it holds; None: without an end on that side."""

    begin: date | None
    end: date | None
    price: DailyPriceStock

    def covers(self, day: date) -> bool:
        """Tell whether the price holds on ``day``."""
        return (self.begin is None or self.begin <= day) and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class PriceCalendar:
    """A product's prices from ``begin`` to ``end``, as last fetched."""

    product_id: str
    begin: date
    end: date
    spans: Sequence[PriceSpan]
    complete: bool
    """False: something in it could not be read, so that what is missing proves nothing."""
    fetched_at: datetime

    def tells(self, day: date) -> bool:
        """Tell whether a day without a price is surely not sold."""
        return self.complete and self.begin <= day <= self.end

    def on(self, day: date) -> DailyPriceStock | None:
        """Return what holds on a day: the most precise of the prices that cover it."""
        covering = [span.price for span in self.spans if span.covers(day)]
        return min(covering, key=_precision, default=None)


def _precision(price: DailyPriceStock) -> int:
    return _PRECISION.get(price.price_type or 1, 1)


def price_spans(prices: Iterable[DailyPriceStock]) -> tuple[tuple[PriceSpan, ...], bool]:
    """Return the prices with their days, and whether every one could be understood."""
    spans: list[PriceSpan] = []
    complete = True
    for price in prices:
        begin, end = read_day(price.begin_time), read_day(price.end_time)
        complete &= bool(begin or not price.begin_time.strip())
        complete &= bool(end or not price.end_time.strip())
        if price.price_type == 2:  # noqa: PLR2004  (特定日期: one day where no end is named)
            end = end or begin
        elif price.price_type == 3:  # noqa: PLR2004  (到永久)
            end = None
        spans.append(PriceSpan(begin, end, price))
    return tuple(spans), complete


def sessions_on(price: DailyPriceStock, day: date) -> list[ProductSeat]:
    """Return the sessions (场次) of a day."""
    return [seat for seat in price.product_seats if read_day(seat.time) in {None, day}]


@lru_cache(maxsize=2048)
def read_day(text: str) -> date | None:
    """Return the day that a text begins with, or None where it begins with none."""
    match = _DAY.match(text)
    if match is None:
        return None
    try:
        return date(*map(int, match.groups()))
    except ValueError:
        return None


def read_time(text: str) -> time | None:
    """Return a time of day written HH:mm (or H:mm, with seconds or without), or None."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    try:
        return time(int(match[1]), int(match[2]))
    except ValueError:
        return None

"""What can be ordered, from ZZY's words to those that a channel may read (查询产品, 查询价格).

Why it exists: the one place that decides what of the supplier's catalogue is the channel's
business. It must not let 分销价 (Price) through: that is what we pay.
Source: zzy.txt 1.1.1, 1.1.2; docs/channel-guide.md.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from contracts.channel import (
    PricesReport,
    ProductReport,
    ProductsReport,
    ReportedDay,
    ReportedSession,
)
from contracts.zzy import CustomerSet, DailyPriceStock, EntranceMode, Product, ProductSeat

_DAY_DIGITS: Final = 10
_MOST_PRECISE: Final = {2: 0, 1: 1, 3: 2}
"""价格类型: a certain day before a stretch of days before one without an end."""


def products_report(offers: Iterable[tuple[str, Product]]) -> ProductsReport:
    """Return the report on products, each under the code by which it is ordered."""
    return ProductsReport(products=tuple(_product(code, product) for code, product in offers))


def _product(code: str, product: Product) -> ProductReport:
    return ProductReport(
        product_code=code,
        product_name=product.product_name,
        description=product.product_desc,
        kind=product.product_kind,
        scenic_spots=product.scenic_spots,
        on_sale=product.product_status == 1,
        one_code_each=product.entrance_mode is EntranceMode.ONE_CODE_EACH,
        real_name=product.entrance_mode is EntranceMode.ONE_CODE_EACH
        or product.customer_set is CustomerSet.NEEDED,
        refundable=product.refund_set != 0,
        is_ticket=product.is_ticket == 1,
        ticket_get_address=product.ticket_get_address,
        adults=product.adult_number,
        children=product.child_number,
        max_by_order=_limit(product.max_number_by_order),
        max_by_phone=_limit(product.max_number_by_mobile),
        days_by_phone=_limit(product.limit_day_by_mobile),
        max_by_id_card=_limit(product.max_number_by_card_id),
        days_by_id_card=_limit(product.limit_day_by_card_id),
        min_age=_limit(product.min_age),
        max_age=_limit(product.max_age),
        stock=_limit(product.total_stock),
        validity_mode=_limit(product.effective_time_mode),
        validity_days=product.effective_time,
        valid_from=product.begin_effective_time,
        valid_to=product.end_effective_time,
        booking_time=product.booking_time,
    )


def prices_report(
    code: str,
    calendar: Sequence[DailyPriceStock],
    days: Iterable[date],
    settlement_price: Decimal | None = None,
) -> PricesReport:
    """Return the report on the ``days`` on which the product is sold."""
    found = ((day, _entry(calendar, day)) for day in days)
    return PricesReport(
        product_code=code,
        settlement_price=settlement_price,
        days=tuple(_day(day, entry) for day, entry in found if entry is not None),
    )


def _entry(calendar: Sequence[DailyPriceStock], day: date) -> DailyPriceStock | None:
    """Return what holds on a day: the most precise of the entries that cover it."""
    covering = (entry for entry in calendar if _covers(entry, day))
    order = _MOST_PRECISE
    return min(covering, key=lambda entry: order.get(entry.price_type or 1, 1), default=None)


def _covers(entry: DailyPriceStock, day: date) -> bool:
    begin, end = entry.begin_time[:_DAY_DIGITS], entry.end_time[:_DAY_DIGITS]
    text = day.isoformat()
    return (not begin or begin <= text) and (not end or text <= end)


def _day(day: date, entry: DailyPriceStock) -> ReportedDay:
    text = day.isoformat()
    return ReportedDay(
        date=text,
        market_price=entry.market_price,
        sale_price=entry.sale_price,
        stock=_limit(entry.daily_stock),
        booking_days=entry.booking_day or 0,
        sessions=tuple(
            _session(seat) for seat in entry.product_seats if seat.time[:_DAY_DIGITS] in {"", text}
        ),
    )


def _session(seat: ProductSeat) -> ReportedSession:
    return ReportedSession(
        begin_play_time=seat.seats_start_time,
        end_play_time=seat.seats_end_time,
        stock=seat.seats_num,
    )


def _limit(value: int | None) -> int | None:
    """Return a limit; ZZY writes 0 where there is none (0 为不限制)."""
    return value or None

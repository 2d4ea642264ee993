"""What can be ordered, from ZZY's words to those that a channel may read (查询产品, 查询价格).

Why it exists: the one place that decides what of the supplier's catalogue is the channel's
business. It must not let 分销价 (Price) through: that is what we pay.
Source: zzy.txt 1.1.1, 1.1.2; docs/channel-guide.md.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from contracts.channel import (
    PricesReport,
    ProductReport,
    ProductsReport,
    ReportedDay,
    ReportedSession,
)
from contracts.zzy import CustomerSet, DailyPriceStock, EntranceMode, Product, ProductSeat
from worker.translation.products import PriceCalendar, read_time, sessions_on


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
    calendar: PriceCalendar | None,
    asked: tuple[date, date],
    settlement_price: Decimal | None = None,
) -> PricesReport:
    """Return the report on the days, of those that were asked for, on which it is sold."""
    days = [
        _day(day, price)
        for day in (_days(calendar, asked) if calendar else ())
        if calendar and (price := calendar.on(day))
    ]
    return PricesReport(
        product_code=code,
        settlement_price=settlement_price,
        known_until=calendar.end.isoformat() if calendar else "",
        days=tuple(days),
    )


def _days(calendar: PriceCalendar, asked: tuple[date, date]) -> Iterable[date]:
    """Return the days of ``asked`` that the calendar speaks of."""
    first, last = max(asked[0], calendar.begin), min(asked[1], calendar.end)
    return map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1))


def _day(day: date, price: DailyPriceStock) -> ReportedDay:
    return ReportedDay(
        date=day.isoformat(),
        market_price=price.market_price,
        sale_price=price.sale_price,
        stock=_limit(price.daily_stock),
        booking_days=price.booking_day or 0,
        sessions=tuple(map(_session, sessions_on(price, day))),
    )


def _session(seat: ProductSeat) -> ReportedSession:
    return ReportedSession(
        begin_play_time=_time(seat.seats_start_time),
        end_play_time=_time(seat.seats_end_time),
        stock=seat.seats_num,
    )


def _time(text: str) -> str:
    """Return a time of day as createOrder takes it, HH:mm; what is none as it stands."""
    known = read_time(text)
    return f"{known:%H:%M}" if known else text


def _limit(value: int | None) -> int | None:
    """Return a limit; ZZY writes 0 where there is none (0 为不限制)."""
    return value or None

"""Why a product cannot be ordered so: refusals before ZZY is asked.

Why it exists: a channel that is refused early, with the right code, can correct itself at
once. It must not refuse what it does not surely know: ZZY judges what passes here. Whoever
calls it fetches anew before a refusal counts.
Source: PROTOCOL.md, "How many ids?", "3002, 3007, 3008, 3011"; zzy.txt 1.1.1, 1.1.2.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from contracts.channel import Code, ProtocolError
from contracts.zzy import CustomerSet, DailyPriceStock, EntranceMode, Product, ProductSeat
from worker.saga.states import Demand
from worker.translation.admission import SHANGHAI
from worker.translation.identity import birth_date
from worker.translation.products import (
    KnownProduct,
    PriceCalendar,
    read_day,
    read_time,
    sessions_on,
)

BOOKED_DAYS_LATER, UNTIL_A_DAY, BETWEEN_DAYS = 2, 3, 5
"""有效时间 (EffectiveTimeMode): the three that bound the day of the visit."""


@dataclass(frozen=True, slots=True)
class Bought:
    """What was bought before, by those whom this order names, within the product's days."""

    by_phone: int = 0
    by_card: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """By the id card as it stands in the order."""


@dataclass(frozen=True, slots=True)
class _Case:
    """All that a rule may look at."""

    known: KnownProduct
    calendar: PriceCalendar | None
    bought: Bought
    order: Demand
    now: datetime
    """In Asia/Shanghai."""
    price: DailyPriceStock | None
    """Of the day of the visit."""

    @property
    def product(self) -> Product:
        return self.known.product


_Rule = Callable[[_Case], ProtocolError | None]


def refusal(
    known: KnownProduct,
    calendar: PriceCalendar | None,
    bought: Bought,
    order: Demand,
    now: datetime,
) -> ProtocolError | None:
    """Return why the order cannot be taken, as far as these facts tell, or None.

    ``calendar`` None: the prices are not known, and nothing is concluded from them.
    """
    price = calendar.on(order.visit_date) if calendar else None
    case = _Case(known, calendar, bought, order, now.astimezone(SHANGHAI), price)
    return next((error for rule in _RULES if (error := rule(case))), None)


def _refuse(code: Code, detail: str, name: str) -> ProtocolError:
    return ProtocolError(code, detail, name)


def _standing(case: _Case) -> ProtocolError | None:
    if case.known.standing != "on":
        return _refuse(Code.PRODUCT_UNAVAILABLE, "product_code", "product_code")
    return None


def _late(detail: str) -> ProtocolError:
    return _refuse(Code.DATE_INVALID, f"date {detail}", "date")


def _validity(case: _Case) -> ProtocolError | None:
    """有效时间 (EffectiveTimeMode): 1 and 4 bound nothing, for they count from the visit."""
    product, day = case.product, case.order.visit_date
    mode = product.effective_time_mode
    begin, end = read_day(product.begin_effective_time), read_day(product.end_effective_time)
    if mode == BOOKED_DAYS_LATER and product.effective_time:
        last = case.now.date() + timedelta(days=min(product.effective_time, 36_500))
        if day > last:
            return _late(f"有效期至 {last} (valid until then)")
    if mode in {UNTIL_A_DAY, BETWEEN_DAYS} and end and day > end:
        return _late(f"有效期至 {end} (valid until then)")
    if mode == BETWEEN_DAYS and begin and day < begin:
        return _late(f"有效期自 {begin} (valid from then on)")
    return None


def _on_the_calendar(case: _Case) -> ProtocolError | None:
    """价格日历: a day without a price is not sold; 提前预定天数 and 提前预定时间."""
    calendar, day = case.calendar, case.order.visit_date
    price = case.price
    if calendar and price is None and calendar.tells(day):
        return _late("不可售 (no price for that day)")
    ahead = max((price.booking_day if price else 0) or 0, 0)
    left = (day - case.now.date()).days
    if left < ahead:
        return _late(f"须提前{ahead}天 (book {ahead} days ahead)")
    until = read_time(case.product.booking_time)
    minute = case.now.time().replace(second=0, microsecond=0)
    if until and left == ahead and minute > until:
        return _late(f"须在 {until:%H:%M} 前预定 (book before that time)")
    return None


def _seats(case: _Case) -> list[ProductSeat]:
    """Return the sessions that the order may mean; none where it names none."""
    order, day = case.order, case.order.visit_date
    price = case.price
    begin, end = read_time(order.begin_play_time), read_time(order.end_play_time)
    if price is None or not (begin or end):
        return []
    return [
        seat
        for seat in sessions_on(price, day)
        if begin in {None, read_time(seat.seats_start_time)}
        and end in {None, read_time(seat.seats_end_time)}
    ]


def _session(case: _Case) -> ProtocolError | None:
    """产品场次: a session that is named must be one of that day."""
    order = case.order
    price = case.price
    if price is None or not price.product_seats or _seats(case):
        return None
    named = order.begin_play_time or order.end_play_time
    if not named or not all(_is_readable(seat) for seat in price.product_seats):
        return None
    detail = "begin_play_time 场次不存在 (no such session)"
    return _refuse(Code.DATE_INVALID, detail, "begin_play_time")


def _is_readable(seat: ProductSeat) -> bool:
    times = (read_time(seat.seats_start_time), read_time(seat.seats_end_time))
    return None not in times and (not seat.time.strip() or read_day(seat.time) is not None)


def _count(case: _Case) -> ProtocolError | None:
    product, count = case.product, case.order.count
    if count < 1:
        return _refuse(Code.COUNT_INVALID, "count", "count")
    most = product.max_number_by_order or 0
    if 0 < most < count:
        return _refuse(Code.COUNT_AGAINST_RULE, f"count 一单最多 {most} (an order's most)", "count")
    return None


def _visitors(case: _Case) -> ProtocolError | None:
    """游客信息 and 入园方式: how many ids a product wants."""
    mode, wanted = case.product.entrance_mode, case.product.customer_set
    given, count = len(case.order.tourists), case.order.count
    each = mode == EntranceMode.ONE_CODE_EACH
    if wanted == CustomerSet.NOT_NEEDED and given and not each:
        return _refuse(Code.REAL_NAME_NOT_WANTED, "tourist_info", "tourist_info")
    if each and given != count:
        detail = f"tourist_info {given}，须 {count} (one for each ticket)"
        return _refuse(Code.ID_COUNT_MISMATCH, detail, "tourist_info")
    if wanted == CustomerSet.NEEDED and not 1 <= given <= count:
        detail = f"tourist_info {given}，须 1–{count} (at least one)"
        return _refuse(Code.ID_COUNT_MISMATCH, detail, "tourist_info")
    return None


def _ages(case: _Case) -> ProtocolError | None:
    """最小年龄限制, 最大年龄限制: on the day of the visit; 0 is without a limit."""
    least, most = case.product.min_age or 0, case.product.max_age or 0
    if least <= 0 and most <= 0:
        return None
    for place, tourist in enumerate(case.order.tourists, start=1):
        born = birth_date(tourist.id_card)
        if born is None:
            continue
        years = _age(born, case.order.visit_date)
        if years < least or 0 < most < years:
            rule = f"MinAge {least}, MaxAge {most}" if most > 0 else f"MinAge {least}"
            detail = f"tourist_info 第{place}个 (entry {place}) 年龄限制 {rule}"
            return _refuse(Code.CREATE_FAILED, detail, "tourist_info")
    return None


def _age(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _people(case: _Case) -> ProtocolError | None:
    """每个手机, 每个身份证: what they bought within the days counts too."""
    product, order, bought = case.product, case.order, case.bought
    most = product.max_number_by_mobile or 0
    if 0 < most < bought.by_phone + order.count:
        days = product.limit_day_by_mobile or 0
        detail = f"take_phone 每个手机{_within(days)}最多 {most} (a phone's most)"
        return _refuse(Code.COUNT_AGAINST_RULE, detail, "take_phone")
    most = product.max_number_by_card_id or 0
    shares = tickets_by_card(order)
    for place, card in enumerate(shares, start=1):
        if 0 < most < bought.by_card.get(card, 0) + shares[card]:
            days = product.limit_day_by_card_id or 0
            detail = (
                f"tourist_info 第{place}个 (entry {place}) 每个身份证{_within(days)}最多 {most}"
            )
            return _refuse(Code.COUNT_AGAINST_RULE, detail, "tourist_info")
    return None


def _within(days: int) -> str:
    return f"{days}天内" if days > 0 else ""


def tickets_by_card(order: Demand) -> dict[str, int]:
    """Return how many tickets each id card surely takes: all of them, if it is the only one."""
    cards = [tourist.id_card for tourist in order.tourists]
    return {card: order.count if len(cards) == 1 else 1 for card in cards}


def _stock(case: _Case) -> ProtocolError | None:
    """总库存, 每日可售, 场次数量: 0 is without a limit."""
    order = case.order
    price = case.price
    left = [case.product.total_stock, price.daily_stock if price else None]
    seats = _seats(case)
    if seats and all(seat.seats_num for seat in seats):
        left.append(max(seat.seats_num or 0 for seat in seats))
    if any(0 < stock < order.count for stock in left if stock):
        return _refuse(Code.STOCK_SHORT, "count", "count")
    return None


_RULES: Final[Sequence[_Rule]] = (
    _standing,
    _validity,
    _on_the_calendar,
    _session,
    _count,
    _visitors,
    _ages,
    _people,
    _stock,
)
"""In this order: what no other order of the channel's could change comes first."""

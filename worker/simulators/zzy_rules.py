"""What the simulated supplier refuses at Create (下单): days, counts, people, stock.

Why it exists: the rules of a product as the platform applies them, written from the
document and not from our own rules. It must not change the books.
Source: zzy.txt 1.1.1, 1.1.2, 1.1.4.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from worker.simulators.catalogue import Product
from worker.simulators.records import Order, Person, RefusalError

_ID_CARD: Final = re.compile(r"\d{17}[\dX]")
_MOBILE: Final = re.compile(r"1\d{10}")
NOT_THEN: Final = "游玩预订时间不符合产品预订时间限制"


def check_day(product: Product, day: date, now: datetime) -> None:
    """Refuse a day that is past, too soon, or outside the product's validity."""
    today = now.date()
    ahead = (day - today).days
    if ahead < product.booking_days:
        raise RefusalError(NOT_THEN)
    late = product.booking_time and f"{now:%H:%M}" > product.booking_time
    if late and ahead == product.booking_days:
        raise RefusalError("已超过提前预定时间")
    mode = product.effective_time_mode
    if mode == 2 and ahead > product.effective_time:  # noqa: PLR2004  (游客预订日期延后)
        raise RefusalError(NOT_THEN)
    begin = product.begin_effective if mode == 5 else ""  # noqa: PLR2004  (游玩开始时间到结束时间)
    end = product.end_effective if mode in {3, 5} else ""
    if (begin and str(day) < begin) or (end and str(day) > end):
        raise RefusalError("游玩日期不在产品有效期内")
    if not product.sold_on(day):
        raise RefusalError("该日期没有价格")


def check_count(product: Product, order: Order, earlier: Iterable[Order], now: datetime) -> None:
    """Refuse more than an order, a phone or an id card may have."""
    if order.quantity < 1 or order.quantity > (product.max_by_order or order.quantity):
        raise RefusalError("超过一单最大订购数量")
    if not (product.max_by_mobile or product.max_by_card):
        return
    same = [one for one in earlier if one.product_id == product.product_id and _counts(one)]
    by_phone = sum(
        one.usable
        for one in _since(same, now, product.days_by_mobile)
        if one.contact.mobile == order.contact.mobile
    )
    if product.max_by_mobile and by_phone + order.quantity > product.max_by_mobile:
        raise RefusalError("超过每个手机最大购买数量")
    for visitor in order.visitors:
        before = _since(same, now, product.days_by_card)
        held = sum(_tickets_of(visitor.id_card, one) for one in before)
        if product.max_by_card and held + _tickets_of(visitor.id_card, order) > product.max_by_card:
            raise RefusalError("超过每个游客最多购买数量")


def _counts(order: Order) -> bool:
    return order.cancelled_at is None and order.usable > 0


def _since(orders: Iterable[Order], now: datetime, days: int) -> list[Order]:
    if days < 1:
        return []
    first = now.date() - timedelta(days=days - 1)
    return [one for one in orders if one.created_at.astimezone(now.tzinfo).date() >= first]


def _tickets_of(id_card: str, order: Order) -> int:
    cards = [visitor.id_card for visitor in order.visitors]
    return 0 if id_card not in cards else order.usable if len(cards) == 1 else 1


def check_visitors(product: Product, visitors: Sequence[Person], quantity: int, day: date) -> None:
    """Refuse the wrong number of ids, ids that are none, and the wrong ages."""
    each = product.entrance_mode == 1
    if each and len(visitors) != quantity:
        raise RefusalError("游客身份证数量与票数不匹配")
    if product.customer_set == 1 and not visitors:
        raise RefusalError("需要游客身份证")
    if product.customer_set == 2 and visitors and not each:  # noqa: PLR2004  (不需要游客信息)
        raise RefusalError("此产品不需要游客信息")
    if len(visitors) > quantity:
        raise RefusalError("游客身份证数量与票数不匹配")
    for visitor in visitors:
        check_person(visitor, product)
        age = _age(visitor.id_card, day)
        if age is not None and not product.min_age <= age <= (product.max_age or age):
            raise RefusalError("游客年龄不符合产品限制")


def _age(id_card: str, day: date) -> int | None:
    if not _ID_CARD.fullmatch(id_card):
        return None
    born = id_card[6:14]
    return day.year - int(born[:4]) - (f"{day:%m%d}" < born[4:])


def check_person(person: Person, product: Product) -> None:
    """Refuse a visitor without name, phone or, where it is needed, an id card."""
    if not person.name or not _MOBILE.fullmatch(person.mobile):
        raise RefusalError("游客信息错误")
    if product.customer_set == 1 and not _ID_CARD.fullmatch(person.id_card):
        raise RefusalError("身份证号错误")


def check_contact(contact: Person) -> None:
    """Refuse a contact (取票联系人) without name or phone."""
    if not (contact.name and _MOBILE.fullmatch(contact.mobile)):
        raise RefusalError("取票联系人信息错误")

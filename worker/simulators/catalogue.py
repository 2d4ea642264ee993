"""The products of the simulated supplier, with prices, sessions (场次) and stock.

Why it exists: a small assortment in which every rule of the document has a product that
obeys it. It must not know an order. Source: zzy.txt, 1.1.1 and 1.1.2.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

MAX_DAYS: Final = 90
MEMO: Final = "杭州良渚古城旅游发展有限公司"


@dataclass(slots=True)
class Product:
    """A product (产品) as 1.1.1 describes it; what is not given is the common case."""

    product_id: int
    name: str
    entrance_mode: int = 0
    customer_set: int = 1
    refund_set: int = 1
    status: int = 1
    total_stock: int = 0
    daily_stock: int = 0
    max_by_order: int = 0
    max_by_mobile: int = 0
    days_by_mobile: int = 0
    max_by_card: int = 0
    days_by_card: int = 0
    min_age: int = 0
    max_age: int = 0
    booking_days: int = 0
    booking_time: str = ""
    effective_time_mode: int = 1
    effective_time: int = 1
    begin_effective: str = ""
    end_effective: str = ""
    first_day: str = ""
    """Before it there is no price; empty: from ever on."""
    last_day: str = ""
    is_ticket: int = 0
    ticket_get_address: str = ""
    price: Decimal = Decimal("5.00")
    sessions: tuple[tuple[str, str], ...] = ()
    seats: int = 100
    parts: int = 1
    """How many ticket notices an order gets; a bundle (打包票) has several."""
    listed: bool = True
    version: int = 0
    sold: dict[date, int] = field(default_factory=dict)

    @property
    def memo(self) -> str:
        """The supplier's name, which travels with the codes (备注)."""
        return MEMO

    def takes(self, day: date, quantity: int) -> bool:
        """Tell whether stock is left; 0 is without a limit (不限制)."""
        total = sum(self.sold.values()) + quantity
        if self.total_stock and total > self.total_stock:
            return False
        return not self.daily_stock or self.sold.get(day, 0) + quantity <= self.daily_stock

    def book(self, day: date, quantity: int) -> None:
        """Take stock; a negative quantity gives it back."""
        self.sold[day] = self.sold.get(day, 0) + quantity

    def sold_on(self, day: date) -> bool:
        """Tell whether there is a price on a day (价格日历)."""
        after_first = not self.first_day or self.first_day <= str(day)
        return after_first and (not self.last_day or str(day) <= self.last_day)

    def describe(self) -> dict[str, Any]:
        """Return the product with the document's names, 1.1.1."""
        return {
            "ProductId": self.product_id,
            "Version": self.version,
            "ProductCode": f"P{self.product_id}",
            "IsTicket": self.is_ticket,
            "TicketGetAddress": self.ticket_get_address,
            "ProductName": self.name,
            "ProductDesc": "",
            "EntranceMode": self.entrance_mode,
            "ProductKind": "成人票",
            "AdultNumber": 1,
            "ChildNumber": 0,
            "MaxNumberByOrder": self.max_by_order,
            "MaxNumberByMobile": self.max_by_mobile,
            "LimitDayByMobile": self.days_by_mobile,
            "MaxNumberByCardID": self.max_by_card,
            "LimitDayByCardID": self.days_by_card,
            "CustomerSet": self.customer_set,
            "TotoalStock": self.total_stock,
            "ProductStatus": self.status,
            "RefundSet": self.refund_set,
            "ScenicSpots": "良渚古城遗址公园",
            "ScenicId": 501,
            "OutId": "",
            "MinAge": self.min_age,
            "MaxAge": self.max_age,
            "EffectiveTimeMode": self.effective_time_mode,
            "EffectiveTime": self.effective_time,
            "BecomeEffectiveTime": 0,
            "BeginEffectiveTime": self.begin_effective,
            "EndEffectiveTime": self.end_effective,
            "BookingTime": self.booking_time,
        }

    def prices(self, start: date, end: date) -> dict[str, Any]:
        """Return ``Data`` of the price calendar (价格日历), 1.1.2."""
        end = min(end, start + timedelta(days=MAX_DAYS))
        days = (start + timedelta(days=n) for n in range((end - start).days + 1))
        return {"DailyPriceStock": [self._price_on(day) for day in days if self.sold_on(day)]}

    def _price_on(self, day: date) -> dict[str, Any]:
        return {
            "DailyStock": self.daily_stock,
            "MarketPrice": float(self.price * 2),
            "Price": float(self.price),
            "SalePrice": float(self.price + 1),
            "BookingDay": self.booking_days,
            "BeginTime": f"{day} 00:00:00",
            "EndTime": f"{day} 23:59:59",
            "PriceType": 2,
            "ProductSeats": [self._seat(day, n) for n in range(len(self.sessions))],
        }

    def _seat(self, day: date, number: int) -> dict[str, Any]:
        start, end = self.sessions[number]
        return {
            "Time": str(day),
            "SeatsStartTime": start,
            "SeatsEndTime": end,
            "SeatsCode": f"{self.product_id}-{day:%Y%m%d}-{number}",
            "SeatsNum": self.seats,
        }


def assortment() -> dict[int, Product]:
    """Return fresh products by number; 11063 is the document's own (2.1.4)."""
    products = (
        Product(11063, "良渚杭州市民免费票"),
        Product(11064, "龙游石窟景区联票", entrance_mode=1),
        Product(11065, "夜游场次票", sessions=(("09:00", "12:00"), ("13:00", "17:00"))),
        Product(11066, "非实名票", customer_set=2),
        Product(11067, "不可退特价票", refund_set=0),
        Product(11068, "已下架产品", status=0),
        Product(11069, "限量票", total_stock=10, daily_stock=5, max_by_order=4),
        Product(11070, "打包票", entrance_mode=1, parts=2, listed=False),
        Product(11071, "老年票", min_age=60, max_age=120),
        Product(11072, "限购票", max_by_mobile=4, days_by_mobile=1, max_by_card=2, days_by_card=7),
        Product(11073, "提前预订票", booking_days=2, booking_time="17:00"),
        Product(11074, "换票", is_ticket=1, ticket_get_address="南门售票处"),
    )
    return {product.product_id: product for product in products}

"""Who sells what in the run for the pictures: products, made-up guests, channels' own numbers.

Nothing here is anybody's: names are the example names of schoolbooks, ids are made up, and so
is every phone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any

from tests.e2e.world import SHANGHAI
from worker.simulators.catalogue import Product
from worker.simulators.channel_driver import made_up_id_card, sample_order

FAMILY = "张李王赵钱孙周吴郑陈"
GIVEN = ("三", "四", "五", "小明", "小红", "大山", "建国", "秀英", "晓雨", "文静")


@dataclass(frozen=True)
class Ware:
    """A product: what ZZY takes for it, what the channels' customers pay, how often it sells."""

    product_id: int
    name: str
    cost: str
    price: str
    weight: int
    ids: str = "one"
    """Of the order: one, of each guest, none."""
    stock: int = 0


WARES = (
    Ware(11063, "良渚古城遗址公园成人票", "54.00", "60.00", 40),
    Ware(11064, "龙游石窟景区联票", "65.00", "72.00", 22, "each"),
    Ware(11066, "西溪湿地摇橹船票", "48.50", "55.00", 16, "none"),
    Ware(11067, "良渚博物院夜场特价票", "29.00", "35.00", 8),
    Ware(11069, "钱塘江夜游限量票", "128.00", "148.00", 5, stock=160),
    Ware(11072, "良渚一日游套票", "118.00", "138.00", 6),
    Ware(11074, "龙门古镇换票", "36.00", "42.00", 3),
)
NUMBERS = {"k": "XH{:%Y%m%d}{:05d}", "nordic": "NT-{:%y%m}-{:05d}", "jiangnan": "JN{:%m%d}{:06d}"}
"""What channels' own order numbers look like."""


def stock(products: dict[int, Product]) -> None:
    """Let ZZY sell these products at these prices."""
    for ware in WARES:
        product = products[ware.product_id]
        product.name, product.price = ware.name, Decimal(ware.cost)
        product.total_stock, product.daily_stock = ware.stock, 0
        product.max_by_order = product.max_by_mobile = product.max_by_card = 0


class Shop:
    """Makes up one order after another; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self._numbers = count(1)

    def channel(self, keys: Sequence[str], weights: Sequence[int]) -> str:
        """Return who sells next."""
        return self.dice.choices(keys, weights)[0]

    def order(self, app_key: str, tickets: int = 0, *, product: int = 0) -> dict[str, Any]:
        """Return the content of a createOrder."""
        today = datetime.now(UTC).astimezone(SHANGHAI).date()
        ware = self._ware(product)
        tickets = tickets or self.dice.choices((1, 2, 3, 4, 6, 12), (26, 38, 16, 12, 6, 2))[0]
        form = NUMBERS.get(app_key, app_key.upper() + "-{:%y%m%d}-{:04d}")
        price = Decimal(ware.price)
        return sample_order(
            form.format(today, next(self._numbers)),
            self._day(today),
            product_code=f"P{ware.product_id}",
            take_phone=f"134564{self.dice.randrange(10**5):05d}",
            tourist_info=self._guests({"one": 1, "each": tickets, "none": 0}[ware.ids]),
            price=float(price),
            amount=float(price * tickets),
            count=tickets,
        )

    def _ware(self, product: int) -> Ware:
        if product:
            return next(ware for ware in WARES if ware.product_id == product)
        return self.dice.choices(WARES, [ware.weight for ware in WARES])[0]

    def _day(self, today: date) -> date:
        return today + timedelta(days=self.dice.choice((1, 1, 1, 2, 2, 3, 5, 8, 13)))

    def _guests(self, how_many: int) -> dict[str, str]:
        numbers = self.dice.sample(range(4_000), how_many)
        return {
            made_up_id_card(n): self.dice.choice(FAMILY) + self.dice.choice(GIVEN) for n in numbers
        }

"""A ZZY that sells products to a test: its list, its prices, and how often it was asked."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from contracts.zzy import PricesAnswer, PricesRequest, ProductsAnswer, ProductsRequest
from worker.simulators.catalogue import Product
from worker.translation.supplier import Succeeded, SupplierResult, Unknown

SILENT = Unknown("timeout")


def described(number: int = 11063, **fields: object) -> dict[str, Any]:
    """Return a product as ZZY describes it."""
    return Product(number, "良渚古城").describe() | fields


def priced(begin: date | str, end: date | str = "", **fields: object) -> dict[str, Any]:
    """Return an entry of the price calendar."""
    whole = {"BeginTime": f"{begin} 00:00:00", "EndTime": f"{end or begin} 23:59:59"}
    return {"Price": 5.0, "DailyStock": 0, "BookingDay": 0, "PriceType": 1} | whole | fields


class Selling:
    """The two reading interfaces; ``silent`` answers nothing."""

    def __init__(self, *products: dict[str, Any], days: Sequence[dict[str, Any]] = ()) -> None:
        self.listed = list(products)
        self.days = list(days)
        self.silent = False
        self.page_size = 100
        self.total: int | None = None
        self.asked: list[str] = []

    async def products(self, request: ProductsRequest) -> SupplierResult[ProductsAnswer]:
        if self.silent:
            return SILENT
        found, first = self.listed, (request.page_index - 1) * self.page_size
        self.asked.append(f"page {request.page_index}")
        if request.product_id:
            self.asked[-1] = f"product {request.product_id}"
            found = [one for one in found if str(one.get("ProductId")) == request.product_id]
        total = len(found) if self.total is None else self.total
        data = {"Products": found[first : first + self.page_size], "TotalCount": total}
        return Succeeded(ProductsAnswer.model_validate({"IsSuccess": True, "Data": data}), "")

    async def prices(self, request: PricesRequest) -> SupplierResult[PricesAnswer]:
        if self.silent:
            return SILENT
        one_day = request.start_time == request.end_time
        self.asked.append(f"{'day' if one_day else 'prices'} {request.product_id}")
        data = {"DailyPriceStock": self.days}
        return Succeeded(PricesAnswer.model_validate({"IsSuccess": True, "Data": data}), "")

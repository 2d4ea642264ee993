"""Fetches products and prices from ZZY, page by page.

Why it exists: what a fetch proves is decided once: that a product is not listed follows
only from a list that came whole. It must not keep anything.
Source: PROTOCOL.md, "Catalogue"; zzy.txt 1.1.1, 1.1.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import structlog

from contracts.zzy import PricesData, PricesRequest, Product, ProductsData, ProductsRequest
from worker.errors import CatalogueUnknownError
from worker.runtime.outside import Supplier
from worker.telemetry import alarm
from worker.translation.supplier import Succeeded

PAGE_SIZE: Final = 100
MOST_PAGES: Final = 100

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a fetch of the list brought."""

    products: Mapping[str, Product]
    """By ZZY's number."""
    whole: bool
    """What is not in it is surely not listed."""


class Listing:
    """The two reading interfaces of ZZY. Raises CatalogueUnknownError."""

    def __init__(self, supplier: Supplier) -> None:
        """Ask ``supplier``."""
        self._supplier = supplier

    async def products(self) -> Listed:
        """Fetch the list; stop at TotalCount or at a page with nothing new."""
        found: dict[str, Product] = {}
        unreadable = 0
        total: int | None = None
        for index in range(1, MOST_PAGES + 1):
            known = len(found)
            page, told = await self._page(ProductsRequest(page_index=index, page_size=PAGE_SIZE))
            total = told if told is not None else total
            unreadable += page.unreadable
            found |= {product.product_id: product for product in page.products}
            if len(found) == known or (total and len(found) + unreadable >= total):
                break
        _complain(unreadable)
        _log.info("products_fetched", count=len(found), unreadable=unreadable)
        return Listed(found, whole=not unreadable and len(found) >= (total or 0))

    async def product(self, product_id: str) -> Product | None:
        """Fetch one product; None: it is surely not listed."""
        request = ProductsRequest(page_index=1, page_size=PAGE_SIZE, product_id=product_id)
        page, _ = await self._page(request)
        found = next((p for p in page.products if p.product_id == product_id), None)
        _complain(page.unreadable)
        if found is None and (page.products or page.unreadable):
            raise CatalogueUnknownError  # it did not answer what it was asked
        return found

    async def prices(self, product_id: str, begin: date, end: date) -> PricesData:
        """Fetch the price calendar (价格日历) of some days."""
        request = PricesRequest(start_time=begin, end_time=end, product_id=product_id)
        result = await self._supplier.prices(request)
        if not isinstance(result, Succeeded) or result.answer.data is None:
            raise CatalogueUnknownError
        _complain(result.answer.data.unreadable, product_id)
        return result.answer.data

    async def _page(self, request: ProductsRequest) -> tuple[ProductsData, int | None]:
        result = await self._supplier.products(request)
        if not isinstance(result, Succeeded) or result.answer.data is None:
            raise CatalogueUnknownError
        return result.answer.data, result.answer.total


def _complain(unreadable: int, product_id: str = "") -> None:
    if unreadable:
        alarm("catalogue_unreadable", count=unreadable, product_id=product_id)

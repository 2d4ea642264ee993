"""Which ZZY product a product_code means, where the configuration does not say.

Why it exists: channels may order by ZZY's own ProductCode, which only ZZY's list of
products tells. It must not refuse an order: a list that could not be fetched proves
nothing. Source: PROTOCOL.md, "Catalogue"; ZZY document, 1.1.1.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from contracts.zzy import Product, ProductsRequest
from worker.clock import Clock
from worker.runtime.outside import Supplier
from worker.translation.commands import MappedProduct, ProductMap
from worker.translation.supplier import Succeeded

PAGE_SIZE: Final = 100
MOST_PAGES: Final = 100
FRESH_SECONDS: Final = 60.0
"""A list younger than this may refuse a code that it does not hold."""

_log = structlog.get_logger(__name__)


class AssortmentUnknownError(Exception):
    """ZZY's list of products could not be fetched."""


class Assortment:
    """The configuration's products first, then ZZY's."""

    def __init__(self, products: ProductMap, supplier: Supplier, clock: Clock) -> None:
        """Look in ``products``, then ask ``supplier``."""
        self._products = products
        self._supplier = supplier
        self._clock = clock
        self._by_code: dict[str, str] = {}
        self._fetched_at: datetime | None = None
        self._fetching = asyncio.Lock()

    async def find(self, product_code: str) -> MappedProduct | None:
        """Return the product, or None when the code surely means none.

        Raises AssortmentUnknownError when ZZY's list is needed and cannot be had.
        """
        mapped = self._products.find(product_code)
        if mapped is not None:
            return mapped
        async with self._fetching:
            if product_code not in self._by_code and not self._is_fresh():
                await self._fetch()
        product_id = self._by_code.get(product_code)
        return None if product_id is None else MappedProduct(product_id)

    def _is_fresh(self) -> bool:
        oldest = self._clock.now() - timedelta(seconds=FRESH_SECONDS)
        return self._fetched_at is not None and self._fetched_at > oldest

    async def _fetch(self) -> None:
        """Fetch page by page; stop at TotalCount or at a page with nothing new."""
        began = self._clock.now()
        found: dict[str, Product] = {}
        for page in range(1, MOST_PAGES + 1):
            known = len(found)
            products, total = await self._page(page)
            found |= {product.product_id: product for product in products}
            if len(found) == known or len(found) >= total:
                break
        self._by_code = {p.product_code: p.product_id for p in found.values() if p.product_code}
        self._fetched_at = began
        _log.info("products_fetched", count=len(found))

    async def _page(self, page: int) -> tuple[tuple[Product, ...], int]:
        result = await self._supplier.products(
            ProductsRequest(page_index=page, page_size=PAGE_SIZE)
        )
        if not isinstance(result, Succeeded) or result.answer.data is None:
            raise AssortmentUnknownError
        data = result.answer.data
        return tuple(data.products), data.total_count or 0

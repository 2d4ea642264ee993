"""What the store keeps of the catalogue (产品目录), and the port to it.

Why it exists: products, price calendars and purchases under a limit belong to no saga, so
they have a protocol of their own, which both stores implement. It must not hold code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredProduct:
    """A product as it was last fetched; ``fields`` is JSON in the document's casing."""

    product_id: str
    version: int
    product_code: str
    status: str
    """on, off (下架), or gone: no longer listed."""
    fields: bytes
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class StoredPrices:
    """A product's price calendar from ``begin`` to ``end``; ``days`` is JSON."""

    product_id: str
    begin: date
    end: date
    days: bytes
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Stamps:
    """When a product and its prices were fetched, to see whether a copy is old."""

    product: datetime
    prices: datetime | None


@dataclass(frozen=True, slots=True)
class Purchase:
    """One phone's or id card's part of an order of a product that limits them."""

    order_num: str
    kind: str
    """phone or card."""
    digest: str
    """The number under a key; never the number."""
    product_id: str
    count: int
    ordered_at: datetime


class CatalogueStore(Protocol):
    """The durable memory of the catalogue. Raises StoreUnavailableError."""

    async def product_stamps(self) -> Mapping[str, Stamps]:
        """Return when each product was fetched."""
        ...

    async def stored_products(self, product_ids: Sequence[str]) -> list[StoredProduct]:
        """Return these products, as far as they are known."""
        ...

    async def stored_prices(self, product_ids: Sequence[str]) -> list[StoredPrices]:
        """Return these products' price calendars, as far as they are known."""
        ...

    async def keep_products(self, products: Sequence[StoredProduct]) -> None:
        """Write products; what was fetched earlier never replaces what was fetched later."""
        ...

    async def keep_prices(self, prices: Sequence[StoredPrices]) -> None:
        """Write price calendars; an earlier fetch never replaces a later one."""
        ...

    async def claim_sync(self, name: str, now: datetime, *, interval: float) -> bool:
        """Tell whether this worker is to fetch: nobody began one within ``interval`` seconds."""
        ...

    async def last_syncs(self, asked: Sequence[str]) -> Mapping[str, datetime]:
        """Return when each of these was last claimed, those that ever were."""
        ...

    async def keep_purchases(self, order_num: str, purchases: Sequence[Purchase]) -> None:
        """Write what one order takes of the limits, in place of what was known of it."""
        ...

    async def purchases(
        self, product_id: str, digests: Sequence[str], since: datetime
    ) -> list[Purchase]:
        """Return what was ordered under these digests at ``since`` or later, oldest first."""
        ...

    async def forget_purchases(self, before: datetime) -> None:
        """Drop what was ordered before a moment: no limit looks further back."""
        ...

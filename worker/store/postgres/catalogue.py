"""The catalogue (产品目录) in PostgreSQL.

Why it exists: products, price calendars and purchases under a limit, beside the orders.
It must not judge a product. Rows are written in the order of their keys, so that two
workers that fetch at once do not lock each other out.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Final

from worker.runtime.cataloguing import Purchase, Stamps, StoredPrices, StoredProduct
from worker.store import catalogue_rows as rows
from worker.store.catalogue_tables import PRODUCT_PRICES, PRODUCTS, PURCHASES
from worker.store.columns import Table, names
from worker.store.postgres.base import Part, same
from worker.store.postgres.statements import arrays, columns, insert, select, transposed

_STAMPS: Final = (
    "SELECT p.product_id, p.fetched_at, c.fetched_at FROM products p"
    " LEFT JOIN product_prices c ON c.product_id = p.product_id"
)
_PRODUCTS: Final = select(PRODUCTS, "WHERE product_id = ANY($1::text[])")
_PRICES: Final = select(PRODUCT_PRICES, "WHERE product_id = ANY($1::text[])")
_CLAIM: Final = (
    "INSERT INTO catalogue_syncs AS s (name, began_at) VALUES ($1, $2)"
    " ON CONFLICT (name) DO UPDATE SET began_at = $2 WHERE s.began_at <= $3 RETURNING name"
)
_LAST: Final = "SELECT name, began_at FROM catalogue_syncs WHERE name = ANY($1::text[])"
_FORGET: Final = "DELETE FROM purchases WHERE ordered_at < $1"
PURCHASED: Final = select(
    PURCHASES,
    "WHERE digest = ANY($1::text[]) AND product_id = $2 AND ordered_at >= $3"
    " ORDER BY ordered_at, order_num, kind, digest",
)


def _newer(table: Table) -> str:
    changes = ", ".join(f"{name} = excluded.{name}" for name in names(table)[1:])
    return (
        insert(table).replace(f"INTO {table.name} ", f"INTO {table.name} AS o ")
        + f" ON CONFLICT (product_id) DO UPDATE SET {changes}"
        " WHERE o.fetched_at <= excluded.fetched_at"
    )


_KEEP_PRODUCT: Final = _newer(PRODUCTS)
_KEEP_PRICES: Final = _newer(PRODUCT_PRICES)

_changes = ", ".join(f"{name} = excluded.{name}" for name in names(PURCHASES)[3:])
_KEEP_PURCHASES: Final = (
    f"WITH kept AS (INSERT INTO purchases ({columns(PURCHASES)})"  # noqa: S608
    f" SELECT {columns(PURCHASES)} FROM {arrays(PURCHASES, 2)}"
    f" ON CONFLICT (order_num, kind, digest) DO UPDATE SET {_changes})"
    " DELETE FROM purchases WHERE order_num = $1 AND (kind, digest) NOT IN"
    " (SELECT * FROM unnest($3::text[], $4::text[]))"
)


class Catalogue(Part):
    """Products, price calendars and purchases."""

    async def product_stamps(self) -> Mapping[str, Stamps]:
        """Return when each product was fetched."""
        return rows.stamps(await self._all(_STAMPS), same)

    async def stored_products(self, product_ids: Sequence[str]) -> list[StoredProduct]:
        """Return these products, as far as they are known."""
        found = await self._all(_PRODUCTS, list(product_ids))
        return [rows.product(record, same) for record in found]

    async def stored_prices(self, product_ids: Sequence[str]) -> list[StoredPrices]:
        """Return these products' price calendars, as far as they are known."""
        found = await self._all(_PRICES, list(product_ids))
        return [rows.prices(record, same) for record in found]

    async def keep_products(self, products: Sequence[StoredProduct]) -> None:
        """Write products; an earlier fetch never replaces a later one."""
        for one in sorted(products, key=attrgetter("product_id")):
            await self._all(_KEEP_PRODUCT, *rows.product_values(one, same))

    async def keep_prices(self, prices: Sequence[StoredPrices]) -> None:
        """Write price calendars; an earlier fetch never replaces a later one."""
        for one in sorted(prices, key=attrgetter("product_id")):
            await self._all(_KEEP_PRICES, *rows.prices_values(one, same))

    async def claim_sync(self, name: str, now: datetime, *, interval: float) -> bool:
        """Tell whether this worker is to fetch: nobody began one within ``interval``."""
        return bool(await self._all(_CLAIM, name, now, now - timedelta(seconds=interval)))

    async def last_syncs(self, asked: Sequence[str]) -> Mapping[str, datetime]:
        """Return when each of these was last claimed, those that ever were."""
        return {str(name): at for name, at in await self._all(_LAST, list(asked))}

    async def keep_purchases(self, order_num: str, purchases: Sequence[Purchase]) -> None:
        """Write what one order takes of the limits, in place of what was known of it."""
        values = [rows.purchase_values(one, same) for one in purchases]
        await self._all(_KEEP_PURCHASES, order_num, *transposed(PURCHASES, values))

    async def purchases(
        self, product_id: str, digests: Sequence[str], since: datetime
    ) -> list[Purchase]:
        """Return what was ordered under these digests at ``since`` or later, oldest first."""
        found = await self._all(PURCHASED, list(digests), product_id, since)
        return [rows.purchase(record, same) for record in found]

    async def forget_purchases(self, before: datetime) -> None:
        """Drop what was ordered before a moment."""
        await self._all(_FORGET, before)

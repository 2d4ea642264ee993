"""The catalogue (产品目录) in SQLite.

Why it exists: products, price calendars and purchases under a limit, beside the orders.
It must not judge a product.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from worker.runtime.cataloguing import Purchase, Stamps, StoredPrices, StoredProduct
from worker.store import catalogue_rows as rows
from worker.store.catalogue_tables import PRODUCT_PRICES, PRODUCTS, PURCHASES
from worker.store.columns import names
from worker.store.sqlite.base import Part, after, insert, marks, micros, moment, select

_STAMPS: Final = (
    "SELECT p.product_id, p.fetched_at, c.fetched_at FROM products p"
    " LEFT JOIN product_prices c ON c.product_id = p.product_id"
)
_CLAIM: Final = (
    "INSERT INTO catalogue_syncs (name, began_at) VALUES (?1, ?2)"
    " ON CONFLICT (name) DO UPDATE SET began_at = ?2 WHERE began_at <= ?3"
)
_FORGET: Final = "DELETE FROM purchases WHERE ordered_at < ?"
_KEEP_PURCHASE: Final = insert(PURCHASES)
_DROP_ORDER: Final = "DELETE FROM purchases WHERE order_num = ?"


def _newer(table: str, columns: Sequence[str]) -> str:
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
    return (
        f" ON CONFLICT (product_id) DO UPDATE SET {changes}"
        f" WHERE {table}.fetched_at <= excluded.fetched_at"
    )


_KEEP_PRODUCT: Final = insert(PRODUCTS) + _newer("products", names(PRODUCTS))
_KEEP_PRICES: Final = insert(PRODUCT_PRICES) + _newer("product_prices", names(PRODUCT_PRICES))


class Catalogue(Part):
    """Products, price calendars and purchases."""

    async def product_stamps(self) -> Mapping[str, Stamps]:
        """Return when each product was fetched."""
        return rows.stamps(await self._all(_STAMPS), moment)

    async def stored_products(self, product_ids: Sequence[str]) -> list[StoredProduct]:
        """Return these products, as far as they are known."""
        found = await self._by_id(select(PRODUCTS, ""), product_ids)
        return [rows.product(record, moment) for record in found]

    async def stored_prices(self, product_ids: Sequence[str]) -> list[StoredPrices]:
        """Return these products' price calendars, as far as they are known."""
        found = await self._by_id(select(PRODUCT_PRICES, ""), product_ids)
        return [rows.prices(record, moment) for record in found]

    async def _by_id(self, query: str, product_ids: Sequence[str]) -> list[tuple[object, ...]]:
        where = f"{query}WHERE product_id = ?"

        def read(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
            return [row for one in product_ids for row in connection.execute(where, (one,))]

        return await self._read(read)

    async def keep_products(self, products: Sequence[StoredProduct]) -> None:
        """Write products; an earlier fetch never replaces a later one."""
        await self._change(_KEEP_PRODUCT, *(rows.product_values(one, micros) for one in products))

    async def keep_prices(self, prices: Sequence[StoredPrices]) -> None:
        """Write price calendars; an earlier fetch never replaces a later one."""
        await self._change(_KEEP_PRICES, *(rows.prices_values(one, micros) for one in prices))

    async def claim_sync(self, name: str, now: datetime, *, interval: float) -> bool:
        """Tell whether this worker is to fetch: nobody began one within ``interval``."""
        values = (name, micros(now), after(now, -interval))
        return await self._write(
            lambda connection: connection.execute(_CLAIM, values).rowcount == 1
        )

    async def last_syncs(self, asked: Sequence[str]) -> Mapping[str, datetime]:
        """Return when each of these was last claimed, those that ever were."""
        query = f"SELECT name, began_at FROM catalogue_syncs WHERE name IN ({marks(asked)})"  # noqa: S608
        found = await self._all(query, *asked)
        return {name: known for name, at in found if (known := moment(at)) is not None}

    async def keep_purchases(self, order_num: str, purchases: Sequence[Purchase]) -> None:
        """Write what one order takes of the limits, in place of what was known of it."""
        values = [rows.purchase_values(one, micros) for one in purchases]

        def keep(connection: sqlite3.Connection) -> None:
            connection.execute(_DROP_ORDER, (order_num,))
            connection.executemany(_KEEP_PURCHASE, values)

        await self._write(keep)

    async def purchases(
        self, product_id: str, digests: Sequence[str], since: datetime
    ) -> list[Purchase]:
        """Return what was ordered under these digests at ``since`` or later, oldest first."""
        where = (
            f"WHERE digest IN ({marks(digests)}) AND product_id = ? AND ordered_at >= ?"
            " ORDER BY ordered_at, order_num, kind, digest"
        )
        found = await self._all(select(PURCHASES, where), *digests, product_id, micros(since))
        return [rows.purchase(record, moment) for record in found]

    async def forget_purchases(self, before: datetime) -> None:
        """Drop what was ordered before a moment."""
        await self._change(_FORGET, (micros(before),))

"""Between the catalogue's values and rows of its tables, the same for both databases.

Why it exists: what a column holds is written once. It must not run a query. ``t`` turns a
moment into what the database keeps, and back.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from worker.runtime.cataloguing import Purchase, Stamps, StoredPrices, StoredProduct
from worker.store.rows import Row, Time, clean

MOST_VERSION: Final = 2**63 - 1


def product_values(product: StoredProduct, t: Time) -> Row:
    """Return a row of ``products``."""
    return (
        product.product_id,
        max(-MOST_VERSION, min(product.version, MOST_VERSION)),
        clean(product.product_code),
        product.status,
        product.fields,
        t(product.fetched_at),
    )


def product(record: Row, t: Time) -> StoredProduct:
    """Read a row of ``products``."""
    product_id, version, code, status, fields, at = record
    return StoredProduct(product_id, version, code, status, bytes(fields), t(at))


def prices_values(prices: StoredPrices, t: Time) -> Row:
    """Return a row of ``product_prices``."""
    begin, end = prices.begin.isoformat(), prices.end.isoformat()
    return (prices.product_id, begin, end, prices.days, t(prices.fetched_at))


def prices(record: Row, t: Time) -> StoredPrices:
    """Read a row of ``product_prices``."""
    product_id, begin, end, days, at = record
    return StoredPrices(
        product_id, date.fromisoformat(begin), date.fromisoformat(end), bytes(days), t(at)
    )


def stamps(records: Sequence[Row], t: Time) -> dict[str, Stamps]:
    """Read ``product_id, products.fetched_at, product_prices.fetched_at``."""
    return {record[0]: Stamps(t(record[1]), t(record[2])) for record in records}


def purchase_values(purchase: Purchase, t: Time) -> Row:
    """Return a row of ``purchases``."""
    return (
        purchase.order_num,
        purchase.kind,
        purchase.digest,
        purchase.product_id,
        purchase.count,
        t(purchase.ordered_at),
    )


def purchase(record: Row, t: Time) -> Purchase:
    """Read a row of ``purchases``."""
    values: list[Any] = list(record)
    values[5] = t(values[5])
    return Purchase(*values)

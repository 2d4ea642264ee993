"""The tables of the catalogue (产品目录) and of purchases under a limit, once for both databases.

Why it exists: as tables.py, for what is known of products. It must not run a query.
"""

from typing import Final

from worker.store.columns import Index, big_integers, blobs, integers, moments, table, texts

PRODUCTS: Final = table(
    "products",
    texts("product_id", key=True),
    big_integers("version"),
    texts("product_code", "status"),
    blobs("fields"),
    moments("fetched_at"),
)
"""One row a product that ZZY listed; ``fields`` is the product as ZZY described it, JSON."""

PRODUCT_PRICES: Final = table(
    "product_prices",
    texts("product_id", key=True),
    texts("begin_date", "end_date"),
    blobs("days"),
    moments("fetched_at"),
)
"""The price calendar (价格日历) of each product, with its sessions (场次), as last fetched."""

CATALOGUE_SYNCS: Final = table("catalogue_syncs", texts("name", key=True), moments("began_at"))
"""When a worker last began something, so that of several one does; moments known by name."""

PURCHASES: Final = table(
    "purchases",
    texts("order_num", "kind", "digest", key=True),
    texts("product_id"),
    integers("count"),
    moments("ordered_at"),
    indexes=[
        Index("ix_purchases_digest", ("digest", "product_id", "ordered_at")),
        Index("ix_purchases_ordered_at", ("ordered_at",)),
    ],
)
"""Who ordered how many of a product that limits phones or id cards: keyed digests, no numbers."""

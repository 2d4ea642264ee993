"""The tables of the catalogue (产品目录) and of purchases under a limit, once for both databases.

Why it exists: as tables.py, for what is known of products. It must not run a query.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from worker.store.tables import METADATA, MOMENT

PRODUCTS: Final = Table(
    "products",
    METADATA,
    Column("product_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("product_code", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("fields", LargeBinary, nullable=False),
    Column("fetched_at", MOMENT, nullable=False),
)
"""One row a product that ZZY listed; ``fields`` is the product as ZZY described it, JSON."""

PRODUCT_PRICES: Final = Table(
    "product_prices",
    METADATA,
    Column("product_id", Text, primary_key=True),
    Column("begin_date", Text, nullable=False),
    Column("end_date", Text, nullable=False),
    Column("days", LargeBinary, nullable=False),
    Column("fetched_at", MOMENT, nullable=False),
)
"""The price calendar (价格日历) of each product, with its sessions (场次), as last fetched."""

CATALOGUE_SYNCS: Final = Table(
    "catalogue_syncs",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("began_at", MOMENT, nullable=False),
)
"""When a worker last began a fetch on the schedule, so that of several workers one does."""

PURCHASES: Final = Table(
    "purchases",
    METADATA,
    Column("order_num", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("product_id", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("ordered_at", MOMENT, nullable=False),
)
"""Who ordered how many of a product that limits phones or id cards: keyed digests, no numbers."""
Index("ix_purchases_digest", PURCHASES.c.digest, PURCHASES.c.product_id, PURCHASES.c.ordered_at)
Index("ix_purchases_ordered_at", PURCHASES.c.ordered_at)

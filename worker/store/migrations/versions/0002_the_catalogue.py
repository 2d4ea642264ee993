"""The catalogue (产品目录): products, price calendars, and who bought under a limit."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _moment(name: str) -> sa.Column[Any]:
    return sa.Column(name, MOMENT, nullable=False)


def _bytes(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def upgrade() -> None:
    op.create_table(
        "products",
        *_texts("product_id"),
        sa.Column("version", sa.BigInteger, nullable=False),
        *_texts("product_code", "status"),
        _bytes("fields"),
        _moment("fetched_at"),
        sa.PrimaryKeyConstraint("product_id", name="pk_products"),
    )
    op.create_table(
        "product_prices",
        *_texts("product_id", "begin_date", "end_date"),
        _bytes("days"),
        _moment("fetched_at"),
        sa.PrimaryKeyConstraint("product_id", name="pk_product_prices"),
    )
    op.create_table(
        "catalogue_syncs",
        *_texts("name"),
        _moment("began_at"),
        sa.PrimaryKeyConstraint("name", name="pk_catalogue_syncs"),
    )
    op.create_table(
        "purchases",
        *_texts("order_num", "kind", "digest", "product_id"),
        sa.Column("count", sa.Integer, nullable=False),
        _moment("ordered_at"),
        sa.PrimaryKeyConstraint("order_num", "kind", "digest", name="pk_purchases"),
    )
    op.create_index("ix_purchases_digest", "purchases", ["digest", "product_id", "ordered_at"])
    op.create_index("ix_purchases_ordered_at", "purchases", ["ordered_at"])


def downgrade() -> None:
    for table in ("purchases", "catalogue_syncs", "product_prices", "products"):
        op.drop_table(table)

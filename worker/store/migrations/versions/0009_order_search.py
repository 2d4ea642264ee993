"""The terms under which orders are found: numbers, and keyed digests of what is personal."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "order_search",
        sa.Column("order_num", sa.Text, nullable=False),
        sa.Column("term", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("order_num", "term", name="pk_order_search"),
    )
    op.create_index("ix_order_search_term", "order_search", ["term"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE order_search SET (autovacuum_vacuum_insert_scale_factor = 0.05)")


def downgrade() -> None:
    op.drop_table("order_search")

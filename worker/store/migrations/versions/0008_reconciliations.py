"""Reconciliations (对账): the run of each day, and what it found."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
MONEY = sa.Numeric(18, 4).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "reconciliations",
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("leased_until", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("after_at", MOMENT),
        sa.Column("after_num", sa.Text, nullable=False),
        sa.Column("orders", sa.Integer, nullable=False),
        sa.Column("asked", sa.Integer, nullable=False),
        sa.Column("unanswered", sa.Integer, nullable=False),
        sa.Column("found", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_reconciliations"),
    )
    op.create_table(
        "reconciliation_differences",
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("order_num", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("app_key", sa.Text, nullable=False),
        sa.Column("channel_order_num", sa.Text, nullable=False),
        sa.Column("zzy_order_id", sa.Text, nullable=False),
        sa.Column("money", MONEY, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("letter_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("day", "order_num", "kind", name="pk_reconciliation_differences"),
    )
    op.create_index(
        "ix_reconciliation_differences_order_num", "reconciliation_differences", ["order_num"]
    )


def downgrade() -> None:
    op.drop_table("reconciliation_differences")
    op.drop_table("reconciliations")

"""Prepaid accounts (预存账户) of channels: balances and their ledger."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
MONEY = sa.Numeric(18, 4).with_variant(sa.BigInteger(), "sqlite")


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _amounts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, MONEY, nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "accounts",
        *_texts("app_key"),
        *_amounts("balance", "held"),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("app_key", name="pk_accounts"),
        sa.CheckConstraint("held >= 0", name="ck_accounts_held"),
        sa.CheckConstraint("balance >= held", name="ck_accounts_balance"),
    )
    op.create_table(
        "account_entries",
        *_texts("app_key"),
        sa.Column("seq", sa.Integer, nullable=False),
        *_texts("id", "kind"),
        *_amounts("amount", "balance_after", "held_after"),
        *_texts("order_num", "note", "booked_by"),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("app_key", "seq", name="pk_account_entries"),
    )
    op.create_index("ix_account_entries_id", "account_entries", ["id"], unique=True)
    op.create_index("ix_account_entries_order_num", "account_entries", ["order_num"])
    if op.get_bind().dialect.name == "postgresql":
        # One row a channel, written for each of its orders: room for new versions beside it.
        op.execute(
            "ALTER TABLE accounts SET (fillfactor = 10, autovacuum_vacuum_scale_factor = 0,"
            " autovacuum_vacuum_threshold = 500)"
        )
        op.execute("ALTER TABLE account_entries SET (autovacuum_vacuum_insert_scale_factor = 0.05)")


def downgrade() -> None:
    op.drop_table("account_entries")
    op.drop_table("accounts")

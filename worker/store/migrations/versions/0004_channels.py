"""What people decide of channels, what is reported of them, and URLs that are gone."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def _moments(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, MOMENT) for name in names]


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text) for name in names]


def upgrade() -> None:
    op.create_table(
        "channel_controls",
        sa.Column("app_key", sa.Text, nullable=False),
        *_moments("paused_at"),
        *_texts("pause_reason", "rate"),
        *_moments("probe_wanted_at", "reported_at"),
        *_texts("breaker"),
        *_moments("answered_at"),
        *_texts("answer", "words"),
        sa.Column("milliseconds", sa.Integer),
        *_moments("oldest_at"),
        sa.PrimaryKeyConstraint("app_key", name="pk_channel_controls"),
    )
    op.create_table(
        "gone_endpoints",
        sa.Column("app_key", sa.Text, nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("app_key", "endpoint", name="pk_gone_endpoints"),
    )
    if op.get_bind().dialect.name == "postgresql":
        # One row a channel, written every few seconds while it is busy.
        op.execute(
            "ALTER TABLE channel_controls SET (fillfactor = 20,"
            " autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500)"
        )


def downgrade() -> None:
    op.drop_table("gone_endpoints")
    op.drop_table("channel_controls")

"""Alarms: what a person must look at, and what robots must be told of it."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    only = sa.text(where)
    op.create_index(name, table, columns, unique=unique, postgresql_where=only, sqlite_where=only)


def upgrade() -> None:
    op.create_table(
        "alarms",
        *_texts("id", "kind", "subject", "severity", "text"),
        sa.Column("first_seen_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("told_at", MOMENT, nullable=False),
        sa.Column("acknowledged_at", MOMENT, nullable=True),
        *_texts("acknowledged_by"),
        sa.Column("resolved_at", MOMENT, nullable=True),
        *_texts("resolved_by"),
        sa.PrimaryKeyConstraint("id", name="pk_alarms"),
    )
    _index("ix_alarms_open", "alarms", ["kind", "subject"], "resolved_at IS NULL", unique=True)
    _index("ix_alarms_resolved_at", "alarms", ["resolved_at"], "resolved_at IS NOT NULL")
    op.create_table(
        "robot_messages",
        *_texts("id", "alarm_id", "robot", "about"),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        *_texts("answer"),
        sa.PrimaryKeyConstraint("id", name="pk_robot_messages"),
    )
    op.create_index("ix_robot_messages_due_at", "robot_messages", ["due_at"])
    op.create_table(
        "alarm_watch",
        *_texts("name", "owner"),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_alarm_watch"),
    )


def downgrade() -> None:
    for table in ("alarm_watch", "robot_messages", "alarms"):
        op.drop_table(table)

"""The first tables: orders and their timeline, inbox, outbox, notifications, notices, dead."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")

# PostgreSQL alone. "orders" is rewritten many times while an order lives: room for the new
# version on the same page, and vacuum early. A queue's rows nearly all die young: vacuum by
# count. What is only ever added to is frozen in small portions.
STORAGE = {
    "orders": "fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, "
    "autovacuum_vacuum_threshold = 1000, autovacuum_analyze_scale_factor = 0.05",
    "notifications": "fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05",
    "outbox": "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, "
    "autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000",
    "order_events": "autovacuum_vacuum_insert_scale_factor = 0.05",
    "inbox": "autovacuum_vacuum_insert_scale_factor = 0.05",
}


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _moments(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, MOMENT, nullable=False) for name in names]


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, nullable=False)


def _bytes(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _message() -> list[sa.Column[Any]]:
    return [
        *_texts("queue", "type"),
        _bytes("body"),
        *_texts("headers", "correlation_id", "reply_to"),
        _number("attempt"),
    ]


def _create(name: str, *columns: sa.Column[Any], key: tuple[str, ...]) -> None:
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"))
    if name in STORAGE and op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {name} SET ({STORAGE[name]})")


def _index(name: str, table: str, column: str, where: str | None = None) -> None:
    partial = None if where is None else sa.text(where)
    op.create_index(name, table, [column], postgresql_where=partial, sqlite_where=partial)


def upgrade() -> None:
    _orders()
    _messages()
    _notices()


def _orders() -> None:
    _create(
        "orders",
        *_texts("order_num"),
        _number("version"),
        *_texts("app_key", "channel_order_num"),
        sa.Column("zzy_order_id", sa.Text),
        *_texts("phase"),
        sa.Column("human", sa.Text),
        sa.Column("wake_at", MOMENT),
        _bytes("state"),
        *_moments("created_at", "updated_at"),
        key=("order_num",),
    )
    _index("ix_orders_channel_order_num", "orders", "channel_order_num")
    _index("ix_orders_zzy_order_id", "orders", "zzy_order_id", "zzy_order_id IS NOT NULL")
    _index("ix_orders_wake_at", "orders", "wake_at", "wake_at IS NOT NULL")
    _index("ix_orders_human", "orders", "order_num", "human IS NOT NULL")
    _create(
        "order_events",
        *_texts("order_num"),
        _number("version"),
        _number("position"),
        *_moments("at"),
        *_texts("kind", "text", "phase"),
        key=("order_num", "version", "position"),
    )


def _messages() -> None:
    _create("inbox", *_texts("id", "digest", "order_num"), *_moments("applied_at"), key=("id",))
    _create(
        "outbox",
        *_texts("message_id"),
        *_message(),
        *_texts("order_num"),
        *_moments("created_at"),
        sa.Column("leased_until", MOMENT),
        key=("message_id",),
    )
    _index("ix_outbox_created_at", "outbox", "created_at")
    _create(
        "dead_letters",
        *_texts("id", "kind", "reason", "message_id"),
        *_message(),
        *_texts("app_key", "order_num", "channel_order_num"),
        *_moments("first_failed_at", "last_failed_at"),
        *_texts("state"),
        _number("replays"),
        key=("id",),
    )
    _index("ix_dead_letters_last_failed_at", "dead_letters", "last_failed_at")


def _notices() -> None:
    _create(
        "notifications",
        *_texts("webhook_id", "order_num", "app_key", "type"),
        _number("seq"),
        *_moments("created_at"),
        *_texts("status"),
        _number("attempts"),
        *_texts("last_answer"),
        sa.Column("settled_at", MOMENT),
        sa.Column("tried_at", MOMENT),
        key=("webhook_id",),
    )
    _index("ix_notifications_order_num", "notifications", "order_num")
    _create(
        "held_notices",
        *_texts("id", "order_num", "zzy_order_id", "message_type"),
        _bytes("body"),
        *_moments("received_at"),
        key=("id",),
    )
    _index("ix_held_notices_order_num", "held_notices", "order_num")
    _index("ix_held_notices_zzy_order_id", "held_notices", "zzy_order_id")


def downgrade() -> None:
    for table in (
        "held_notices",
        "notifications",
        "dead_letters",
        "outbox",
        "inbox",
        "order_events",
        "orders",
    ):
        op.drop_table(table)

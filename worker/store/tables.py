"""The tables, once for both databases.

Why it exists: the migrations are compared with it, and both adapters take their column
names from it. It must not run a query. Moments are ``timestamptz`` in PostgreSQL and
whole microseconds since 1970 in SQLite; a state and a body are bytes, kept as they came.
Money is exact: ``numeric`` in PostgreSQL, whole ten-thousandths of a yuan in SQLite.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    text,
)

HEAD: Final = "0003"
"""The revision that this program's queries expect."""

METADATA: Final = MetaData(naming_convention={"pk": "pk_%(table_name)s"})

MOMENT: Final = DateTime(timezone=True).with_variant(BigInteger(), "sqlite")

MONEY: Final = Numeric(18, 4).with_variant(BigInteger(), "sqlite")


def _texts(*names: str) -> list[Column[Any]]:
    return [Column(name, Text, nullable=False) for name in names]


def _moments(*names: str) -> list[Column[Any]]:
    return [Column(name, MOMENT, nullable=False) for name in names]


def _message() -> list[Column[Any]]:
    """Return what a :class:`worker.runtime.ports.Message` is rebuilt from, but for its id."""
    return [
        *_texts("queue", "type"),
        Column("body", LargeBinary, nullable=False),
        *_texts("headers", "correlation_id", "reply_to"),
        Column("attempt", Integer, nullable=False),
    ]


ORDERS: Final = Table(
    "orders",
    METADATA,
    Column("order_num", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    *_texts("app_key", "channel_order_num"),
    Column("zzy_order_id", Text),
    *_texts("phase"),
    Column("human", Text),
    Column("wake_at", MOMENT),
    Column("state", LargeBinary, nullable=False),
    *_moments("created_at", "updated_at"),
)
"""One row an order; ``wake_at`` is the only timer it has."""

# No index holds updated_at: it changes with every commit, and listings are for people.
Index("ix_orders_channel_order_num", ORDERS.c.channel_order_num)
for _name, _columns, _where in (
    ("ix_orders_zzy_order_id", ["zzy_order_id"], "zzy_order_id IS NOT NULL"),
    ("ix_orders_wake_at", ["wake_at"], "wake_at IS NOT NULL"),
    ("ix_orders_human", ["order_num"], "human IS NOT NULL"),
):
    Index(
        _name,
        *(ORDERS.c[column] for column in _columns),
        postgresql_where=text(_where),
        sqlite_where=text(_where),
    )

ORDER_EVENTS: Final = Table(
    "order_events",
    METADATA,
    Column("order_num", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    *_moments("at"),
    *_texts("kind", "text", "phase"),
)
"""The timeline that people read: only ever added to, in the order of commits."""

INBOX: Final = Table(
    "inbox",
    METADATA,
    Column("id", Text, primary_key=True),
    *_texts("digest", "order_num"),
    *_moments("applied_at"),
)
"""What was applied before, so that a repeat is seen."""

OUTBOX: Final = Table(
    "outbox",
    METADATA,
    Column("message_id", Text, primary_key=True),
    *_message(),
    *_texts("order_num"),
    *_moments("created_at"),
    Column("leased_until", MOMENT),
)
"""Messages that the broker has not confirmed yet; a confirmed one is deleted."""
Index("ix_outbox_created_at", OUTBOX.c.created_at)

NOTIFICATIONS: Final = Table(
    "notifications",
    METADATA,
    Column("webhook_id", Text, primary_key=True),
    *_texts("order_num", "app_key", "type"),
    Column("seq", Integer, nullable=False),
    *_moments("created_at"),
    *_texts("status"),
    Column("attempts", Integer, nullable=False),
    *_texts("last_answer"),
    Column("settled_at", MOMENT),
    Column("tried_at", MOMENT),
)
"""What each channel must be told, and how far that has come; not the content."""
Index("ix_notifications_order_num", NOTIFICATIONS.c.order_num)

HELD_NOTICES: Final = Table(
    "held_notices",
    METADATA,
    Column("id", Text, primary_key=True),
    *_texts("order_num", "zzy_order_id", "message_type"),
    Column("body", LargeBinary, nullable=False),
    *_moments("received_at"),
)
"""Notices that came before their order was known."""
Index("ix_held_notices_order_num", HELD_NOTICES.c.order_num)
Index("ix_held_notices_zzy_order_id", HELD_NOTICES.c.zzy_order_id)

DEAD_LETTERS: Final = Table(
    "dead_letters",
    METADATA,
    Column("id", Text, primary_key=True),
    *_texts("kind", "reason", "message_id"),
    *_message(),
    *_texts("app_key", "order_num", "channel_order_num"),
    *_moments("first_failed_at", "last_failed_at"),
    *_texts("state"),
    Column("replays", Integer, nullable=False),
)
"""Messages in front of a person."""
Index("ix_dead_letters_last_failed_at", DEAD_LETTERS.c.last_failed_at)

ACCOUNTS: Final = Table(
    "accounts",
    METADATA,
    Column("app_key", Text, primary_key=True),
    Column("balance", MONEY, nullable=False),
    Column("held", MONEY, nullable=False),
    Column("entries", Integer, nullable=False),
    *_moments("updated_at"),
    CheckConstraint("held >= 0", "ck_accounts_held"),
    CheckConstraint("balance >= held", "ck_accounts_balance"),
)
"""What each channel has paid in advance; always the sum of its entries."""

ACCOUNT_ENTRIES: Final = Table(
    "account_entries",
    METADATA,
    Column("app_key", Text, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    *_texts("id", "kind"),
    Column("amount", MONEY, nullable=False),
    Column("balance_after", MONEY, nullable=False),
    Column("held_after", MONEY, nullable=False),
    *_texts("order_num", "note", "booked_by"),
    *_moments("at"),
)
"""The ledger: only ever added to, without a gap."""
Index("ix_account_entries_id", ACCOUNT_ENTRIES.c.id, unique=True)
Index("ix_account_entries_order_num", ACCOUNT_ENTRIES.c.order_num)


FIGURES: Final = (
    "SELECT (SELECT count(*) FROM orders WHERE human IS NOT NULL) AS orders_human,"
    " (SELECT count(*) FROM dead_letters WHERE state = 'open') AS dead_letters_open,"
    " (SELECT min(created_at) FROM outbox) AS oldest_unsent_at"
)
"""What is waiting, counted; the same words for both databases."""


def names(table: Table) -> list[str]:
    """Return a table's column names, in order."""
    return [column.name for column in table.columns]

"""The tables, once for both databases.

Why it exists: the migrations are compared with it, and both adapters take their column
names from it. It must not run a query. A state and a body are bytes, kept as they came.
"""

from typing import Final

from worker.store.columns import (
    Column,
    Index,
    blobs,
    integers,
    moments,
    money,
    table,
    texts,
)

HEAD: Final = "0016"
"""The revision that this program's queries expect."""


def _message() -> list[Column]:
    """Return what a :class:`worker.runtime.ports.Message` is rebuilt from, but for its id."""
    return [
        *texts("queue", "type"),
        *blobs("body"),
        *texts("headers", "correlation_id", "reply_to"),
        *integers("attempt"),
    ]


# No index holds updated_at: it changes with every commit, and listings are for people.
ORDERS: Final = table(
    "orders",
    texts("order_num", key=True),
    integers("version"),
    texts("app_key", "channel_order_num"),
    texts("zzy_order_id", null=True),
    texts("phase"),
    texts("human", null=True),
    moments("wake_at", null=True),
    blobs("state"),
    moments("created_at", "updated_at"),
    moments("erased_at", null=True),
    indexes=[
        Index("ix_orders_channel_order_num", ("channel_order_num",)),
        Index("ix_orders_zzy_order_id", ("zzy_order_id",), "zzy_order_id IS NOT NULL"),
        Index("ix_orders_wake_at", ("wake_at",), "wake_at IS NOT NULL"),
        Index("ix_orders_human", ("order_num",), "human IS NOT NULL"),
        Index("ix_orders_known", ("created_at", "order_num"), "erased_at IS NULL"),
    ],
)
"""One row an order; ``wake_at`` is the only timer it has."""

FAILED: Final = "phase IN ('refused', 'ticket_failed')"
"""Where an order's line in its history says that it failed, or is after that."""

ORDER_EVENTS: Final = table(
    "order_events",
    texts("order_num", key=True),
    integers("version", "position", key=True),
    moments("at"),
    texts("kind", "text", "phase"),
    indexes=[Index("ix_order_events_failed", ("at",), FAILED)],
)
"""The timeline that people read: only ever added to, in the order of commits."""

ORDER_SEARCH: Final = table(
    "order_search",
    texts("order_num", "term", key=True),
    indexes=[Index("ix_order_search_term", ("term",))],
)
"""What orders are found by beside their numbers: worker/runtime/searching.py."""

INBOX: Final = table(
    "inbox", texts("id", key=True), texts("digest", "order_num"), moments("applied_at")
)
"""What was applied before, so that a repeat is seen."""

OUTBOX: Final = table(
    "outbox",
    texts("message_id", key=True),
    _message(),
    texts("order_num"),
    moments("created_at"),
    moments("leased_until", null=True),
    indexes=[Index("ix_outbox_created_at", ("created_at",))],
)
"""Messages that the broker has not confirmed yet; a confirmed one is deleted."""

NOTIFICATIONS: Final = table(
    "notifications",
    texts("webhook_id", key=True),
    texts("order_num", "app_key", "type"),
    integers("seq"),
    moments("created_at"),
    texts("status"),
    integers("attempts"),
    texts("last_answer"),
    moments("settled_at", "tried_at", null=True),
    indexes=[
        Index("ix_notifications_order_num", ("order_num",)),
        Index("ix_notifications_refunds", ("created_at",), "type = 'refund'"),
        Index(
            "ix_notifications_vouchers_delivered",
            ("settled_at",),
            "status = 'delivered' AND type = 'voucher'",
        ),
    ],
)
"""What each channel must be told, and how far that has come; not the content."""

HELD_NOTICES: Final = table(
    "held_notices",
    texts("id", key=True),
    texts("order_num", "zzy_order_id", "message_type"),
    blobs("body"),
    moments("received_at"),
    indexes=[
        Index("ix_held_notices_order_num", ("order_num",)),
        Index("ix_held_notices_zzy_order_id", ("zzy_order_id",)),
    ],
)
"""Notices that came before their order was known."""

DEAD_LETTERS: Final = table(
    "dead_letters",
    texts("id", key=True),
    texts("kind", "reason", "message_id"),
    _message(),
    texts("app_key", "order_num", "channel_order_num"),
    moments("first_failed_at", "last_failed_at"),
    texts("state"),
    integers("replays"),
    texts("fingerprint"),
    moments("replayed_at", "settled_at", null=True),
    texts("settled_by", "settled_reason", "job_id", "parent_id"),
    indexes=[
        Index("ix_dead_letters_last_failed_at", ("last_failed_at",)),
        Index("ix_dead_letters_state", ("state", "last_failed_at", "id")),
        Index(
            "ix_dead_letters_group",
            ("state", "fingerprint", "last_failed_at", "id", "first_failed_at", "replays"),
        ),
        Index("ix_dead_letters_order_num", ("order_num",)),
        Index("ix_dead_letters_channel_order_num", ("channel_order_num",)),
        Index("ix_dead_letters_job", ("job_id", "state", "replayed_at"), "job_id <> ''"),
        Index("ix_dead_letters_parent", ("parent_id",), "parent_id <> ''"),
        Index("ix_dead_letters_unlike", ("id",), "fingerprint = ''"),
    ],
)
"""Messages in front of a person."""

BODIES: Final = {
    "orders.state": (ORDERS, "state"),
    "outbox.body": (OUTBOX, "body"),
    "held_notices.body": (HELD_NOTICES, "body"),
    "dead_letters.body": (DEAD_LETTERS, "body"),
}
"""Where personal data lies, by the name under which it is sealed."""

ACCOUNTS: Final = table(
    "accounts",
    texts("app_key", key=True),
    money("balance", "held"),
    integers("entries"),
    moments("updated_at"),
    checks=[("ck_accounts_held", "held >= 0"), ("ck_accounts_balance", "balance >= held")],
)
"""What each channel has paid in advance; always the sum of its entries."""

ACCOUNT_ENTRIES: Final = table(
    "account_entries",
    texts("app_key", key=True),
    integers("seq", key=True),
    texts("id", "kind"),
    money("amount", "balance_after", "held_after"),
    texts("order_num", "note", "booked_by"),
    moments("at"),
    indexes=[
        Index("ix_account_entries_id", ("id",), unique=True),
        Index("ix_account_entries_order_num", ("order_num",)),
    ],
)
"""The ledger: only ever added to, without a gap."""


PERSONAL_TERM: Final = "substr(s.term, 1, 1) = '#'"
"""What holds of a row s of ``order_search`` that goes with the people."""

ERASABLE: Final = (
    "o.erased_at IS NULL AND o.human IS NULL AND o.wake_at IS NULL"
    " AND o.phase IN ('issued', 'refused', 'cancelled', 'refunded')"
    " AND NOT EXISTS (SELECT 1 FROM outbox b WHERE b.order_num = o.order_num)"
)
"""What holds of an order o whose people may be forgotten, as far as columns tell."""

ERASE_LETTER: Final = (
    "UPDATE dead_letters SET body = ?1,"
    " state = CASE WHEN state = 'open' THEN 'discarded' ELSE state END"
)
OLD_LETTER: Final = (
    "NOT EXISTS (SELECT 1 FROM orders o WHERE o.order_num = d.order_num AND o.erased_at IS NULL)"
)
"""What holds of a dead letter d that belongs to no order whose people are known."""

REFUNDING: Final = (
    "phase IN ('awaiting_ticket', 'issued', 'ticket_failed')"
    " AND (wake_at IS NOT NULL OR human IS NOT NULL)"
)
"""What holds of a paid order of which something is still to come: a refund, perhaps."""

FIGURES: Final = (
    "SELECT (SELECT count(*) FROM orders WHERE human IS NOT NULL) AS orders_human,"
    " (SELECT count(*) FROM dead_letters WHERE state = 'open') AS dead_letters_open,"
    " (SELECT min(created_at) FROM outbox) AS oldest_unsent_at,"
    " (SELECT count(*) FROM outbox) AS unsent,"
    " (SELECT min(first_failed_at) FROM dead_letters WHERE state = 'open') AS oldest_letter_at,"
    " (SELECT min(wake_at) FROM orders WHERE wake_at IS NOT NULL) AS first_due_at"
)
"""What is waiting, counted; the same words for both databases."""

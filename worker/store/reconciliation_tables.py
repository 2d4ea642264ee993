"""The tables of reconciliations (对账), once for both databases.

Why it exists: as tables.py, for the run of each day and what it found. It must not run a query.
"""

from typing import Final

from worker.store.columns import Index, integers, moments, money, table, texts

RECONCILIATIONS: Final = table(
    "reconciliations",
    texts("day", key=True),
    texts("state", "token"),
    moments("leased_until", "started_at"),
    moments("finished_at", "after_at", null=True),
    texts("after_num"),
    integers("orders", "asked", "unanswered", "found"),
)
"""One row a day: who compares it (``token``, until ``leased_until``) and how far that is."""

RECONCILIATION_DIFFERENCES: Final = table(
    "reconciliation_differences",
    texts("day", "order_num", "kind", key=True),
    texts("app_key", "channel_order_num", "zzy_order_id"),
    money("money"),
    texts("detail", "letter_id"),
    indexes=[Index("ix_reconciliation_differences_order_num", ("order_num",))],
)
"""What the last run of a day found."""

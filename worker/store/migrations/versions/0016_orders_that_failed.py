"""Which orders failed lately: what the samples of the console count by reason."""

from worker.store import online
from worker.store.columns import Index

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BESIDE_WRITES = (
    (
        "order_events",
        Index("ix_order_events_failed", ("at",), "phase IN ('refused', 'ticket_failed')"),
    ),
)


def upgrade() -> None:
    online.create(BESIDE_WRITES)


def downgrade() -> None:
    online.drop(BESIDE_WRITES)

"""The orders whose people are known, oldest first: what retention looks through."""

from worker.store import online
from worker.store.columns import Index

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BESIDE_WRITES = (
    ("orders", Index("ix_orders_known", ("created_at", "order_num"), "erased_at IS NULL")),
)


def upgrade() -> None:
    online.create(BESIDE_WRITES)


def downgrade() -> None:
    online.drop(BESIDE_WRITES)

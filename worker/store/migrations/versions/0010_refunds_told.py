"""The refunds that were told lately: what the console's page of refunds looks through."""

from worker.store import online
from worker.store.columns import Index

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BESIDE_WRITES = (
    ("notifications", Index("ix_notifications_refunds", ("created_at",), "type = 'refund'")),
)


def upgrade() -> None:
    online.create(BESIDE_WRITES)


def downgrade() -> None:
    online.drop(BESIDE_WRITES)

"""A migration for the tests: an index on the table that is written most."""

from worker.store import online
from worker.store.columns import Index

revision = "9002"
down_revision = "9001"
branch_labels = None
depends_on = None

BESIDE_WRITES = (("orders", Index("ix_orders_planted", ("planted", "phase"), "phase <> 'x'")),)


def upgrade() -> None:
    online.create(BESIDE_WRITES)


def downgrade() -> None:
    online.drop(BESIDE_WRITES)

"""Which vouchers arrived lately: what the samples of the console count."""

from worker.store import online
from worker.store.columns import Index

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BESIDE_WRITES = (
    (
        "notifications",
        Index(
            "ix_notifications_vouchers_delivered",
            ("settled_at",),
            "status = 'delivered' AND type = 'voucher'",
        ),
    ),
)


def upgrade() -> None:
    online.create(BESIDE_WRITES)


def downgrade() -> None:
    online.drop(BESIDE_WRITES)

"""What dead letters are found by: their state, group, order, job, and the letter they replace."""

from worker.store import online
from worker.store.columns import Index

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BESIDE_WRITES = tuple(
    ("dead_letters", index)
    for index in (
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
    )
)


def upgrade() -> None:
    online.create(BESIDE_WRITES)


def downgrade() -> None:
    online.drop(BESIDE_WRITES)

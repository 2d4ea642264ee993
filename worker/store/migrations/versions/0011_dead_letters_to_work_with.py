"""Dead letters that people work with: what they are like, what was decided, replay jobs, notes."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
TEXTS = ("fingerprint", "settled_by", "settled_reason", "job_id", "parent_id")
MOMENTS = ("replayed_at", "settled_at")


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Integer, nullable=False) for name in names]


def _moments(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, MOMENT) for name in names]


def upgrade() -> None:
    for name in TEXTS:
        op.add_column("dead_letters", sa.Column(name, sa.Text, nullable=False, server_default=""))
    for name in MOMENTS:
        op.add_column("dead_letters", sa.Column(name, MOMENT))
    op.create_table(
        "replay_jobs",
        *_texts("id", "query", "asked"),
        sa.Column("created_at", MOMENT, nullable=False),
        *_texts("created_by", "reason", "rate"),
        *_numbers("canary", "canary_wait", "most", "total"),
        *_texts("state"),
        *_numbers("sent", "refused"),
        *_texts("problem"),
        *_moments("cursor_at"),
        *_texts("cursor_id"),
        *_numbers("canary_sent"),
        *_moments("canary_at", "started_at", "ended_at"),
        *_texts("owner"),
        *_moments("leased_until"),
        sa.PrimaryKeyConstraint("id", name="pk_replay_jobs"),
    )
    active = sa.text("state IN ('queued', 'canary', 'running')")
    op.create_index("ix_replay_jobs_created_at", "replay_jobs", ["created_at", "id"])
    op.create_index(
        "ix_replay_jobs_active",
        "replay_jobs",
        ["created_at", "id"],
        postgresql_where=active,
        sqlite_where=active,
    )
    op.create_table(
        "letter_notes",
        *_texts("id", "letter_id"),
        sa.Column("at", MOMENT, nullable=False),
        *_texts("author", "text"),
        sa.PrimaryKeyConstraint("id", name="pk_letter_notes"),
    )
    op.create_index("ix_letter_notes_letter", "letter_notes", ["letter_id", "at", "id"])


def downgrade() -> None:
    op.drop_table("letter_notes")
    op.drop_table("replay_jobs")
    for name in (*MOMENTS, *TEXTS):
        op.drop_column("dead_letters", name)

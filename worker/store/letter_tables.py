"""The tables beside the dead letters, and what both databases say of them in the same words.

Why it exists: as tables.py, for replay jobs and notes. It must not run a query.
"""

from typing import Final

from worker.store.columns import Index, integers, moments, names, table, texts
from worker.store.tables import DEAD_LETTERS

REPLAY_JOBS: Final = table(
    "replay_jobs",
    texts("id", key=True),
    texts("query", "asked"),
    moments("created_at"),
    texts("created_by", "reason", "rate"),
    integers("canary", "canary_wait", "most", "total"),
    texts("state"),
    integers("sent", "refused"),
    texts("problem"),
    moments("cursor_at", null=True),
    texts("cursor_id"),
    integers("canary_sent"),
    moments("canary_at", "started_at", "ended_at", null=True),
    texts("owner"),
    moments("leased_until", null=True),
    indexes=[
        Index("ix_replay_jobs_created_at", ("created_at", "id")),
        Index(
            "ix_replay_jobs_active",
            ("created_at", "id"),
            "state IN ('queued', 'canary', 'running')",
        ),
    ],
)
"""Replays of many letters; one worker at a time holds a job's lease."""

LETTER_NOTES: Final = table(
    "letter_notes",
    texts("id", key=True),
    texts("letter_id"),
    moments("at"),
    texts("author", "text"),
    indexes=[Index("ix_letter_notes_letter", ("letter_id", "at", "id"))],
)
"""What people wrote beside letters."""

_KEPT: Final = {"id", "first_failed_at", "replays", "replayed_at", "job_id", "parent_id"}

AGAIN: Final = (
    "ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in names(DEAD_LETTERS) if name not in _KEPT)
    + " WHERE dead_letters.last_failed_at < excluded.last_failed_at"
    " AND dead_letters.state <> 'superseded'"
    " AND (dead_letters.state NOT IN ('done', 'discarded') OR dead_letters.settled_at IS NULL"
    " OR dead_letters.settled_at < excluded.last_failed_at)"
)
"""What becomes of a letter that is there: one that failed later than that is open again."""

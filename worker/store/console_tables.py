"""The tables of the console, once for both databases.

Why it exists: as tables.py, for who is logged in and how the work went. It must not run a
query.
"""

from typing import Final

from worker.store.columns import Column, Kind, integers, moments, table, texts

CONSOLE_SESSIONS: Final = table(
    "console_sessions",
    texts("digest", key=True),
    texts("username", "stamp"),
    moments("created_at", "seen_at"),
)
"""Who is logged in; the token itself is in the browser alone."""

SAMPLES: Final = table(
    "samples",
    [Column("at", Kind.MOMENT, key=True)],
    integers("seconds", key=True),
    texts("body"),
)
"""How the work went, a stretch a row, as JSON: read whole, and never searched."""

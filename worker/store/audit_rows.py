"""The audit's table and rows, the same for both databases.

Why it exists: as tables.py and rows.py, for what people did. It must not run a query.
"""

from typing import Final

from worker.runtime.auditing import AuditEntry, AuditQuery
from worker.store.columns import Index, moments, table, texts
from worker.store.rows import Row, Time, clean

AUDIT: Final = table(
    "audit",
    texts("id", key=True),
    moments("at"),
    texts("actor", "action", "subject", "reason", "result"),
    indexes=[
        Index("ix_audit_at", ("at", "id")),
        Index("ix_audit_subject", ("subject", "at", "id")),
    ],
)
"""Who did what: only ever added to; triggers refuse everything else."""


def values(entry: AuditEntry, t: Time) -> Row:
    """Return a row."""
    texts_ = (entry.actor, entry.action, entry.subject, entry.reason, entry.result)
    return (entry.id, t(entry.at), *(clean(text) for text in texts_))


def entry(record: Row, t: Time) -> AuditEntry:
    """Read a row."""
    name, at, actor, action, subject, reason, result = record
    return AuditEntry(t(at), actor, action, subject, reason, result, name)


def question(query: AuditQuery, t: Time) -> Row:
    """Return what the conditions of a listing take, in order."""
    at, name = query.before or (None, "")
    wanted = (query.actor or None, query.action or None, query.subject or None)
    return (*wanted, t(query.since), t(query.until), t(at), name, query.limit)

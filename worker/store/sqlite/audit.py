"""The audit in SQLite.

Why it exists: what people did is kept beside what they did it to. It must not change an
entry; a trigger would refuse it.
"""

from collections.abc import Sequence
from typing import Final

from worker.runtime.auditing import AuditEntry, AuditQuery
from worker.store import audit_rows as rows
from worker.store.sqlite.base import Part, insert, micros, moment, select

ADD: Final = f"{insert(rows.AUDIT)} ON CONFLICT (id) DO NOTHING"
_LIST: Final = select(
    rows.AUDIT,
    "WHERE (?1 IS NULL OR actor = ?1)"
    " AND (?2 IS NULL OR action = ?2 OR substr(action, 1, length(?2) + 1) = ?2 || '.')"
    " AND (?3 IS NULL OR subject = ?3)"
    " AND (?4 IS NULL OR at >= ?4) AND (?5 IS NULL OR at < ?5)"
    " AND (?6 IS NULL OR (at, id) < (?6, ?7))"
    " ORDER BY at DESC, id DESC LIMIT ?8",
)


class Audits(Part):
    """Implements :class:`worker.runtime.auditing.AuditStore`."""

    async def add_audit(self, entry: AuditEntry) -> None:
        """Add an entry; the same id again changes nothing."""
        await self._change(ADD, rows.values(entry, micros))

    async def audit_entries(self, query: AuditQuery) -> Sequence[AuditEntry]:
        """Return entries, newest first."""
        found = await self._all(_LIST, *rows.question(query, micros))
        return [rows.entry(record, moment) for record in found]

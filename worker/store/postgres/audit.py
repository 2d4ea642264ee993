"""The audit in PostgreSQL.

Why it exists: what people did is kept beside what they did it to. It must not change an
entry; a trigger would refuse it.
"""

from collections.abc import Sequence
from typing import Final

from worker.runtime.auditing import AuditEntry, AuditQuery
from worker.store import audit_rows as rows
from worker.store.postgres.base import Part, same
from worker.store.postgres.statements import insert, select

ADD: Final = f"{insert(rows.AUDIT)} ON CONFLICT (id) DO NOTHING"
_LIST: Final = select(
    rows.AUDIT,
    "WHERE ($1::text IS NULL OR actor = $1)"
    " AND ($2::text IS NULL OR action = $2 OR split_part(action, '.', 1) = $2)"
    " AND ($3::text IS NULL OR subject = $3)"
    " AND ($4::timestamptz IS NULL OR at >= $4) AND ($5::timestamptz IS NULL OR at < $5)"
    " AND ($6::timestamptz IS NULL OR (at, id) < ($6, $7::text))"
    " ORDER BY at DESC, id DESC LIMIT $8",
)


class Audits(Part):
    """Implements :class:`worker.runtime.auditing.AuditStore`."""

    async def add_audit(self, entry: AuditEntry) -> None:
        """Add an entry; the same id again changes nothing."""
        await self._all(ADD, *rows.values(entry, same))

    async def audit_entries(self, query: AuditQuery) -> Sequence[AuditEntry]:
        """Return entries, newest first."""
        found = await self._all(_LIST, *rows.question(query, same))
        return [rows.entry(record, same) for record in found]

"""Bodies in SQLite as they are kept, sealed or not.

Why it exists: when a key is replaced, what lies under the old one is sealed anew. It must
not open anything.
"""

import sqlite3
from collections.abc import Sequence

from worker.runtime.resealing import KeptBody, Replacement
from worker.store.columns import names
from worker.store.kept_bodies import kept, next_bodies
from worker.store.sqlite.base import Part
from worker.store.tables import BODIES


class Bodies(Part):
    """Implements :class:`worker.runtime.resealing.BodyStore`."""

    async def kept_bodies(
        self, place: str, after: str, *, limit: int, passing: bytes
    ) -> list[KeptBody]:
        """Return the rows that come after a key, in order, without bodies that begin so."""
        statement = next_bodies(place, "?")
        return kept(await self._all(statement, len(passing), passing, after, limit))

    async def replace_bodies(self, place: str, changes: Sequence[Replacement]) -> int:
        """Replace what nobody has changed; return how much that was."""
        table, column = BODIES[place]
        key = names(table)[0]
        statement = f"UPDATE {table.name} SET {column} = ? WHERE {key} = ? AND {column} = ?"  # noqa: S608
        values = [(one.after, one.key, one.before) for one in changes]

        def change(connection: sqlite3.Connection) -> int:
            return connection.executemany(statement, values).rowcount

        return await self._write(change)

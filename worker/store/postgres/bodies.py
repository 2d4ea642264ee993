"""Bodies in PostgreSQL as they are kept, sealed or not.

Why it exists: when a key is replaced, what lies under the old one is sealed anew. It must
not open anything, and must not wait for a row that a worker is writing: that one is sealed
under the newest key anyway.
"""

from collections.abc import Sequence

from worker.runtime.resealing import KeptBody, Replacement
from worker.store.columns import names
from worker.store.kept_bodies import kept, next_bodies
from worker.store.postgres.base import Part
from worker.store.tables import BODIES


class Bodies(Part):
    """Implements :class:`worker.runtime.resealing.BodyStore`."""

    async def kept_bodies(
        self, place: str, after: str, *, limit: int, passing: bytes
    ) -> list[KeptBody]:
        """Return the rows that come after a key, in order, without bodies that begin so."""
        statement = next_bodies(place, "$")
        return kept(await self._all(statement, len(passing), passing, after, limit))

    async def replace_bodies(self, place: str, changes: Sequence[Replacement]) -> int:
        """Replace what nobody has changed or holds locked; return how much that was."""
        table, column = BODIES[place]
        key = names(table)[0]
        statement = f"""
            WITH change AS (
                SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[]) c(key, before, after)
            ), mine AS (
                SELECT t.{key}, c.after FROM {table.name} t
                JOIN change c ON t.{key} = c.key AND t.{column} = c.before
                ORDER BY t.{key} FOR UPDATE OF t SKIP LOCKED
            )
            UPDATE {table.name} o SET {column} = mine.after FROM mine
            WHERE o.{key} = mine.{key} RETURNING 1"""  # noqa: S608
        done = await self._all(
            statement,
            [one.key for one in changes],
            [one.before for one in changes],
            [one.after for one in changes],
        )
        return len(done)

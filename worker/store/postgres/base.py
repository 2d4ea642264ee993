"""What the parts of the PostgreSQL store share.

Why it exists: each part is one concern; this is what none of them owns.
"""

from datetime import datetime
from typing import Any

from worker.store.postgres.database import Database


class Part:
    """One concern of the store, over the shared connections."""

    _database: Database

    async def _all(self, statement: str, *values: object) -> list[Any]:
        return await self._database.fetch(statement, *values)


def same(moment: datetime | None) -> datetime | None:
    """Return the moment: PostgreSQL and asyncpg keep it as it is."""
    return moment

"""Looks at a database without changing anything in it.

Why it exists: ``doctor`` says whether a database can be reached and is migrated; a store's
own start would create the tables. It must not write.
"""

import asyncio
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from worker.errors import StoreUnavailableError
from worker.store.postgres.database import Database
from worker.store.tables import HEAD

__all__ = ["HEAD", "Looked", "look_at_file", "look_at_postgres", "look_at_sqlite"]

_TABLE = "alembic_version"


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found."""

    revision: str | None
    """None: there are no tables yet."""
    now: datetime | None = None
    """What the server's clock says, where there is a server."""
    read_only: bool = False
    """It takes no writes."""
    unlimited: bool = False
    """A session that sets nothing has no ``statement_timeout``: behind a pooler that matters."""


async def look_at_postgres(url: str) -> Looked:
    """Return what a server has. Raises StoreUnavailableError."""
    database = Database(url, connections=1, statement_cache_size=0)
    try:
        await database.start()
        found = await database.fetch(
            f"SELECT to_regclass('{_TABLE}') IS NOT NULL, now(),"
            " pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on',"
            " current_setting('statement_timeout') = '0'"
        )
        there, now, read_only, unlimited = found[0]
        if not there or read_only:
            return Looked(None, now, read_only, unlimited)
        revisions = await database.fetch(f"SELECT version_num FROM {_TABLE}")  # noqa: S608  (a constant)
        revision = str(revisions[0][0]) if revisions else None
        return Looked(revision, now, read_only, unlimited)
    finally:
        await database.close()


async def look_at_sqlite(path: Path) -> Looked:
    """Return what a file has; one that is not there has no tables. Raises StoreUnavailableError."""
    return await asyncio.to_thread(look_at_file, path)


def look_at_file(path: Path) -> Looked:
    """As :func:`look_at_sqlite`, where nothing else goes on."""
    if not path.exists():
        return Looked(None)
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5)
        try:
            query = "SELECT 1 FROM sqlite_master WHERE name = ?"
            if not connection.execute(query, (_TABLE,)).fetchone():
                return Looked(None)
            row = connection.execute(f"SELECT version_num FROM {_TABLE}").fetchone()  # noqa: S608  (a constant)
            return Looked(row and str(row[0]))
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreUnavailableError(f"{path}: {error}") from None

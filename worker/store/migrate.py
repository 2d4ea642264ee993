"""Bring a database to the newest schema, from any directory, by as many workers as like.

Why it exists: `ticketbridge migrate` and the first start of a worker on an empty
database do the same thing. Whoever comes second waits for the first and finds nothing to
do. It must not change data that a running worker of the last version relies on.
"""

import asyncio
import sqlite3
import threading
import uuid
from pathlib import Path
from typing import Final

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from worker.errors import StoreUnavailableError
from worker.sqlite import create_file
from worker.store import online

CONNECT_SECONDS: Final = 15.0
WAIT_SECONDS: Final = online.WAIT_SECONDS

_ALEMBIC: Final = threading.Lock()
"""Alembic's context is global to the process: one thread at a time."""

_SQLITE: Final = "sqlite:///"


def configuration(connection: Connection | None = None) -> Config:
    """Return alembic's configuration; without a connection it can only read the scripts."""
    config = Config()
    config.set_main_option("script_location", "worker.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


async def migrate(database_url: str) -> None:
    """Create or upgrade the tables; harmless when there is nothing to do.

    ``sqlite:///path`` or ``postgresql://…``. Raises StoreUnavailableError.
    """
    if database_url.startswith(_SQLITE):
        await migrate_sqlite(Path(database_url.removeprefix(_SQLITE)))
    else:
        await migrate_postgres(database_url)


async def migrate_sqlite(path: Path) -> None:
    """Create or upgrade the tables in a file."""

    def work() -> None:
        with _ALEMBIC, sqlite_engine(path).begin() as connection:
            upgrade(connection)

    try:
        await asyncio.to_thread(work)
    except (DBAPIError, OSError) as error:
        raise _failure(error) from None


async def migrate_postgres(url: str) -> None:
    """Create or upgrade the tables in a database, beside workers that use it."""
    try:
        await online.bring_to_head(postgres_engine(url), configuration)
    except (DBAPIError, OSError, TimeoutError, ValueError, asyncpg.PostgresError) as error:
        raise _failure(error) from None


def sqlite_engine(path: Path) -> Engine:
    """Return an engine whose every transaction takes SQLite's write lock at its beginning."""
    create_file(path)
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=NullPool,
        connect_args={"timeout": WAIT_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def _ours(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def postgres_engine(url: str) -> AsyncEngine:
    """Return an engine over asyncpg that reads the URL as asyncpg does; poolers are fine."""

    async def _connect() -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(url, timeout=CONNECT_SECONDS, statement_cache_size=0)

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=_connect,
        poolclass=NullPool,
        connect_args={"prepared_statement_name_func": lambda: f"migrate_{uuid.uuid4().hex}"},
    )


def upgrade(connection: Connection) -> None:
    """Run what is missing, in the transaction that ``connection`` is in."""
    command.upgrade(configuration(connection), "head")


def _failure(error: Exception) -> StoreUnavailableError:
    cause = error.orig if isinstance(error, DBAPIError) else error
    first_line = str(cause).partition("\n")[0]
    return StoreUnavailableError(f"the migration failed: {first_line or type(cause).__name__}")

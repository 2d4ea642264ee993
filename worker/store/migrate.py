"""Bring a database to the newest schema, from any directory, by as many workers as like.

Why it exists: `ticketbridge migrate` and the first start of a worker on an empty
database do the same thing. Whoever comes second waits for the first and finds nothing to
do. It must not change data that a running worker of the last version relies on.
"""

import asyncio
import sqlite3
import uuid
from pathlib import Path
from typing import Final

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from worker.errors import StoreUnavailableError
from worker.sqlite import create_file

CONNECT_SECONDS: Final = 5.0
WAIT_SECONDS: Final = 60.0
"""How long to wait for another worker that is migrating."""

_LOCK: Final = 0x7469636B6574  # "ticket"; held until the end of the transaction alone


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
    try:
        if database_url.startswith("sqlite:"):
            await asyncio.to_thread(_migrate_sqlite, database_url)
        else:
            await _migrate_postgres(database_url)
    except (DBAPIError, OSError, TimeoutError, asyncpg.PostgresError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise StoreUnavailableError(f"migration failed: {type(cause).__name__}") from error


def sqlite_engine(database_url: str) -> Engine:
    """Return an engine whose every transaction takes SQLite's write lock at its beginning."""
    create_file(Path(database_url.removeprefix("sqlite:///")))
    engine = create_engine(database_url, poolclass=NullPool, connect_args={"timeout": WAIT_SECONDS})

    @event.listens_for(engine, "connect")
    def _ours(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def postgres_engine(database_url: str) -> AsyncEngine:
    """Return an engine over asyncpg that reads the URL as asyncpg does; poolers are fine."""

    async def _connect() -> asyncpg.Connection:
        return await asyncpg.connect(database_url, timeout=CONNECT_SECONDS, statement_cache_size=0)

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=_connect,
        poolclass=NullPool,
        connect_args={"prepared_statement_name_func": lambda: f"migrate_{uuid.uuid4().hex}"},
    )


def _migrate_sqlite(database_url: str) -> None:
    engine = sqlite_engine(database_url)
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "head")


async def _migrate_postgres(database_url: str) -> None:
    engine = postgres_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS:.0f}s'"))
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    command.upgrade(configuration(connection), "head")

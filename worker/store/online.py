"""Upgrade a PostgreSQL database that workers are using.

Why it exists: a statement that waits for a table's lock makes everybody wait who comes after
it, so it waits for a moment only, lets the others go first, and tries again. Each revision is
a transaction of its own; an index on a table with rows is built beside the writes, which no
transaction can hold. It must not know a revision. What a migration must obey is written where
migrations begin: migrations/script.py.mako.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from alembic import command, op
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from worker.store.columns import Index

WAIT_SECONDS: Final = 60.0
"""How long to wait for another worker that is migrating, and for a lock with all its tries."""

LOCK_SECONDS: Final = 1.5
"""How long a statement waits for a table's lock: the longest that it holds up others.

Longer than PostgreSQL's deadlock_timeout, after which autovacuum gives way to who waits.
"""

PAUSE_SECONDS: Final = 0.5
"""How long the others go first before the next try."""

_LOCK_NOT_HAD: Final = "55P03"
_LOCK: Final = 0x7469636B6574  # "ticket"; held until the end of the transaction alone

Configuration = Callable[[Connection | None], Config]
Indexes = Iterable[tuple[str, Index]]
"""Table and index; the ``BESIDE_WRITES`` of a migration."""


async def bring_to_head(engine: AsyncEngine, configuration: Configuration) -> None:
    """Run what is missing; an empty database in one transaction, with nobody there to wait.

    Raises :class:`sqlalchemy.exc.DBAPIError`; what was done until then stays, and the next
    call goes on from there.
    """
    async with engine.connect() as guard:
        await _take_turn(guard)
        current = await guard.run_sync(_current)
        if current is None:
            await guard.run_sync(_upgrade, configuration, "head")
            await guard.commit()
            return
        await _let_go_of_snapshot(guard)
        for script in _after(current, configuration):
            for table, index in getattr(script.module, "BESIDE_WRITES", ()):
                await _build(engine, table, index)
            await _take(engine, configuration, script.revision)


def create(indexes: Indexes) -> None:
    """Make those indexes in a migration that are not there yet."""
    for table, index in indexes:
        there = inspect(op.get_bind()).get_indexes(table)
        if index.name not in {one["name"] for one in there}:
            op.create_index(
                index.name,
                table,
                list(index.columns),
                unique=index.unique,
                postgresql_where=text(index.where) if index.where else None,
                sqlite_where=text(index.where) if index.where else None,
            )


def drop(indexes: Indexes) -> None:
    """Take the indexes of a migration back."""
    for table, index in indexes:
        op.drop_index(index.name, table)


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _after(current: str, configuration: Configuration) -> Sequence[Script]:
    """Return the revisions after ``current``, oldest first; none for one that is not known."""
    scripts = ScriptDirectory.from_config(configuration(None))
    known = [script.revision for script in scripts.walk_revisions()]
    if current not in known:
        return ()
    return list(scripts.iterate_revisions("head", current))[::-1]


def _upgrade(connection: Connection, configuration: Configuration, revision: str) -> None:
    command.upgrade(configuration(connection), revision)


async def _set(connection: AsyncConnection, *, lock: float) -> None:
    """Limit this transaction's waits for locks, and nothing else of it."""
    for setting in (
        "statement_timeout = 0",
        "idle_in_transaction_session_timeout = 0",
        f"lock_timeout = {lock * 1000:.0f}",
    ):
        await connection.execute(text(f"SET LOCAL {setting}"))


async def _take_turn(guard: AsyncConnection) -> None:
    """Wait for others that migrate; the turn lasts as long as the transaction. Raises TimeoutError.

    Each look is a transaction of its own. An index that is built beside writes waits for the end
    of every transaction that it once saw with a snapshot: one that waits for the builder would
    wait for ever.
    """
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            await _set(guard, lock=WAIT_SECONDS)
            if await guard.scalar(text(f"SELECT pg_try_advisory_xact_lock({_LOCK})")):
                return
            await guard.rollback()
            await asyncio.sleep(PAUSE_SECONDS / 5)


async def _let_go_of_snapshot(guard: AsyncConnection) -> None:
    """End the last statement whole: the driver leaves its portal, with a snapshot, to the next."""
    connection: Any = (await guard.get_raw_connection()).driver_connection
    await connection.execute("SET LOCAL lock_timeout = 0")


async def _take(engine: AsyncEngine, configuration: Configuration, revision: str) -> None:
    """Run one revision; where a lock is not to be had at once, again a moment later."""
    for tries_left in reversed(range(round(WAIT_SECONDS / (LOCK_SECONDS + PAUSE_SECONDS)))):
        try:
            async with engine.begin() as connection:
                await _set(connection, lock=LOCK_SECONDS)
                await connection.run_sync(_upgrade, configuration, revision)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_HAD or not tries_left:
                raise
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return


async def _build(engine: AsyncEngine, table: str, index: Index) -> None:
    """Build an index beside the writes; what is left of a build that failed goes first."""
    unique, where = "UNIQUE " if index.unique else "", f" WHERE {index.where}" * bool(index.where)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("SET statement_timeout = 0"))
        valid = await connection.scalar(
            text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)"),
            {"name": index.name},
        )
        if valid is False:
            await connection.execute(text(f"DROP INDEX CONCURRENTLY {index.name}"))
        await connection.execute(
            text(
                f"CREATE {unique}INDEX CONCURRENTLY IF NOT EXISTS {index.name}"
                f" ON {table} ({', '.join(index.columns)}){where}"
            )
        )
        await connection.execute(text("RESET statement_timeout"))

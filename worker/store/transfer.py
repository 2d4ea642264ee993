"""All rows of a SQLite file into an empty PostgreSQL, in one transaction.

Why it exists: whoever outgrows the single machine takes the orders along, those under way
too. Rows go as they lie, sealed or not, so it must not know what one means; and it must not
write to the file.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import asyncpg

from worker.errors import StoreUnavailableError
from worker.runtime.auditing import AuditEntry
from worker.store.audit_rows import AUDIT, values
from worker.store.columns import Kind, Table, names
from worker.store.migrate import CONNECT_SECONDS, migrate_postgres
from worker.store.postgres.database import translated
from worker.store.schema import TABLES

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LOCK_SECONDS: Final = 5
_PORTION: Final = 1_000

Connection = Any
"""Of asyncpg, whose types know no ``copy_records_to_table`` from a generator."""


async def is_empty(url: str) -> bool:
    """Make the tables and tell whether nothing is in them. Raises StoreUnavailableError."""
    await migrate_postgres(url)
    try:
        connection: Connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS)
        try:
            return await _first_with_rows(connection) is None
        finally:
            await connection.close()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
        raise translated(error) from None


async def fill(source: sqlite3.Connection, url: str, mark: AuditEntry) -> Mapping[str, int]:
    """Copy every row and add ``mark`` to the audit, all or nothing; return rows by table.

    Where the mark is there already nothing is done: what it stands for was committed.
    Raises StoreUnavailableError; also where anything else is there.
    """
    try:
        connection: Connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS)
        try:
            async with connection.transaction():
                return await _fill(source, connection, mark)
        finally:
            await connection.close()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
        raise translated(error) from None


async def _fill(
    source: sqlite3.Connection, target: Connection, mark: AuditEntry
) -> Mapping[str, int]:
    await target.execute(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'")
    every = ", ".join(table.name for table in TABLES)
    await target.execute(f"LOCK TABLE {every} IN ACCESS EXCLUSIVE MODE")
    if await target.fetchval(f"SELECT count(*) FROM {AUDIT.name} WHERE id = $1", mark.id):  # noqa: S608  (a constant)
        return {}
    if taken := await _first_with_rows(target):
        raise StoreUnavailableError(f"the database to move to is not empty: {taken} has rows")
    copied = {}
    for table in TABLES:
        rows = _rows(source, table)
        await target.copy_records_to_table(table.name, records=rows, columns=names(table))
        copied[table.name] = await target.fetchval(f"SELECT count(*) FROM {table.name}")  # noqa: S608  (a constant)
        if copied[table.name] != _count(source, table):
            raise StoreUnavailableError(f"not every row of {table.name} arrived")
    row = [values(mark, lambda at: at)]
    await target.copy_records_to_table(AUDIT.name, records=row, columns=names(AUDIT))
    return copied


async def _first_with_rows(target: Connection) -> str | None:
    for table in TABLES:
        if await target.fetchval(f"SELECT EXISTS (SELECT 1 FROM {table.name})"):  # noqa: S608  (a constant)
            return table.name
    return None


def _count(source: sqlite3.Connection, table: Table) -> int:
    return int(source.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0])  # noqa: S608  (a constant)


def _rows(source: sqlite3.Connection, table: Table) -> Iterator[tuple[Any, ...]]:
    """Return a table's rows as PostgreSQL takes them."""
    kinds = [column.kind for column in table.columns]
    cursor = source.execute(f"SELECT {', '.join(names(table))} FROM {table.name}")  # noqa: S608  (constants)
    while portion := cursor.fetchmany(_PORTION):
        for row in portion:
            yield tuple(map(_value, row, kinds))


def _value(value: Any, kind: Kind) -> Any:  # noqa: ANN401  (whatever a column holds)
    if value is None:
        return None
    if kind is Kind.MOMENT:
        return _EPOCH + timedelta(microseconds=value)
    if kind is Kind.MONEY:
        return Decimal(value).scaleb(-4)
    return value

"""Every row of every table arrives at PostgreSQL as it lay in the file, or none does."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from worker.errors import StoreUnavailableError
from worker.runtime.auditing import AuditEntry
from worker.store import transfer
from worker.store.audit_rows import AUDIT
from worker.store.columns import Column, Kind, Table, names
from worker.store.migrate import migrate_sqlite
from worker.store.schema import TABLES

ROWS = 3
BEGIN = datetime(2026, 5, 1, 12, 30, 15, 123_457, tzinfo=UTC)
MARK = AuditEntry(BEGIN, "ann", "database.transfer", "there", "moved", id="mark")


def value(column: Column, row: int) -> tuple[Any, Any]:
    """Return a value as the file holds it, and as PostgreSQL must."""
    if column.null and row == 0:
        return None, None
    match column.kind:
        case Kind.TEXT:
            text = f"{column.name} 票 {row}"
            return text, text
        case Kind.BYTES:
            held = bytes((0, row, 255)) + column.name.encode()
            return held, held
        case Kind.MOMENT:
            moment = BEGIN + timedelta(days=row, microseconds=row)
            return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1), moment
        case Kind.MONEY:
            return 597_001 + row, Decimal(597_001 + row) / 10_000
        case _:
            number = row + 2**31 - ROWS if column.kind is Kind.INTEGER else row + 2**53
            return number, number


def rows(table: Table) -> list[list[tuple[Any, Any]]]:
    return [[value(column, row) for column in table.columns] for row in range(ROWS)]


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[sqlite3.Connection]:
    """A file with some rows in each table."""
    path = tmp_path / "bridge.db"
    await migrate_sqlite(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        for table in TABLES:
            marks = ", ".join("?" for _ in table.columns)
            insert = f"INSERT INTO {table.name} ({', '.join(names(table))}) VALUES ({marks})"  # noqa: S608
            held = [[one for one, _ in row] for row in rows(table)]
            connection.executemany(insert, held)
        connection.commit()
        yield connection


async def found(url: str, table: Table) -> list[list[Any]]:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        order = ", ".join(str(n + 1) for n, column in enumerate(table.columns) if column.key)
        return [
            list(row)
            for row in await connection.fetch(
                f"SELECT {', '.join(names(table))} FROM {table.name} ORDER BY {order}"  # noqa: S608
            )
        ]
    finally:
        await connection.close()


async def test_every_row_of_every_table_arrives_as_it_was(
    file: sqlite3.Connection, postgres_url: str
) -> None:
    assert await transfer.is_empty(postgres_url)
    copied = await transfer.fill(file, postgres_url, MARK)
    assert copied == {table.name: ROWS for table in TABLES}
    for table in TABLES:
        there = await found(postgres_url, table)
        if table is AUDIT:
            assert [row for row in there if MARK.id in row]
            there = [row for row in there if MARK.id not in row]
        assert there == [[one for _, one in row] for row in rows(table)], table.name
    assert not await transfer.is_empty(postgres_url)
    assert await transfer.fill(file, postgres_url, MARK) == {}, "the mark is there already"


@pytest.mark.acceptance
async def test_where_a_row_does_not_arrive_none_does(
    file: sqlite3.Connection, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = transfer._rows

    def short(source: sqlite3.Connection, table: Table) -> Iterator[tuple[Any, ...]]:
        every = whole(source, table)
        if table.name == TABLES[-1].name:
            next(every)
        return every

    assert await transfer.is_empty(postgres_url)
    monkeypatch.setattr(transfer, "_rows", short)
    with pytest.raises(StoreUnavailableError, match=f"not every row of {TABLES[-1].name}"):
        await transfer.fill(file, postgres_url, MARK)
    assert await transfer.is_empty(postgres_url)

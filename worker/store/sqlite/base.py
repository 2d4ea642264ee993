"""What the parts of the SQLite store share: the file, time as a number, SQL by table.

Why it exists: each part is one concern; this is what none of them owns.
"""

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from worker.sqlite import Brief, SqliteFile
from worker.store.columns import Table, names

T = TypeVar("T")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Part:
    """One concern of the store, over the shared file."""

    _file: SqliteFile

    def _write(self, work: Callable[[sqlite3.Connection], T]) -> Awaitable[T]:
        return self._file.write(work)

    def _read(self, work: Callable[[sqlite3.Connection], T]) -> Awaitable[T]:
        return self._file.read(work)

    def _brief(self, work: Callable[[sqlite3.Connection], T]) -> Awaitable[T]:
        """As :meth:`_write`, for a few statements on a few rows found by a key."""
        return self._file.write(Brief(work))

    def _look(self, work: Callable[[sqlite3.Connection], T]) -> Awaitable[T]:
        """As :meth:`_read`, for a few rows found by a key."""
        return self._file.read(Brief(work))

    async def _change(self, statement: str, *rows: Sequence[Any]) -> None:
        """Run one statement for each of the rows, in one commit."""
        await self._write(lambda connection: _run(connection, statement, rows))

    async def _change_keyed(self, statement: str, *rows: Sequence[Any]) -> None:
        """As :meth:`_change`, for a few rows, each found by a key."""
        await self._brief(lambda connection: _run(connection, statement, rows))

    async def _all(self, query: str, *values: object) -> list[Any]:
        return await self._file.read(
            lambda connection: connection.execute(query, values).fetchall()
        )


def _run(connection: sqlite3.Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    connection.executemany(statement, rows)


def micros(moment: datetime | None) -> int | None:
    """Return whole microseconds since 1970, as the tables keep them."""
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


def moment(value: int | None) -> datetime | None:
    """Return the aware moment of a column's value."""
    return None if value is None else _EPOCH + timedelta(microseconds=value)


def after(now: datetime, seconds: float) -> int:
    """Return the moment ``seconds`` after ``now``, in microseconds."""
    return (now + timedelta(seconds=seconds) - _EPOCH) // _MICROSECOND


def insert(table: Table) -> str:
    """Return an INSERT of a whole row; the conflict clause is the caller's."""
    columns = names(table)
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608


def select(table: Table, rest: str) -> str:
    """Return a SELECT of whole rows."""
    return f"SELECT {', '.join(names(table))} FROM {table.name} {rest}"  # noqa: S608


def marks(values: object) -> str:
    """Return as many question marks as there are values."""
    return ", ".join("?" * len(values))  # type: ignore[arg-type]

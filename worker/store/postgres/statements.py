"""SQL that is made from the tables: column lists and arrays.

Why it exists: many rows travel as one array a column, so that one prepared statement
serves a batch of any size. It must not run a query.
"""

from collections.abc import Sequence
from typing import Any, Final

from worker.store.columns import Kind, Table, names

_ARRAYS: Final = {
    Kind.TEXT: "text[]",
    Kind.INTEGER: "int[]",
    Kind.BYTES: "bytea[]",
    Kind.MOMENT: "timestamptz[]",
}


def columns(table: Table, alias: str = "") -> str:
    """Return the column list of a table, each behind its alias."""
    dot = f"{alias}." if alias else ""
    return ", ".join(dot + name for name in names(table))


def arrays(table: Table, first: int) -> str:
    """Return ``unnest`` of one array a column, the first being parameter number ``first``."""
    parameters = ", ".join(
        f"${number}::{_ARRAYS[column.kind]}"
        for number, column in enumerate(table.columns, start=first)
    )
    return f"unnest({parameters}) AS r({columns(table)})"


def transposed(table: Table, rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    """Return the values of each column."""
    return list(zip(*rows, strict=True)) if rows else [()] * len(table.columns)


def select(table: Table, rest: str) -> str:
    """Return a SELECT of whole rows."""
    return f"SELECT {columns(table)} FROM {table.name} {rest}"  # noqa: S608


def insert(table: Table) -> str:
    """Return an INSERT of one whole row; the conflict clause is the caller's."""
    marks = ", ".join(f"${number}" for number, _ in enumerate(table.columns, start=1))
    return f"INSERT INTO {table.name} ({columns(table)}) VALUES ({marks})"  # noqa: S608

"""Databases with rows in every table, whatever the tables are."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

Content = dict[str, dict[str, list[str]]]
"""The values of every column of every table, sorted."""

MOMENT = datetime(2026, 5, 1, 4, tzinfo=UTC)


def tables(connection: Connection) -> Iterator[sa.Table]:
    """Return the tables that there are, as the database describes them."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    return (table for table in metadata.sorted_tables if table.name != "alembic_version")


def fill(connection: Connection, rows: int) -> None:
    """Put that many rows into every table that has none."""
    for table in tables(connection):
        if connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0:
            values = [{c.name: _value(c, n) for c in table.columns} for n in range(rows)]
            connection.execute(table.insert(), values)


def _value(column: sa.Column[Any], number: int) -> object:
    match column.type:
        case sa.DateTime():
            return MOMENT
        case sa.Boolean():
            return False
        case sa.Integer() | sa.Numeric() | sa.Float():
            return number if column.primary_key else 0
        case sa.LargeBinary():
            return f'{{"order_num":"{number:032x}"}}'.encode()
        case _:
            return f"{column.name} {number}"


def content(connection: Connection) -> Content:
    """Return every column of every table, its values sorted."""
    found: Content = {}
    for table in tables(connection):
        rows = connection.execute(sa.select(table)).all()
        found[table.name] = {
            column.name: sorted(repr(row[place]) for row in rows)
            for place, column in enumerate(table.columns)
        }
    return found


def lost(
    before: dict[str, dict[str, list[Any]]], after: dict[str, dict[str, list[Any]]]
) -> list[str]:
    """Return the columns whose values are no longer what they were."""
    return [
        f"{table}.{column}"
        for table, columns in before.items()
        for column, values in columns.items()
        if after.get(table, {}).get(column) != values
    ]

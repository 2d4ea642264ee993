"""The tables as SQLAlchemy knows them.

Why it exists: alembic compares them with a database, so that no migration is forgotten.
It must not be imported by a store: a running worker has no use for it.
"""

from typing import Any, Final

import sqlalchemy as sa

from worker.store import (
    alarm_rows,
    audit_rows,
    catalogue_tables,
    channel_tables,
    console_tables,
    letter_tables,
    reconciliation_tables,
    tables,
)
from worker.store.columns import Column, Index, Kind, Table

TABLES: Final[list[Table]] = []
"""Every table that there is."""

METADATA: Final = sa.MetaData(naming_convention={"pk": "pk_%(table_name)s"})

_TYPES: Final[dict[Kind, sa.types.TypeEngine[Any]]] = {
    Kind.TEXT: sa.Text(),
    Kind.INTEGER: sa.Integer(),
    Kind.BIG_INTEGER: sa.BigInteger(),
    Kind.BYTES: sa.LargeBinary(),
    Kind.MOMENT: sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite"),
    Kind.MONEY: sa.Numeric(18, 4).with_variant(sa.BigInteger(), "sqlite"),
}


def _column(column: Column) -> sa.Column[Any]:
    return sa.Column(
        column.name,
        _TYPES[column.kind],
        primary_key=column.key,
        nullable=column.null,
        autoincrement=False,
    )


def _index(index: Index) -> sa.Index:
    where = sa.text(index.where) if index.where else None
    return sa.Index(
        index.name,
        *index.columns,
        unique=index.unique,
        postgresql_where=where,
        sqlite_where=where,
    )


def _add(table: Table) -> None:
    TABLES.append(table)
    sa.Table(
        table.name,
        METADATA,
        *(_column(column) for column in table.columns),
        *(_index(index) for index in table.indexes),
        *(sa.CheckConstraint(condition, name) for name, condition in table.checks),
    )


for _module in (
    tables,
    audit_rows,
    catalogue_tables,
    channel_tables,
    alarm_rows,
    audit_rows,
    console_tables,
    letter_tables,
    reconciliation_tables,
):
    for _value in vars(_module).values():
        if isinstance(_value, Table) and _value.name not in METADATA.tables:
            _add(_value)

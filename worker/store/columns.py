"""What a table is made of, in words that neither database nor library owns.

Why it exists: the adapters make their SQL from the tables at every start, and a library
that can do far more would cost each process a fifth of its start. schema.py turns the
same tables into what alembic compares. It must not import anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """What a column holds."""

    TEXT = auto()
    INTEGER = auto()
    BIG_INTEGER = auto()
    BYTES = auto()
    MOMENT = auto()
    """``timestamptz`` in PostgreSQL, whole microseconds since 1970 in SQLite."""
    MONEY = auto()
    """``numeric`` in PostgreSQL, whole ten-thousandths of a yuan in SQLite."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``key``: part of the primary key."""

    name: str
    kind: Kind
    key: bool = False
    null: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """An index, of the rows ``where`` alone if it says so."""

    name: str
    columns: tuple[str, ...]
    where: str = ""
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with all that holds of its rows."""

    name: str
    columns: tuple[Column, ...]
    indexes: tuple[Index, ...] = ()
    checks: tuple[tuple[str, str], ...] = ()
    """Name and condition."""


def table(
    name: str,
    *columns: Iterable[Column],
    indexes: Iterable[Index] = (),
    checks: Iterable[tuple[str, str]] = (),
) -> Table:
    """Return a table of groups of columns."""
    return Table(name, tuple(c for group in columns for c in group), tuple(indexes), tuple(checks))


def texts(*names: str, key: bool = False, null: bool = False) -> list[Column]:
    """Return columns of text."""
    return [Column(name, Kind.TEXT, key, null) for name in names]


def integers(*names: str, key: bool = False, null: bool = False) -> list[Column]:
    """Return columns of whole numbers."""
    return [Column(name, Kind.INTEGER, key, null) for name in names]


def big_integers(*names: str) -> list[Column]:
    """Return columns of whole numbers of eight bytes."""
    return [Column(name, Kind.BIG_INTEGER) for name in names]


def blobs(*names: str) -> list[Column]:
    """Return columns of bytes, kept as they came."""
    return [Column(name, Kind.BYTES) for name in names]


def moments(*names: str, null: bool = False) -> list[Column]:
    """Return columns of points in time."""
    return [Column(name, Kind.MOMENT, null=null) for name in names]


def money(*names: str) -> list[Column]:
    """Return columns of exact amounts of yuan."""
    return [Column(name, Kind.MONEY) for name in names]


def names(of: Table) -> list[str]:
    """Return a table's column names, in order."""
    return [column.name for column in of.columns]

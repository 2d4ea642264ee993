"""Everything that a worker writes into its SQLite file, in the order in which it was written.

Why it exists: triggers keep a journal beside the tables, whoever writes, so a recording
needs no help of the version that is recorded. From a part of the journal follows what a
worker that was killed then would have left behind.
"""

import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

Value = str | int | float | bytes | None
Row = dict[str, Value]

_BETWEEN: Final = "\x1f"
_OURS: Final = "journal"


@dataclass(frozen=True)
class Entry:
    """A row as it was written, or its key where it was deleted."""

    position: int
    table: str
    row: Row
    deleted: bool = False


def keep(path: Path) -> None:
    """Let every table of a file write a journal from now on."""
    with sqlite3.connect(path) as connection:
        connection.execute(
            f"CREATE TABLE {_OURS} (position INTEGER PRIMARY KEY, name TEXT, op TEXT, said TEXT)"
        )
        for table in tables(connection):
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            for op, of in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
                said = f"||'{_BETWEEN}'||".join(f"quote({of}.{column})" for column in columns)
                connection.execute(
                    f"CREATE TRIGGER {_OURS}_{table}_{op} AFTER {op} ON {table} BEGIN"  # noqa: S608
                    f" INSERT INTO {_OURS} (name, op, said) VALUES ('{table}', '{op}', {said});"
                    " END"
                )
    connection.close()


def tables(connection: sqlite3.Connection) -> list[str]:
    """Return the tables that a version has."""
    found = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return [row[0] for row in found if row[0] not in {_OURS, "alembic_version"}]


def schema(connection: sqlite3.Connection) -> list[str]:
    """Return the statements that make the tables and indexes of a version."""
    found = connection.execute(
        "SELECT sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
        " AND name NOT LIKE 'sqlite_%' AND tbl_name <> ? ORDER BY type DESC, name",
        (_OURS,),
    )
    return [row[0] for row in found]


def written(path: Path) -> int:
    """Return the position of what was written last."""
    with sqlite3.connect(path) as connection:
        (position,) = connection.execute("SELECT max(position) FROM journal").fetchone()
    connection.close()
    return position or 0


def read(path: Path) -> list[Entry]:
    """Return the whole journal."""
    with sqlite3.connect(path) as connection:
        columns = {
            table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            for table in tables(connection)
        }
        found = connection.execute("SELECT * FROM journal ORDER BY position").fetchall()
    connection.close()
    return [
        Entry(
            position,
            table,
            dict(zip(columns[table], map(_value, said.split(_BETWEEN)), strict=True)),
            deleted=op == "DELETE",
        )
        for position, table, op, said in found
    ]


def _value(literal: str) -> Value:
    if literal == "NULL":
        return None
    if literal.startswith("X'"):
        return bytes.fromhex(literal[2:-1])
    if literal.startswith("'"):
        return literal[1:-1].replace("''", "'")
    return float(literal) if re.search(r"[.eE]", literal) else int(literal)

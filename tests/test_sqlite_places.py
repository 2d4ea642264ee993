"""A SQLite file in a place where it cannot be, or where something else is."""

import sqlite3
from pathlib import Path

import pytest

from worker.errors import StoreUnavailableError
from worker.sqlite import SqliteFile


def _ask(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT 1").fetchone()[0])


async def test_a_file_that_is_no_database_is_said_to_be_one_until_it_is_mended(
    tmp_path: Path,
) -> None:
    path = tmp_path / "test.db"
    path.write_bytes(b"this is no database, and longer than a header of one hundred bytes" * 9)
    file = SqliteFile(path)
    with pytest.raises(StoreUnavailableError, match="not a database"):
        await file.write(_ask)
    path.unlink()
    assert await file.write(_ask) == 1
    await file.close()


async def test_a_place_that_cannot_be_written_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    file = SqliteFile(tmp_path / "file" / "test.db")
    with pytest.raises(StoreUnavailableError):
        await file.write(_ask)
    await file.close()

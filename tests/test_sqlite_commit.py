"""A commit of SQLite's that fails: what is said of it."""

import sqlite3

import pytest

from worker.errors import StoreUnknownError
from worker.sqlite import jobs


class FailingCommit:
    """A connection whose commit is made, and then fails."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def execute(self, statement: str) -> sqlite3.Cursor:
        done = self._connection.execute(statement)
        if statement == "COMMIT":
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise error
        return done


def test_a_commit_that_failed_leaves_it_open_whether_it_was_made() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    with pytest.raises(StoreUnknownError):
        jobs.write(FailingCommit(connection), [])  # type: ignore[arg-type]
    connection.close()

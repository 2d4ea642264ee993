"""Copies of the SQLite file: out of it while it is used, and into it while nobody uses it.

Why it exists: a copied file is only worth something if it is one state of the whole, durable
and looked through before anybody relies on it; and to replace the file under a process would
lose what that process writes. It must not know a table.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from worker.errors import StoreUnavailableError
from worker.sqlite.connect import connect, create_file

_PATIENCE_SECONDS: Final = 1.0
"""How long a command that only looks at the file is waited for."""

_RETRY_SECONDS: Final = 0.05
_BESIDE: Final = ("", "-wal", "-shm", "-journal")


def copy(source: Path, target: Path) -> None:
    """Write one state of ``source`` to ``target``, beside processes that go on writing.

    It is there only when it is whole, on the disk and looked through, readable by its owner
    alone. Raises StoreUnavailableError; also where ``target`` is there already.
    """
    if not source.exists():
        raise StoreUnavailableError(f"{source} is not there")
    if target.exists():
        raise StoreUnavailableError(f"{target} is there already")
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        create_file(part)
        with closing(connect(source)) as from_, closing(sqlite3.connect(part)) as into:
            from_.backup(into)
            into.execute("PRAGMA journal_mode=DELETE")  # else it would be three files
            look_through(into, target)
        part.rename(target)
        _sync_folder(target)
    except (sqlite3.Error, OSError) as error:
        raise StoreUnavailableError(f"{target}: {error}") from None
    finally:
        part.unlink(missing_ok=True)


def put_back(source: Path, target: Path, kept: Path) -> None:
    """Put what ``source`` holds into ``target``, and what was there into ``kept``.

    A crash leaves the one or the other. Raises StoreUnavailableError; also while a process
    has ``target`` open, and where ``source`` is damaged.
    """
    try:
        with closing(_opened(source)) as from_:
            look_through(from_, source)
            try:
                _replace(from_, target, kept)
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorcode & 0xFF not in {
                    sqlite3.SQLITE_NOTADB,
                    sqlite3.SQLITE_CORRUPT,
                }:
                    raise
                _move_aside(target, kept)  # whoever used it had no use of it any more
                _replace(from_, target, kept)
    except (sqlite3.Error, OSError) as error:
        raise StoreUnavailableError(f"{target}: {error}") from None


@contextmanager
def alone(path: Path) -> Iterator[sqlite3.Connection]:
    """Hold the file, so that no other process can use it; its log is part of it meanwhile.

    Raises StoreUnavailableError while another has it open, sqlite3.Error for all else.
    """
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not _taken(connection):
            if time.monotonic() > deadline:
                raise StoreUnavailableError(f"{path} is in use: stop the worker first")
            time.sleep(_RETRY_SECONDS)
        connection.execute("PRAGMA synchronous=FULL")
        yield connection


def look_through(connection: sqlite3.Connection, path: Path) -> None:
    """Read all of it. Raises StoreUnavailableError where it is damaged."""
    found = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found[0] != "ok":
        raise StoreUnavailableError(f"{path} is damaged")


def _taken(connection: sqlite3.Connection) -> bool:
    """Leave WAL mode, for which nobody else may have it open, and keep it so."""
    try:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise
        return False
    return True


def _replace(from_: sqlite3.Connection, target: Path, kept: Path) -> None:
    fresh = not target.exists()
    create_file(target)
    with alone(target) as into:
        if not fresh:
            create_file(kept)
            with closing(sqlite3.connect(kept)) as aside:
                into.backup(aside)
        from_.backup(into)


def _opened(source: Path) -> sqlite3.Connection:
    if not source.is_file():
        raise StoreUnavailableError(f"{source} is not there")
    return sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)


def _move_aside(target: Path, kept: Path) -> None:
    kept.unlink(missing_ok=True)
    for end in _BESIDE:
        with suppress(FileNotFoundError):
            target.with_name(target.name + end).rename(kept.with_name(kept.name + end))


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

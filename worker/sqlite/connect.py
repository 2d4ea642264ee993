"""How the SQLite file is made and opened.

Why it exists: durability and privacy hang on how it is opened. It must not know a table.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from worker.errors import StoreUnavailableError

MOVED: Final = 0x6D6F7665
"""``user_version`` of a file whose orders live on elsewhere: ``ticketbridge transfer``."""

BUSY_TIMEOUT_SECONDS: Final = 5.0
"""How long to wait for another process that writes."""

_RETRY_SECONDS: Final = 0.01
_CREATING: Final = threading.Lock()

_PRAGMAS: Final = (
    "synchronous=FULL",
    "foreign_keys=ON",
    "cache_size=-16000",
    "journal_size_limit=67108864",
    "wal_autocheckpoint=8000",  # 32 MiB of log: a page that often changes is copied less often
    "temp_store=MEMORY",  # what a savepoint keeps of pages is in no file of its own
    "secure_delete=ON",  # what was deleted or sealed anew is overwritten with zeros
)


def create_file(path: Path) -> None:
    """Make the file, if it is not there, readable by its owner alone.

    A file that is there is not even opened: closing it again would drop the locks that
    this process's connections hold on it (POSIX locks belong to the process).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _CREATING:
        try:
            made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return
        os.close(made)


def connect(path: Path, *, shared: bool = False) -> sqlite3.Connection:
    """Open a connection in WAL mode whose commits are on the disk.

    One that threads pass on to each other is ``shared``, and then waits for no other process.

    Raises sqlite3.Error; StoreUnavailableError for a file whose orders live on elsewhere: an
    order that two workers lead is paid twice.
    """
    create_file(path)
    connection = sqlite3.connect(
        path,
        timeout=BUSY_TIMEOUT_SECONDS,
        isolation_level=None,
        cached_statements=512,
        check_same_thread=not shared,
    )
    try:
        connection.row_factory = sqlite3.Row
        _refuse_moved(connection, path)
        _use_wal(connection)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if shared:
            connection.execute("PRAGMA busy_timeout=0")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def patience(connection: sqlite3.Connection) -> Iterator[None]:
    """Let a connection that is shared wait for other processes, as the loop must not."""
    connection.execute(f"PRAGMA busy_timeout={int(BUSY_TIMEOUT_SECONDS * 1000)}")
    yield
    connection.execute("PRAGMA busy_timeout=0")


def _refuse_moved(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA user_version").fetchone()[0] == MOVED:
        raise StoreUnavailableError(
            f"{path} was moved by `transfer`: run with the configuration that it was moved to"
        )


def _use_wal(connection: sqlite3.Connection) -> None:
    """Turn on the write-ahead log, which SQLite refuses at once while another opens the file."""
    deadline = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return

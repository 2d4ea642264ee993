"""``backup`` and ``restore``: the one file of the embedded set-up, copied and put back.

Why it exists: a copy that ``cp`` makes beside a running worker is none; and what is put back
must fit this program and must not lie under a worker. It must not know what a row means.
"""

import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from worker.commands.quiet import log_quietly
from worker.errors import SettingsError, StoreUnavailableError
from worker.settings import Settings
from worker.sqlite import copies
from worker.store.look import HEAD, look_at_file

_SERVERS: Final = (
    "this copies the one file of the embedded set-up; here database or broker lie elsewhere:"
    " PostgreSQL is backed up with pg_dump or its own archive of logs (docs/operations.md)"
)


def backup(settings: Settings, target: Path) -> None:
    """Write one state of the file to ``target`` while workers go on, and print what it holds.

    Raises SettingsError, StoreUnavailableError.
    """
    log_quietly(settings)
    path = _the_file(settings)
    if look_at_file(path).revision is None:
        raise StoreUnavailableError(f"{path} holds nothing yet")
    copies.copy(path, target)
    _print(target, _revision(target))


def restore(settings: Settings, source: Path) -> None:
    """Put a backup in the file's place, and what was there beside it; print both.

    Raises SettingsError, StoreUnavailableError: a worker runs, or it is no backup for us.
    """
    log_quietly(settings)
    path = _the_file(settings)
    revision = _revision(source)
    kept = path.with_name(f"{path.name}.replaced-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
    copies.put_back(source, path, kept)
    _print(path, revision)
    if kept.exists():
        sys.stdout.write(f"{kept}: what was there before\n")
    if revision != HEAD:
        sys.stderr.write(
            f"it is of revision {revision}, this program needs {HEAD}: run `migrate`\n"
        )


def _the_file(settings: Settings) -> Path:
    path = settings.sqlite_path
    if path is None or settings.embedded_path != path:
        raise SettingsError(_SERVERS)
    return path


def _revision(backup_file: Path) -> str:
    """Return a backup's revision. Raises StoreUnavailableError where it is none for us."""
    if not backup_file.is_file():
        raise StoreUnavailableError(f"{backup_file} is not there")
    revision = look_at_file(backup_file.absolute()).revision
    if revision is None:
        raise StoreUnavailableError(f"{backup_file} is no backup of ticketbridge")
    if revision > HEAD:
        raise StoreUnavailableError(
            f"{backup_file} is of revision {revision}, newer than this program's {HEAD}"
        )
    return revision


def _print(path: Path, revision: str) -> None:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        orders = connection.execute("SELECT count(*) FROM orders").fetchone()[0]
    size = path.stat().st_size
    sys.stdout.write(f"{path}: revision {revision}, {orders} orders, {size} bytes\n")

"""Looks at the database and at the disk that it lies on.

Why it exists: tables of an older version, a server that takes no writes and a disk that is
full each stop everything. It must not write.
"""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from worker.commands.checkup.finding import Finding
from worker.errors import StoreUnavailableError
from worker.settings import Settings

if TYPE_CHECKING:
    from worker.store.look import Looked

CLOCKS_DIFFER: Final = 5.0
"""Seconds by which our clock and another's may differ before it is worth a word."""
_GIB: Final = 1024**3
SCARCE: Final = 2 * _GIB
"""With less free than this a disk is soon full."""
FULL: Final = 256 * 1024**2


async def look(settings: Settings, now: datetime) -> AsyncIterator[Finding]:
    """Yield what is found at the database and at the disks of files that we write."""
    from worker.store.look import look_at_postgres, look_at_sqlite  # noqa: PLC0415  (drivers)

    path = settings.sqlite_path
    if settings.embedded_path is None and "database_url" not in settings.model_fields_set:
        told = "none is named, which is enough for an ingress alone"
        yield Finding("database", "ok", told, "every other role needs database_url")
        return
    try:
        looked = await (look_at_sqlite(path) if path else look_at_postgres(settings.database_url))
    except StoreUnavailableError as error:
        do = "restore the file from a backup" if path else "see that it runs and lets us in"
        yield Finding("database", "broken", str(error), do)
    else:
        for finding in _database(looked, path, now):
            yield finding
        if looked.unlimited and not settings.database_prepared_statements:
            told = "behind a pooler, and its role has no statement_timeout"
            yield Finding("database", "warning", told, "ALTER ROLE … SET, as docs/scaling.md says")
    for file in {path, settings.embedded_path} - {None}:
        yield _disk(file)


def _database(looked: "Looked", path: Path | None, now: datetime) -> Iterator[Finding]:
    if looked.now is not None and abs((looked.now - now).total_seconds()) > CLOCKS_DIFFER:
        told = f"{(now - looked.now).total_seconds():+.0f} s from the database's clock"
        yield Finding("clock", "warning", told, "keep both machines right with NTP")
    if looked.read_only:
        told = "reachable, and takes no writes: a standby, or set to read-only"
        yield Finding("database", "broken", told, "name the primary server in database_url")
        return
    yield _revision(looked, path)


def _revision(looked: "Looked", path: Path | None) -> Finding:
    from worker.store.look import HEAD  # noqa: PLC0415  (drivers)

    if looked.revision is None:
        if path and not can_be_made(path):
            told = f"{path} cannot be made there"
            return Finding("database", "broken", told, "let this user write to the folder")
        return Finding("database", "ok", "reachable; no tables yet: the first start makes them")
    if looked.revision < HEAD:
        told = f"at revision {looked.revision}, this program needs {HEAD}"
        return Finding("database", "broken", told, "run `migrate`")
    if looked.revision > HEAD:
        told = f"at revision {looked.revision}, newer than this program's {HEAD}"
        return Finding("database", "warning", told, "finish the upgrade, or leave it as it is")
    if path and not can_be_made(path):
        told = f"{path} cannot be written"
        return Finding("database", "broken", told, "let this user write to the file and its folder")
    return Finding("database", "ok", f"reachable, at revision {HEAD}")


def _disk(file: Path | None) -> Finding:
    folder = _nearest(file or Path())
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        told = f"{folder}: {os.strerror(error.errno or 0)}"
        return Finding("disk", "warning", told, "look whether the disk is mounted")
    told = f"{free / _GIB:.1f} GiB free under {folder}"
    if free < FULL:
        return Finding("disk", "broken", told, "free the disk now: soon nothing can be committed")
    if free < SCARCE:
        return Finding("disk", "warning", told, "make room: a full disk stops every order")
    return Finding("disk", "ok", told)


def can_be_made(path: Path) -> bool:
    """Tell whether a file can be written, or made with the folders that it needs."""
    if path.exists():
        return os.access(path, os.R_OK | os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)
    nearest = _nearest(path)
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def _nearest(path: Path) -> Path:
    """Return the folder of a file, or the nearest one above that is there."""
    return next((folder for folder in path.parents if folder.exists()), Path("/"))

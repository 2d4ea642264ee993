"""Who of several processes on one file holds which messages, and who of them is dead.

Why it exists: the messages in the hands of a killed process must come again, those of a
living one must not. Each process holds a lock on a file of its own beside the database;
the kernel lets go of it in the instant the process dies, so there is no lease to wait
for and no process id to be mistaken for another's. It must not touch messages.
"""

import fcntl
import os
import uuid
from pathlib import Path


class Owner:
    """This process as a holder of messages, from :meth:`__init__` to :meth:`close`."""

    def __init__(self, database: Path) -> None:
        """Take a name and its lock, beside the database file."""
        self.id = uuid.uuid4().hex
        self._path = _lock_path(database, self.id)
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def close(self) -> None:
        """Let go of the lock and remove its file."""
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


def is_dead(database: Path, owner: str) -> bool:
    """Say whether the process that took this name is gone."""
    path = _lock_path(database, owner)
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        path.unlink(missing_ok=True)
        return True
    finally:
        os.close(descriptor)


def _lock_path(database: Path, owner: str) -> Path:
    return database.with_name(f"{database.name}-owner-{owner}")

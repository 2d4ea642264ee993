"""A small disk: a tmpfs that is filled with a file and freed again. Needs root."""

import contextlib
import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import GUARD, new_folder

MEGABYTE = 1_000_000
PAGE = 4096


class SmallDisk:
    """A mounted tmpfs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    @property
    def free(self) -> int:
        """How many bytes are left."""
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def fill(self, leave: int = 0) -> None:
        """Write a file until no more than ``leave`` bytes are left."""
        with self._filler.open("ab") as file:
            while (left := self.free - leave) >= PAGE:
                try:
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), left)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    return  # somebody else was quicker

    def clear(self) -> None:
        """Remove the file again."""
        self._filler.unlink(missing_ok=True)


@contextmanager
def small_disk(name: str, megabytes: int) -> Iterator[SmallDisk]:
    """Mount one, and unmount it for sure: the guard does so where this process cannot."""
    folder = new_folder(name)
    GUARD.tell(f"+mount {folder}")
    size = f"size={megabytes}m,mode=755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", str(folder)], check=True)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        GUARD.tell(f"-mount {folder}")
        with contextlib.suppress(OSError):
            folder.rmdir()

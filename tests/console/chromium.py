"""Debian's Chromium: found, or installed as tests/servers does with its servers."""

import fcntl
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

from tests.servers.install import can_install, fetch
from tests.servers.process import ServerError

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PACKAGE = "chromium"
FONTS = "fonts-noto-cjk"
ADVICE = "the tests of the console need Chromium: install Debian's package chromium, or run as root"


@cache
def chromium() -> str:
    """Return the program's path. Raises ServerError: what is missing fails, and is not skipped."""
    if program := _found():
        return program
    if not can_install():
        raise ServerError(ADVICE)
    with (Path(tempfile.gettempdir()) / "ticketbridge-test-install.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _found():
            sys.stderr.write(f"console: installing {PACKAGE}\n")
            fetch(PACKAGE)
    if program := _found():
        return program
    raise ServerError(ADVICE)


def _found() -> str:
    return next((path for name in PROGRAMS if (path := shutil.which(name))), "")

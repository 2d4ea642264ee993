"""Debian's Chromium: found, or installed as tests/servers does with its servers."""

import fcntl
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.servers.install import can_install, fetch
from tests.servers.process import ServerError

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PACKAGE = "chromium"
FONTS = {"Noto Sans CJK SC": "fonts-noto-cjk", "Roboto": "fonts-roboto-unhinted"}
"""Of the console's own list, those that pictures are taken with; by their packages."""
ADVICE = "the tests of the console need Chromium: install Debian's package chromium, or run as root"


@cache
def chromium() -> str:
    """Return the program's path. Raises ServerError: what is missing fails, and is not skipped."""
    if program := _found():
        return program
    if not can_install():
        raise ServerError(ADVICE)
    _install(lambda: [] if _found() else [PACKAGE])
    if program := _found():
        return program
    raise ServerError(ADVICE)


def fonts() -> None:
    """Install the fonts of the pictures where that is ours to do: they look alike everywhere."""
    if can_install():
        _install(lambda: [package for name, package in FONTS.items() if not _is_there(name)])


def _is_there(font: str) -> bool:
    listed = subprocess.run(["fc-list", font], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())


def _install(missing: Callable[[], list[str]]) -> None:
    with (Path(tempfile.gettempdir()) / "ticketbridge-test-install.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if packages := missing():
            sys.stderr.write(f"console: installing {', '.join(packages)}\n")
            fetch(*packages)


def _found() -> str:
    return next((path for name in PROGRAMS if (path := shutil.which(name))), "")

"""Installs what the test servers need, where that is ours to do: as root on Debian."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import ServerError

PACKAGES = ("rabbitmq-server", "postgresql")
POLICY = Path("/usr/sbin/policy-rc.d")
"""Debian's packages ask this script before they start their service; 101 means no."""


def can_install() -> bool:
    """Tell whether the Debian packages can be installed from here."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: Sequence[str] = PACKAGES) -> None:
    """Install the packages, without starting their services. Raises ServerError."""
    with (Path(tempfile.gettempdir()) / "ticketbridge-test-install.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sys.stderr.write(f"test servers: installing {' and '.join(packages)}\n")
        with _services_stay_down():
            fetch(*packages)


def fetch(*packages: str) -> None:
    """Install packages of Debian; whoever calls it holds the lock. Raises ServerError."""
    _apt("update", "-qq")
    _apt("install", "-y", "-qq", "--no-install-recommends", *packages)


def _apt(*words: str) -> None:
    done = subprocess.run(
        ["apt-get", *words],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ServerError(f"apt-get {words[0]} failed:\n{done.stdout[-500:]}{done.stderr[-1500:]}")


@contextmanager
def _services_stay_down() -> Iterator[None]:
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)

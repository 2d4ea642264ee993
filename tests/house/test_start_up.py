"""A command loads what it needs and no more: each costs an operator, and every test, its start."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.bridge import clean_environment

NETWORK = {"aiohttp", "aio_pika", "asyncpg"}
MIGRATING = {"alembic", "sqlalchemy"}


def loaded(folder: Path, *words: str, code: int = 0) -> set[str]:
    """Run a command in a folder and return the packages that it loaded."""
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "worker", *words],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == code, ran.stderr[-2000:]
    lines = [line for line in ran.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    assert loaded(folder, "migrate") >= MIGRATING
    return folder


@pytest.mark.parametrize(
    "words", [("deadletters", "list"), ("orders", "list"), ("accounts", "list")]
)
def test_a_listing_loads_no_network_and_no_migration(
    migrated: Path, words: tuple[str, ...]
) -> None:
    assert not loaded(migrated, *words) & (NETWORK | MIGRATING)


def test_help_loads_nothing_of_the_work(tmp_path: Path) -> None:
    assert not loaded(tmp_path, "--help") & (NETWORK | MIGRATING | {"structlog", "uvloop"})


def test_a_replay_on_the_embedded_set_up_loads_no_driver_of_a_server(migrated: Path) -> None:
    wrong = loaded(migrated, "deadletters", "replay", "no-such-letter", code=1)
    assert not wrong & (NETWORK | MIGRATING)

"""Fixtures for dead letters: a real store in a temporary file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from worker.sqlite import SqliteFile
from worker.store.sqlite import SqliteStore


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    file = SqliteFile(tmp_path / "bridge.db")
    opened = SqliteStore(file)
    await opened.start()
    yield opened
    await file.close()

"""Fixtures: a real store in a temporary file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stores import sqlite_store
from worker.store.sqlite import SqliteStore


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    async with sqlite_store(tmp_path) as opened:
        yield opened

"""A watch over an empty store."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from tests.alarms.watching import Watch
from worker.runtime.ports import Store
from worker.sqlite import SqliteFile
from worker.store.sqlite import SqliteStore


@pytest.fixture
async def watch(tmp_path: Path) -> AsyncIterator[Watch]:
    file = SqliteFile(tmp_path / "alarms.db")
    store = SqliteStore(file)
    await store.start()
    yield Watch(cast(Store, store))
    await file.close()

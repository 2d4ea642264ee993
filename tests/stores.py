"""Stores to test with: the real embedded one in a file of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from worker.sqlite import SqliteFile
from worker.store.sqlite import SqliteStore


@asynccontextmanager
async def sqlite_store(folder: Path) -> AsyncIterator[SqliteStore]:
    """Open a store in ``folder`` and close it afterwards."""
    file = SqliteFile(folder / "bridge.db")
    store = SqliteStore(file)
    await store.start()
    try:
        yield store
    finally:
        await file.close()

"""Each test runs against SQLite and PostgreSQL; with --acceptance, PostgreSQL behind a pooler."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest

from tests.parity.store.kit import Opener
from tests.servers.fresh import create_database, drop_database
from tests.servers.shared import Shared
from worker.runtime.ports import Store
from worker.sqlite import SqliteFile
from worker.store.migrate import migrate
from worker.store.postgres import PostgresStore
from worker.store.schema import METADATA
from worker.store.sqlite import SqliteStore


@pytest.fixture(scope="session")
def migrated_url(servers: Shared) -> Iterator[str]:
    """One database with tables for all tests of this process; they are emptied each time."""
    url = create_database(servers.postgres_url)
    with ThreadPoolExecutor(1) as executor:  # a test's loop may be running
        executor.submit(asyncio.run, migrate(url)).result()
    yield url
    drop_database(servers.postgres_url, url)


ADAPTERS = (
    "sqlite",
    pytest.param("postgres", marks=pytest.mark.servers),
    pytest.param("pooler", marks=(pytest.mark.servers, pytest.mark.acceptance)),
)


@pytest.fixture(params=ADAPTERS)
async def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opener]:
    """Open stores over one empty database; each is closed at the end."""
    stores: list[Store] = []
    files: list[SqliteFile] = []

    url = pooled = ""
    if request.param != "sqlite":
        url = request.getfixturevalue("migrated_url")
        await _empty(url)
    if request.param == "pooler":
        pooled = request.getfixturevalue("servers").pooler.to(url)

    async def opener() -> Store:
        store: Store
        if request.param == "postgres":
            store = PostgresStore(url)
        elif request.param == "pooler":
            store = PostgresStore(pooled, statement_cache_size=0)
        else:
            files.append(SqliteFile(tmp_path / "store.db"))
            store = SqliteStore(files[-1])
        await store.start()
        stores.append(store)
        return store

    yield opener
    for store in stores:
        await store.close()
    for file in files:
        await file.close()


@pytest.fixture
async def store(open_store: Opener) -> Store:
    return await open_store()


async def _empty(url: str) -> None:
    connection = await asyncpg.connect(url, timeout=5)
    await connection.execute(f"TRUNCATE {', '.join(METADATA.tables)}")
    await connection.close()

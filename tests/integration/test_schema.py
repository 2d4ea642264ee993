"""The migrations lead to the tables that the program names, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from worker.errors import StoreUnavailableError
from worker.sqlite import SqliteFile
from worker.store import migrate as migrations
from worker.store.migrate import migrate, postgres_engine, sqlite_engine
from worker.store.postgres import PostgresStore
from worker.store.schema import METADATA
from worker.store.sqlite import SqliteStore
from worker.store.tables import HEAD


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, METADATA))


def test_the_program_expects_the_newest_revision() -> None:
    scripts = ScriptDirectory.from_config(migrations.configuration())
    assert scripts.get_heads() == [HEAD]


async def test_sqlite_has_the_tables_from_any_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await migrate("sqlite:///var/bridge.db")
    with sqlite_engine(tmp_path / "var" / "bridge.db").begin() as connection:
        assert _differences(connection) == []


@pytest.mark.servers
async def test_postgresql_has_the_tables_from_any_directory(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await migrate(postgres_url)
    async with postgres_engine(postgres_url).begin() as connection:
        assert await connection.run_sync(_differences) == []


@pytest.mark.servers
async def test_many_may_migrate_at_once(postgres_url: str) -> None:
    stores = [PostgresStore(postgres_url) for _ in range(4)]
    await asyncio.gather(migrate(postgres_url), *(store.start() for store in stores))
    for store in stores:
        await store.ping()
        await store.close()


async def test_many_may_migrate_one_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a folder with %20 and ?" / "bridge.db"
    files = [SqliteFile(path) for _ in range(4)]
    await asyncio.gather(*(SqliteStore(file).start() for file in files))
    for file in files:
        await SqliteStore(file).ping()
        await file.close()
    assert path.exists()


async def test_who_comes_second_waits_for_the_first(tmp_path: Path) -> None:
    path = tmp_path / "bridge.db"
    with sqlite_engine(path).begin() as first:
        migrations.upgrade(first)
        second = asyncio.ensure_future(migrate(f"sqlite:///{path}"))
        await asyncio.wait([second], timeout=0.3)
        assert not second.done()
    await second
    with sqlite_engine(path).begin() as connection:
        assert _differences(connection) == []


@pytest.fixture
async def connection(postgres_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    await migrate(postgres_url)
    opened = await asyncpg.connect(postgres_url, timeout=5)
    yield opened
    await opened.close()


@pytest.mark.servers
async def test_an_older_schema_is_refused_and_a_newer_one_taken(
    postgres_url: str, connection: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    store = PostgresStore(postgres_url)
    await connection.execute("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(StoreUnavailableError, match="run `migrate`"):
        await store.start()
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    await store.start()
    await store.close()


@pytest.mark.servers
async def test_a_migration_that_cannot_be_says_why(postgres_url: str) -> None:
    nowhere = postgres_url.rpartition("/")[0] + "/not_there"
    with pytest.raises(StoreUnavailableError, match="does not exist"):
        await migrate(nowhere)
    with pytest.raises(StoreUnavailableError):
        await migrate("postgresql://postgres@127.0.0.1:1/nobody")

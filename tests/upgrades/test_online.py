"""PostgreSQL is migrated while it is written to, and nobody waits for long.

Two planted migrations do what is dearest: a column on, and an index of, the busiest table.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from tests.upgrades.filled import fill
from worker.store import migrate as migrations
from worker.store import online
from worker.store.migrate import migrate, postgres_engine, sqlite_engine

PLANTED = Path(__file__).parent / "planted"
WRITERS = 3
REPORT_SECONDS = 5.0
"""How long somebody reads the table in one transaction: whoever locks it must wait so long."""
PATIENCE_SECONDS = 20.0
BEGUN = """SELECT xact_start FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
    AND backend_type = 'client backend'"""
STALL_SECONDS = 3.5
"""Far below that, far above what one try of a migration holds up, on a busy machine too."""


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the planted migrations follow those that there are."""
    ours = migrations.configuration
    versions = Path(migrations.__file__).parent / "migrations" / "versions"

    def longer(connection: Connection | None = None) -> Config:
        config = ours(connection)
        config.set_main_option("version_locations", f"{versions}:{PLANTED}")
        return config

    monkeypatch.setattr(migrations, "configuration", longer)


async def _revision(url: str, revision: str, rows: int) -> None:
    """Bring an empty database to a revision and fill it."""
    async with postgres_engine(url).begin() as connection:
        await connection.run_sync(lambda c: command.upgrade(migrations.configuration(c), revision))
        await connection.run_sync(lambda c: fill(c, rows))


@asynccontextmanager
async def written(url: str, rows: int) -> AsyncIterator[list[float]]:
    """Write to orders all the time; the list tells how long each write took."""
    took: list[float] = []
    stop = asyncio.Event()

    async def write(number: int) -> None:
        connection = await asyncpg.connect(url, timeout=5)
        while not stop.is_set():
            number = (number + WRITERS) % rows
            began = time.monotonic()
            await connection.execute(
                "UPDATE orders SET version = version + 1 WHERE order_num = $1",
                f"order_num {number}",
            )
            took.append(time.monotonic() - began)
        await connection.close()

    async with asyncio.TaskGroup() as group:
        for number in range(WRITERS):
            group.create_task(write(number))
        try:
            yield took
        finally:
            stop.set()


async def _report(url: str) -> None:
    connection = await asyncpg.connect(url, timeout=5)
    async with connection.transaction():
        await connection.fetch("SELECT count(*) FROM orders")
        await asyncio.sleep(REPORT_SECONDS)
    await connection.close()


@pytest.mark.usefixtures("planted")
@pytest.mark.timeout(400)
@pytest.mark.parametrize("rows", [2_000, pytest.param(50_000, marks=pytest.mark.acceptance)])
async def test_writes_go_on_while_a_full_database_is_migrated(postgres_url: str, rows: int) -> None:
    await _revision(postgres_url, "0001", rows)
    look = await asyncpg.connect(postgres_url, timeout=5)
    await look.execute("CREATE INDEX ix_orders_planted ON orders (phase)")
    await look.execute(  # as a build leaves it that was interrupted
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_orders_planted'::regclass"
    )
    async with written(postgres_url, rows) as took:
        reporting = asyncio.ensure_future(_report(postgres_url))
        await asyncio.gather(migrate(postgres_url), migrate(postgres_url))
        await reporting
    assert await look.fetchval("SELECT version_num FROM alembic_version") == "9002"
    assert await look.fetchval("SELECT count(planted) FROM orders") == 0
    built = await look.fetchrow(
        "SELECT indisvalid, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indexrelid = 'ix_orders_planted'::regclass"
    )
    await look.close()
    assert built is not None
    assert built[0]
    assert "(planted, phase) WHERE" in built[1]
    print(f"{len(took)} writes, the longest {max(took):.3f} s")  # noqa: T201
    assert max(took) < STALL_SECONDS


async def test_who_waits_for_a_migration_keeps_no_transaction_open(postgres_url: str) -> None:
    """Else an index that is built beside writes, which saw its snapshot, waits for it in turn."""
    look = await asyncpg.connect(postgres_url, timeout=5)
    await look.execute("SELECT pg_advisory_lock($1)", online._LOCK)
    waiting = asyncio.ensure_future(migrate(postgres_url))
    begun: set[object] = set()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(begun) < 3:
            begun |= {row[0] for row in await look.fetch(BEGUN)}
            await asyncio.sleep(0)
    assert not waiting.done()
    await look.execute("SELECT pg_advisory_unlock($1)", online._LOCK)
    await waiting
    assert await look.fetchval("SELECT count(*) FROM orders") == 0
    await look.close()


@pytest.mark.usefixtures("planted")
def test_the_same_migrations_suit_a_file(tmp_path: Path) -> None:
    with sqlite_engine(tmp_path / "bridge.db").begin() as connection:
        migrations.upgrade(connection)
        found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'index'")
        assert "ix_orders_planted" in {row[0] for row in found}

"""Each migration can be taken back, and run again, on both databases."""

from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from worker.store import migrate as migrations
from worker.store.migrate import postgres_engine, sqlite_engine


def _there_and_back(connection: Connection) -> None:
    configuration = migrations.configuration(connection)
    scripts = ScriptDirectory.from_config(configuration)
    revisions = [script.revision for script in scripts.walk_revisions()][::-1]
    tables = []
    for revision in revisions:
        tables.append(_tables(connection))
        command.upgrade(configuration, revision)
    whole = _tables(connection)
    for before in reversed(tables):
        command.downgrade(configuration, "-1")
        assert _tables(connection) - {"alembic_version"} == before - {"alembic_version"}
    command.upgrade(configuration, "head")
    assert _tables(connection) == whole


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def test_sqlite_goes_forward_and_back(tmp_path: Path) -> None:
    with sqlite_engine(tmp_path / "bridge.db").begin() as connection:
        _there_and_back(connection)


@pytest.mark.servers
async def test_postgresql_goes_forward_and_back(postgres_url: str) -> None:
    async with postgres_engine(postgres_url).begin() as connection:
        await connection.run_sync(_there_and_back)

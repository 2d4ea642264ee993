"""Every migration on a database that is full, forward and back, and what none may do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event

from tests.upgrades.filled import content, fill, lost
from worker.store import migrate as migrations
from worker.store.migrate import postgres_engine, sqlite_engine

ROWS = 100

CREATED = re.compile(r"\s*CREATE TABLE (?:IF NOT EXISTS )?\"?(\w+)", re.IGNORECASE)
FORBIDDEN = {
    r"CREATE (UNIQUE )?INDEX (?!CONCURRENTLY).* ON \"?(?P<table>\w+)": "an index that stops writes",
    r"ALTER TABLE \"?(?P<table>\w+)\"? ADD COLUMN (?!.*DEFAULT).*NOT NULL": "old inserts lack it",
    r"ALTER TABLE \"?(?P<table>\w+)\"? ADD CONSTRAINT (?!.*NOT VALID)": "every row is looked at",
    r"ALTER TABLE \"?(?P<table>\w+)\"? ALTER COLUMN": "rows are rewritten, or old writes refused",
    r"ALTER TABLE \"?(?P<table>\w+)\"? (DROP|RENAME)": "the last version knows it",
    r"DROP (TABLE|INDEX)(?! CONCURRENTLY) \"?(?P<table>\w+)": "the last version uses it",
    r"(UPDATE|DELETE FROM|INSERT INTO) \"?(?P<table>\w+)": "rows are changed in one piece",
}


def broken(statements: list[str]) -> list[str]:
    """Return what of a revision's statements would hold up or mislead the last version."""
    made = {match[1] for said in statements if (match := CREATED.match(said))}
    return [
        f"{why}: {said}"
        for said in statements
        for pattern, why in FORBIDDEN.items()
        if (match := re.match(r"\s*" + pattern, said, re.IGNORECASE | re.DOTALL))
        and match["table"] not in made | {"alembic_version"}
    ]


@contextmanager
def heard(connection: Connection) -> Iterator[list[str]]:
    """Note what is said to the database meanwhile."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, said: str, *_: Any) -> None:  # noqa: ANN401
        statements.append(said)

    event.listen(connection, "before_cursor_execute", note)
    yield statements
    event.remove(connection, "before_cursor_execute", note)


def _forward_and_back(connection: Connection) -> list[str]:
    """Go through every revision with rows in every table; return what was wrong."""
    configuration = migrations.configuration(connection)
    scripts = ScriptDirectory.from_config(configuration)
    revisions = [script.revision for script in scripts.walk_revisions()][::-1]
    stages, wrong = [], []
    for number, revision in enumerate(revisions):
        before = content(connection)
        with heard(connection) as statements:
            command.upgrade(configuration, revision)
        apart = _beside_writes(scripts, revision)
        told = [said for said in statements if not any(f" INDEX {name} " in said for name in apart)]
        wrong += [f"{revision}: {why}" for why in broken(told) if number]
        wrong += [f"{revision} forward lost {place}" for place in lost(before, content(connection))]
        fill(connection, ROWS)
        stages.append(before)
    whole = content(connection)
    for revision, before in zip(reversed(revisions), reversed(stages), strict=True):
        command.downgrade(configuration, "-1")
        wrong += [f"{revision} back lost {place}" for place in lost(before, content(connection))]
    command.upgrade(configuration, "head")
    assert content(connection).keys() == whole.keys()
    return wrong


def _beside_writes(scripts: ScriptDirectory, revision: str) -> list[str]:
    """Return the indexes that are there, on PostgreSQL, before the revision is taken."""
    module = scripts.get_revision(revision).module
    return [index.name for _, index in getattr(module, "BESIDE_WRITES", ())]


def test_every_migration_keeps_what_a_full_file_holds(tmp_path: Path) -> None:
    with sqlite_engine(tmp_path / "bridge.db").begin() as connection:
        assert _forward_and_back(connection) == []


async def test_every_migration_keeps_what_a_full_database_holds(postgres_url: str) -> None:
    async with postgres_engine(postgres_url).begin() as connection:
        assert await connection.run_sync(_forward_and_back) == []


@pytest.mark.parametrize(
    "said",
    [
        "CREATE INDEX ix_orders_phase ON orders (phase)",
        "CREATE UNIQUE INDEX ix_orders_phase ON orders (phase)",
        "ALTER TABLE orders ADD COLUMN sealed INTEGER NOT NULL",
        "ALTER TABLE orders ADD CONSTRAINT ck CHECK (version > 0)",
        "ALTER TABLE orders ALTER COLUMN human SET NOT NULL",
        "ALTER TABLE orders RENAME human TO person",
        "ALTER TABLE orders DROP COLUMN human",
        "\nDROP TABLE inbox",
        "UPDATE orders SET human = ''",
    ],
)
def test_what_a_migration_may_not_do_is_seen(said: str) -> None:
    assert broken([said])


@pytest.mark.parametrize(
    "said",
    [
        "\nCREATE TABLE new (id TEXT NOT NULL)",
        "CREATE INDEX ix_new ON new (id)",
        "INSERT INTO new (id) VALUES ('1')",
        "CREATE INDEX CONCURRENTLY ix_orders_phase ON orders (phase)",
        "ALTER TABLE orders ADD COLUMN sealed INTEGER",
        "ALTER TABLE orders ADD COLUMN sealed INTEGER DEFAULT 0 NOT NULL",
        "ALTER TABLE orders SET (fillfactor = 70)",
        "UPDATE alembic_version SET version_num='0002'",
    ],
)
def test_what_only_adds_may_be_done(said: str) -> None:
    assert broken(["CREATE TABLE new (id TEXT)", said]) == []

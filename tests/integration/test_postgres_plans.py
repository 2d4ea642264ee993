"""Whatever is asked of PostgreSQL goes through indexes."""

import hashlib
import re

import asyncpg
import pytest

from tests.integration.plans import BATCH, STEP, Asked, asked, explained
from worker.store.migrate import migrate
from worker.store.postgres import commits, movements
from worker.store.postgres.database import Database

pytestmark = pytest.mark.servers

FILL = """
INSERT INTO orders SELECT md5(n::text), 1, 'k', 'c' || n, 'z' || n, 'paid', NULL,
    CASE WHEN n % 4 = 0 THEN now() + n * interval '1 minute' END, '{}', now(), now()
    FROM generate_series(1, 20000) n;
INSERT INTO inbox SELECT 'in-' || n, '', md5(n::text), now() FROM generate_series(1, 20000) n;
INSERT INTO outbox SELECT 'm' || n, 'q', 't', '', '{}', '', '', 0, md5(n::text),
    now() + n * interval '1 minute', NULL FROM generate_series(1, 20000) n;
INSERT INTO notifications SELECT 'w' || n, md5(n::text), 'k', 'voucher', 1, now(), 'pending', 0,
    '', NULL, NULL FROM generate_series(1, 20000) n;
INSERT INTO order_search SELECT md5(n::text), kind || md5(kind || n)
    FROM generate_series(1, 20000) n, (VALUES ('#k.'), ('#p.'), ('=')) AS terms(kind);
INSERT INTO accounts SELECT 'k' || n, 100, 0, 1, now() FROM generate_series(1, 2000) n;
INSERT INTO held_notices SELECT 'h' || n, 'o' || n, 'y' || n, 't', '', now()
    FROM generate_series(1, 20000) n;
ANALYZE;
"""

KNOWN = [hashlib.md5(str(number).encode()).hexdigest() for number in range(1, BATCH + 1)]  # noqa: S324
"""As FILL names them."""


async def _plan(url: str, kind: str, one: Asked) -> str:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        await connection.execute(f"SET plan_cache_mode = force_{kind}_plan")
        if one.when != STEP:  # as the store's sessions are; a step's plan must need no such help
            await connection.execute("SET enable_seqscan = off; SET jit = off")
        return "\n".join(await explained(connection, one))
    finally:
        await connection.close()


@pytest.fixture
async def full_url(postgres_url: str) -> str:
    await migrate(postgres_url)
    connection = await asyncpg.connect(postgres_url, timeout=5)
    await connection.execute(FILL)
    await connection.close()
    return postgres_url


@pytest.mark.parametrize("kind", ["custom", "generic"])
async def test_whatever_is_asked_is_answered_by_its_indexes(full_url: str, kind: str) -> None:
    first = await _plan(full_url, kind, asked(KNOWN)[0])
    assert ("ANY ($1)" in first) == (kind == "generic")
    for one in asked(KNOWN):
        plan = await _plan(full_url, kind, one)
        read_whole = set(re.findall(r"Seq Scan on (\w+)", plan)) - {one.scanned}
        assert not read_whole, f"{one.name}:\n{plan}"
        for index in one.indexes:
            assert index in plan, f"{one.name}: {index} is not in\n{plan}"


async def test_no_statement_is_compiled_or_spread_over_processes(postgres_url: str) -> None:
    database = Database(postgres_url, connections=1, statement_cache_size=10)
    await database.start()
    names = ("jit", "max_parallel_workers_per_gather", "enable_seqscan")
    (found,) = await database.fetch("SELECT " + ", ".join(f"current_setting('{n}')" for n in names))
    await database.close()
    assert tuple(found) == ("off", "0", "off")


def test_only_who_forgets_people_looks_for_their_terms() -> None:
    for module in (commits, movements):
        assert "DELETE" not in module.STATEMENT
        assert "DELETE FROM order_search" in module.FORGETTING

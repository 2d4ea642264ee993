"""What the saga waits for goes through indexes."""

import asyncpg
import pytest

from tests.parity.store.kit import NOW, after, full
from worker.store.migrate import migrate
from worker.store.postgres import commits, movements, notifications, orders, outbox, queries

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

HELD = {"ix_held_notices_order_num", "ix_held_notices_zzy_order_id"}


async def _plan(url: str, kind: str, statement: str, *values: object) -> str:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        await connection.execute(f"SET plan_cache_mode = force_{kind}_plan")
        return "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {statement}", *values))
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
async def test_the_hot_statements_use_indexes(full_url: str, kind: str) -> None:
    values = commits.arguments([full(f"o{number}") for number in range(16)])
    ids = [f"x{number}" for number in range(16)]
    results = [ids, ["pending"] * 16, [1] * 16, [""] * 16, [NOW] * 16]
    wanted: list[tuple[str, tuple[object, ...], set[str]]] = [
        (orders.LOAD, (ids, ids), {"pk_orders", "pk_inbox"}),
        (orders.LOAD_BY_ZZY, (["z1"], ids), {"ix_orders_zzy_order_id", "pk_inbox"}),
        (orders.CLAIM_DUE, (NOW, 50, after(30)), {"ix_orders_wake_at", "pk_orders"}),
        (outbox.CLAIM_UNSENT, (NOW, NOW, 50, NOW), {"ix_outbox_created_at", "pk_outbox"}),
        (outbox.MARK_SENT, (ids,), {"pk_outbox"}),
        (notifications.RECORD, tuple(results), {"pk_notifications"}),
        (
            notifications.TAKE_TURN,
            ("w1", "o1", "check", 1, NOW, NOW),
            {"ix_notifications_order_num", "pk_notifications"},
        ),
        (commits.STATEMENT, tuple(values), {"pk_orders", *HELD}),
        (commits.FORGETTING, tuple(values), {"pk_orders", "pk_order_search", *HELD}),
    ]
    for statement, arguments, indexes in wanted:
        plan = await _plan(full_url, kind, statement, *arguments)
        assert "Seq Scan" not in plan, plan
        for index in indexes:
            assert index in plan, f"{index} is not in\n{plan}"


@pytest.mark.parametrize("kind", ["custom", "generic"])
async def test_the_statements_that_move_money_use_indexes(full_url: str, kind: str) -> None:
    moved = ("k1", "5", "5", "0", 1, NOW, ["m1"], ["charge"], ["5"], ["5"], ["0"])
    values = (*commits.arguments([full("o1")]), *moved)
    for statement in (movements.STATEMENT, movements.FORGETTING):
        plan = await _plan(full_url, kind, statement, *values)
        assert "Seq Scan" not in plan, plan


def test_only_who_forgets_people_looks_for_their_terms() -> None:
    for module in (commits, movements):
        assert "DELETE" not in module.STATEMENT
        assert "DELETE FROM order_search" in module.FORGETTING


@pytest.mark.parametrize("kind", ["custom", "generic"])
async def test_a_search_by_any_number_uses_indexes(full_url: str, kind: str) -> None:
    plan = await _plan(full_url, kind, queries.FIND, "c77")
    assert "Seq Scan" not in plan, plan

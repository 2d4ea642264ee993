"""How PostgreSQL answers what is asked of it beside a million orders.

Each statement is run as a worker's connection would run it, as a plan made once for all values,
in a transaction that is taken back.
"""

import asyncpg

from tests.integration.plans import BATCH, Asked, asked, explained

SESSION = """
SET enable_seqscan = off; SET jit = off; SET max_parallel_workers_per_gather = 0;
SET plan_cache_mode = force_generic_plan; SET statement_timeout = 0
"""
OPTIONS = "(ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY ON)"
TIMES = 3
HEAD = """# What PostgreSQL is asked, and how it answers

Written by `make bench ARGS="--alone --long million --plans"`: each statement as the store sends
it, beside {over:,} orders that are over and {waiting:,} that wait for a notice, with the plan that
is made once for all values. The time is the least of three; pages are those that were looked at.
That each is answered by its index is held by `tests/integration/test_postgres_plans.py`; what
follows from it stands in [decision 40](../decisions/0040-growth-without-partitions.md).

| | asked | ms | pages |
|---|---|---|---|
"""


async def answered(database_url: str) -> str:
    """Return all statements and their plans as Markdown."""
    connection = await asyncpg.connect(database_url)
    await connection.execute(SESSION)
    query = f"SELECT order_num FROM orders WHERE phase = 'issued' LIMIT {BATCH}"  # noqa: S608
    known = [row[0] for row in await connection.fetch(query)]
    counted = await connection.fetch("SELECT phase, count(*) FROM orders GROUP BY 1")
    number = {phase: round(count, -3) for phase, count in counted}
    rows, plans = [], []
    for one in asked(known):
        plan, milliseconds = await _answer(connection, one)
        rows.append(f"| {one.name} | {one.when} | {milliseconds:.2f} | {_pages(plan)} |")
        plans.append(f"### {one.name}\n\n```text\n{plan}\n```\n")
    await connection.close()
    head = HEAD.format(over=number["issued"], waiting=number["awaiting_ticket"])
    return head + "\n".join(rows) + "\n\n" + "\n".join(plans)


async def _answer(connection: asyncpg.Connection, one: Asked) -> tuple[str, float]:
    """Return the plan and the least time that it took."""
    best = float("inf")
    for _ in range(TIMES):
        transaction = connection.transaction()
        await transaction.start()
        lines = await explained(connection, one, OPTIONS)
        await transaction.rollback()
        took = next(line for line in lines if line.startswith("Execution Time"))
        best = min(best, float(took.split()[2]))
    return "\n".join(line for line in lines if not line.startswith(("Execution", "Planning"))), best


def _pages(plan: str) -> int:
    """Return how many pages were looked at, wherever they lay."""
    first = next((line for line in plan.splitlines() if "Buffers: shared" in line), "")
    numbers = [part.split("=") for part in first.split() if "=" in part]
    return sum(int(number) for name, number in numbers if name in {"hit", "read"})

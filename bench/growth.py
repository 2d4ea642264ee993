"""What stays as it is while the worker's life goes on: memory, and speed beside a full database.

Each takes minutes, so they run behind an option.
"""

import argparse
import sys

import asyncpg
import uvloop

from bench.figures import MEMORY, MILLION, OURS, Figure, compared
from bench.load import bodies
from bench.processes import memory_mb
from bench.rounds import Round, in_flight
from bench.setups import House, Setup

FEW, MANY = 1_000, 100_000
PORTION = 500
IN_EARNEST = {"shared_buffers": "1GB", "max_wal_size": "4GB"}
"""What a PostgreSQL gets that holds a million orders."""
STORED = 1_000_000
ROLES = ("ingress", "saga", "relay")
KEYS = {
    "channel_order_num": "'filled-' || n",
    "zzy_order_id": "'filled-' || n",
    "webhook_id": "md5('webhook' || n)",
    "message_id": "message_id || n",
    "id": "id || n",
    "term": "term || md5(n::text)",
}
"""How the columns that must differ are made to; any other is copied."""


Held = dict[int, dict[str, float]]
"""MiB of each role, by the orders placed until then."""


def memory(house: House, many: int, number: int) -> tuple[Figure, Held]:
    """Return the memory of the role that grew most between few orders and many."""
    site = house.our_site(OURS, embedded=False)
    pids = {role: house.start(site, role) for role in ROLES}
    setup = Setup(site.name, site.url, site.world_url, list(pids.values()))
    held: Held = {}
    for placed in range(PORTION, many + 1, PORTION):
        in_flight(house, setup, bodies(PORTION), number)
        if placed in {FEW, many} or placed % 10_000 == 0:
            held[placed] = {role: memory_mb([pid])[0] for role, pid in pids.items()}
            said = ", ".join(f"{role} {mb:.1f} MiB" for role, mb in held[placed].items())
            sys.stderr.write(f"after {placed} orders: {said}\n")
    grown = [held[many][role] / held[FEW][role] for role in ROLES]
    return Figure(MEMORY, max(grown), min(grown), max(grown)), held


def million(house: House, chosen: argparse.Namespace) -> tuple[Figure, list[Round]]:
    """Return how fast orders are beside a million others, to how fast they are beside none."""
    empty, full = (house.our_site(name, embedded=False) for name in ("none stored", "stored"))
    setups = []
    for site in (empty, full):
        setups.append(house.whole(site))
        in_flight(house, setups[-1], bodies(chosen.warm_up), chosen.in_flight)
    uvloop.run(fill(full.database_url, chosen.stored))
    played = []
    for _ in range(chosen.rounds):
        for setup in setups:
            played.append(in_flight(house, setup, bodies(chosen.orders), chosen.in_flight))
            sys.stderr.write(f"{setup.name}: {played[-1].orders_per_second:.0f} orders/s\n")
    speeds = ([r.orders_per_second for r in played if r.setup == s.name] for s in (full, empty))
    return compared(MILLION, *speeds), played


async def fill(database_url: str, number: int) -> None:
    """Store copies of a delivered order, with all that belongs to it, under other numbers."""
    connection = await asyncpg.connect(database_url)
    template = await connection.fetchval("SELECT order_num FROM order_events GROUP BY 1 LIMIT 1")
    tables = await connection.fetch(
        "SELECT table_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'order_num'"
    )
    await connection.execute("SET synchronous_commit = off")
    for (table,) in tables:
        columns = [
            row[0]
            for row in await connection.fetch(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
                " AND table_name = $1 AND is_identity = 'NO'",
                table,
            )
        ]
        values = [KEYS.get(column, column) for column in columns]
        values[columns.index("order_num")] = "md5(n::text)"
        source = f"{table}, generate_series(1, {number}) n WHERE order_num = '{template}'"
        copies = f"SELECT {', '.join(values)} FROM {source}"  # noqa: S608  (our own names)
        await connection.execute(f"INSERT INTO {table} ({', '.join(columns)}) {copies}")
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")
    await connection.close()

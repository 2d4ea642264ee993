"""What stays as it is while the worker's life goes on: memory, and speed beside a full database.

A full database holds orders that are over, and others that are paid and wait for their tickets.

Each takes minutes, so they run behind an option.
"""

import argparse
import asyncio
import sys

import asyncpg
import uvloop

from bench.figures import MEMORY, MILLION, OURS, Figure, compared
from bench.load import ACCEPTED, Placing, bodies
from bench.plans import answered
from bench.processes import memory_mb
from bench.rounds import Round, in_flight
from bench.setups import House, Setup, Site
from bench.wire import Client

FEW, MANY = 1_000, 100_000
PORTION = 500
IN_EARNEST = {"shared_buffers": "1GB", "max_wal_size": "4GB"}
"""What a PostgreSQL gets that holds a million orders."""
STORED = 1_000_000
WAITING = 100_000
ROLES = ("ingress", "saga", "relay")
DELIVERED, AWAITING = "issued", "awaiting_ticket"
KEYS = {
    "order_num": "md5({kind} || n)",
    "channel_order_num": "{kind} || n",
    "zzy_order_id": "{kind} || n",
    "webhook_id": "md5({kind} || 'webhook' || n)",
    "message_id": "message_id || n",
    "id": "id || n",
    "term": "term || md5({kind} || n)",
    "wake_at": "wake_at + interval '1 hour' + n * interval '10 ms'",
}
"""How the columns that must differ are made to; any other is copied."""
POLL_SECONDS = 0.02


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


def million(house: House, chosen: argparse.Namespace) -> tuple[Figure, list[Round], str]:
    """Return how fast orders are beside a million others, to how fast they are beside none.

    Beside those, some more wait for their tickets. Also returns how PostgreSQL answers then.
    """
    empty, full = (house.our_site(name, embedded=False) for name in ("none stored", "stored"))
    setups = []
    for site in (empty, full):
        setups.append(house.whole(site))
        in_flight(house, setups[-1], bodies(chosen.warm_up), chosen.in_flight)
    uvloop.run(fill(full, chosen.stored, chosen.waiting))
    played = []
    for _ in range(chosen.rounds):
        for setup in setups:
            played.append(in_flight(house, setup, bodies(chosen.orders), chosen.in_flight))
            sys.stderr.write(f"{setup.name}: {played[-1].orders_per_second:.0f} orders/s\n")
    speeds = ([r.orders_per_second for r in played if r.setup == s.name] for s in (full, empty))
    plans = uvloop.run(answered(full.database_url)) if chosen.plans else ""
    return compared(MILLION, *speeds), played, plans


async def fill(site: Site, delivered: int, waiting: int) -> None:
    """Store copies of a delivered order and of one that waits, with all that belongs to each."""
    connection = await asyncpg.connect(site.database_url)
    await connection.execute("SET synchronous_commit = off")
    await _copy(connection, DELIVERED, delivered)
    world = Client(site.world_url)
    await world.get("/_control/hold")
    await Placing(site.url, site.world_url).at_rate(bodies(1, ACCEPTED), 1)
    while not await _template(connection, AWAITING):
        await asyncio.sleep(POLL_SECONDS)
    await _copy(connection, AWAITING, waiting)
    await world.get("/_control/tell")
    world.close()
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")
    await connection.close()


async def _template(connection: asyncpg.Connection, phase: str) -> str | None:
    query = "SELECT order_num FROM orders WHERE phase = $1 LIMIT 1"
    return await connection.fetchval(query, phase)


async def _copy(connection: asyncpg.Connection, phase: str, number: int) -> None:
    """Store copies of an order in this phase under other numbers."""
    template = await _template(connection, phase)
    tables = await connection.fetch(
        "SELECT table_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'order_num'"
    )
    for (table,) in tables:
        columns = [
            row[0]
            for row in await connection.fetch(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
                " AND table_name = $1 AND is_identity = 'NO'",
                table,
            )
        ]
        values = [KEYS.get(column, column).format(kind=f"'{phase}'") for column in columns]
        source = f"{table}, generate_series(1, {number}) n WHERE order_num = '{template}'"
        copies = f"SELECT {', '.join(values)} FROM {source}"  # noqa: S608  (our own names)
        await connection.execute(f"INSERT INTO {table} ({', '.join(columns)}) {copies}")

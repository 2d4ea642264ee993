"""The whole bridge with PgBouncer before its database, as docs/scaling.md has it set up."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from tests.e2e.bridge import Place, free_port, started
from tests.e2e.calling import called
from tests.e2e.load import Load, place_orders
from tests.e2e.verdict import Verdict, until_quiet
from tests.servers.pooler import CONNECTIONS, Pooler
from worker.simulators.channel import ChannelSimulator
from worker.simulators.channel_driver import ChannelDriver
from worker.simulators.zzy import ZzySimulator
from worker.store.postgres import PostgresStore

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

PAGE = Path(__file__).parents[2] / "docs" / "scaling.md"
ORDERS = 60
PROCESSES = 2
WAYS = {
    "transaction": (CONNECTIONS, {"database_prepared_statements": "false"}),
    "session": (40, {}),
}
"""PgBouncer's pool_mode: with how many connections to the server, and the worker's settings."""
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@contextlib.asynccontextmanager
async def connected(url: str) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    connection = await asyncpg.connect(url, timeout=5)
    try:
        yield connection
    finally:
        await connection.close()


async def ordered(places: list[Place], load: Load) -> None:
    """Place orders at every process at once."""
    drivers = [ChannelDriver(place.url, "k", "s3cret") for place in places]
    portions = [[f"n{n}" for n in range(at, ORDERS, len(places))] for at in range(len(places))]
    jobs = [place_orders(d, p, 10) for d, p in zip(drivers, portions, strict=True)]
    for one in await asyncio.gather(*jobs):
        load.answers |= one.answers
    for driver in drivers:
        await driver.close()


@pytest.mark.parametrize("mode", WAYS)
async def test_orders_of_two_processes_pass_a_pooler(
    mode: str, postgres_url: str, amqp_url: str, tmp_path: Path
) -> None:
    connections, top = WAYS[mode]
    pooler = Pooler(postgres_url, mode, connections)
    load = Load()
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(pooler.discard)
        await asyncio.to_thread(pooler.start)
        zzy, channel = ZzySimulator(), ChannelSimulator()
        for one in (zzy, channel):
            await one.start()
            stack.push_async_callback(one.stop)
        first = Place(
            tmp_path,
            database_url=pooler.to(postgres_url),
            broker_url=amqp_url,
            zzy_url=zzy.url,
            channel_url=channel.url,
            top=top,
        )
        zzy.notify(first.url + "/zzy/notify")
        places = [first, *(replace(first, port=free_port()) for _ in range(PROCESSES - 1))]
        for number, place in enumerate(places):
            (tmp_path / str(number)).mkdir()
            places[number] = replace(place, folder=tmp_path / str(number))
            places[number].write()
            await stack.enter_async_context(started(places[number]))
        await ordered(places, load)
        async with connected(postgres_url) as direct:
            opened = await direct.fetchval(OTHERS)
        assert 0 < opened <= connections
        store = PostgresStore(postgres_url)
        await store.start()
        stack.push_async_callback(store.close)
        rows = await until_quiet(store, load)
        assert Verdict(zzy, channel, load, rows).broken() == []
        assert len(zzy.ledger.paid_orders()) == ORDERS


async def test_doctor_asks_for_what_no_session_sets_behind_a_pooler(
    postgres_url: str, tmp_path: Path
) -> None:
    nobody = "http://127.0.0.1:9"
    top = {"database_prepared_statements": "false"}
    place = Place(tmp_path, database_url=postgres_url, zzy_url=nobody, channel_url=nobody, top=top)
    place.write()
    assert "no statement_timeout" in (await called(place.config, "doctor")).out
    text = PAGE.read_text("utf-8")
    statements = re.findall(r"^ALTER DATABASE bridge SET .*;$", text, re.MULTILINE)
    name = postgres_url.rpartition("/")[2]
    async with connected(postgres_url) as direct:
        for statement in statements:
            await direct.execute(statement.replace("bridge", f'"{name}"'))
    assert "no statement_timeout" not in (await called(place.config, "doctor")).out
    async with connected(postgres_url) as direct:
        for name, value in (("enable_seqscan", "off"), ("synchronous_commit", "on")):
            assert await direct.fetchval(f"SHOW {name}") == value

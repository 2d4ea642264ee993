"""What an order costs, in counts that do not depend on the machine.

They are written down here. A change of them is meant or it is a defect; if it is meant, the new
numbers are written down with it. (Milliseconds are for ``make bench``.)
"""

import re
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from tests.e2e.bridge import Place, started
from tests.e2e.taps import AmqpListener, PostgresListener, tapped
from tests.e2e.world import PATIENCE_SECONDS, tomorrow
from worker.simulators.channel import ChannelSimulator
from worker.simulators.channel_driver import ChannelDriver, sample_order
from worker.simulators.waiting import Changes
from worker.simulators.zzy import ZzySimulator

ORDERS, WARM_UP = 20, 3

STATEMENTS, ROUND_TRIPS = 5, 5
"""Without what strikes off what is published."""

STRIKE, STRUCK_OFF = "WITH soon AS", 5
"""At most: what is published within 50 ms is struck off together."""

MESSAGES = {
    "(default) amq.rabbitmq.reply-to": 2,
    "(default) ticketbridge.notices": 1,
    "(default) ticketbridge.orders": 1,
    "(default) ticketbridge.relay.k": 1,
    **{
        f"ticketbridge.events order.{kind}.k": 1
        for kind in ("accepted", "created", "paid", "issued")
    },
}
"""By exchange and routing key."""

ACKNOWLEDGEMENTS = 3
BYTES_PUBLISHED, WAL_BYTES = 6_140, 17_170
SLACK = 0.05
"""Numbers and times of day differ in length, and pages split where they will."""

WAL = """
SELECT record_length - fpi_length AS bytes, block_ref FROM pg_get_wal_records_info($1, $2)
WHERE resource_manager IN ('Heap', 'Btree') AND block_ref IS NOT NULL
"""
FIRST_OF_OURS = 16_384
"""Below it are the catalogue's relations, which have a life of their own."""


async def wal_now(connection: asyncpg.Connection) -> int:
    """Return where the log ends that is on the disk, once all until now is there."""
    await connection.execute("SELECT pg_logical_emit_message(true, 'counts', '')")
    return int(await connection.fetchval("SELECT pg_current_wal_flush_lsn()"))


async def wal_bytes(connection: asyncpg.Connection, since: int) -> int:
    """Return the bytes of changed rows and indexes, without the images of whole pages."""
    await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_walinspect")
    database = await connection.fetchval(
        "SELECT oid FROM pg_database WHERE datname = current_database()"
    )
    ours = re.compile(rf"rel \d+/{database}/(\d+)")
    total = 0
    for row in await connection.fetch(WAL, since, await wal_now(connection)):
        found = ours.search(row["block_ref"])
        total += row["bytes"] if found and int(found[1]) >= FIRST_OF_OURS else 0
    return total


class Counting:
    """Places orders one after another, each when the one before is wholly done."""

    def __init__(self, url: str, channel: ChannelSimulator) -> None:
        self.counts: Counter[str] = Counter()
        self.changes = Changes()
        self._driver = ChannelDriver(url, "k", "s3cret")
        self._channel = channel
        self.orders: list[Counter[str]] = []
        """What happened while each order was under way."""

    async def place(self, orders: int) -> None:
        for _ in range(orders):
            before = self.counts.copy()
            wanted = before["acknowledgements"] + ACKNOWLEDGEMENTS
            number = f"counted-{len(self.orders):04d}"
            answer = await self._driver.create(sample_order(number, tomorrow()))
            assert answer.code == "1000"
            told = partial(self._was_told, number)
            await self._channel.changes.until(told, seconds=PATIENCE_SECONDS)
            await self.changes.until(partial(self._has, wanted), seconds=PATIENCE_SECONDS)
            self.orders.append(self.counts - before)
        await self._driver.close()

    def _was_told(self, number: str) -> bool:
        return bool(self._channel.of_type("voucher", number))

    def _has(self, acknowledgements: int) -> bool:
        return self.counts["acknowledgements"] >= acknowledgements

    def least(self, kind: str) -> dict[str, int]:
        """Return what of a kind every order had, and how often at least.

        What the worker does by the clock falls into some orders' time only.
        """
        orders = self.orders[WARM_UP:]
        every = {key: min(order[key] for order in orders) for key in orders[0]}
        return {key: number for key, number in every.items() if number and key.startswith(kind)}

    def mean(self, words: str) -> float:
        """Return how often something happened for an order."""
        return sum(n for key, n in self.counts.items() if words in key) / ORDERS


async def test_an_order_costs_what_is_written_down(
    tmp_path: Path,
    amqp_url: str,
    postgres_url: str,
    zzy: ZzySimulator,
    channel: ChannelSimulator,
) -> None:
    place = Place(tmp_path, zzy_url=zzy.url, channel_url=channel.url)
    counting = Counting(place.url, channel)
    counts, changes = counting.counts, counting.changes
    zzy.notify(place.url + "/zzy/notify")
    zzy.lots.change(ticket_delay_min=0.1, ticket_delay_max=0.1)
    async with (
        tapped(postgres_url, counts, PostgresListener, changes) as database_url,
        tapped(amqp_url, counts, AmqpListener, changes) as broker_url,
        started(replace(place, database_url=database_url, broker_url=broker_url)),
    ):
        await counting.place(WARM_UP)
        connection = await asyncpg.connect(postgres_url)
        try:
            counts.clear()
            since = await wal_now(connection)
            await counting.place(ORDERS)
            wal = await wal_bytes(connection, since) / ORDERS
        finally:
            await connection.close()
    for kind, written in (("statement", STATEMENTS), ("round trip", ROUND_TRIPS)):
        found = counting.least(kind)
        said = "\n".join(f"{number} × {text}" for text, number in found.items())
        assert sum(n for text, n in found.items() if STRIKE not in text) == written, said
        assert 0 < counting.mean(f"{kind} {STRIKE}") <= STRUCK_OFF + SLACK, said
    messages = {key: counting.mean(key) for key in counts if key.startswith("message")}
    assert {key.removeprefix("message "): round(n) for key, n in messages.items()} == MESSAGES
    assert counting.mean("acknowledgements") == ACKNOWLEDGEMENTS
    assert counting.mean("bytes published") == pytest.approx(BYTES_PUBLISHED, rel=SLACK)
    assert wal == pytest.approx(WAL_BYTES, rel=SLACK)

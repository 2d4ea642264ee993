"""Everything that lies on a disk after a worker was killed, as whoever copies the disk reads it."""

import json
from collections.abc import Iterable
from pathlib import Path

import aio_pika
import asyncpg

from contracts import queues
from tests.e2e.bridge import Place

EVERY_QUEUE = (
    *queues.WORK,
    queues.DEAD,
    queues.relay_queue("k"),
    *(queues.delay_queue(tier) for tier, _ in queues.DELAY_TIERS),
)
EVENTS = "everything-that-happened"


def found(words: Iterable[str], lying: dict[str, bytes]) -> dict[str, set[str]]:
    """Return which words lie where, written as they are or as JSON escapes them."""
    forms = {word: {word.encode(), json.dumps(word)[1:-1].encode()} for word in words}
    seen = {
        where: {word for word, ways in forms.items() if any(way in held for way in ways)}
        for where, held in lying.items()
    }
    return {where: words for where, words in seen.items() if words}


async def database(place: Place) -> dict[str, bytes]:
    """Return the bytes of the SQLite files, or every value of every table of PostgreSQL."""
    if place.database_url.startswith("sqlite:"):
        return {path.name: path.read_bytes() for path in _files(place.folder)}
    connection = await asyncpg.connect(place.database_url, timeout=10)
    try:
        tables = await connection.fetch(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
        dumped = {}
        for (table,) in tables:
            rows = await connection.fetch(f'SELECT * FROM "{table}"')  # noqa: S608
            dumped[table] = b"\n".join(_bytes(value) for row in rows for value in row)
        return dumped
    finally:
        await connection.close()


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.glob("bridge.db*") if path.is_file()]


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


async def listen(place: Place) -> None:
    """Have a queue of our own for all order events, as a subscriber would."""
    if place.broker_url.startswith("embedded:"):
        return
    async with await aio_pika.connect(place.broker_url) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(
            queues.EVENTS_EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True
        )
        queue = await channel.declare_queue(EVENTS, durable=True)
        await queue.bind(exchange, "#")


async def messages(place: Place) -> dict[str, bytes]:
    """Take every message from every queue of RabbitMQ; headers and all."""
    if place.broker_url.startswith("embedded:"):
        return {}
    taken: dict[str, bytes] = {}
    async with await aio_pika.connect(place.broker_url) as connection:
        channel = await connection.channel()
        for name in (*EVERY_QUEUE, EVENTS):
            queue = await channel.get_queue(name, ensure=False)
            while message := await queue.get(no_ack=True, fail=False):
                held = message.body + str(message.info()).encode()
                taken[name] = taken.get(name, b"") + held
    return taken

"""What the queue's tests say and ask beside the snippets, by hand with pika."""

import asyncio
import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from tests.e2e.world import World, tomorrow, until
from worker.simulators.channel_driver import sample_order

_LETTER = "SELECT kind, reason FROM dead_letters WHERE order_num = ?"
DIRECT_REPLY = "amq.rabbitmq.reply-to"


def order(number: str, app_key: str = "k", **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the data of ``order.create.v1``."""
    return {"app_key": app_key, "order": sample_order(number, tomorrow(), **changes)}


def envelope(data: dict[str, Any], kind: str = "order.create.v1") -> bytes:
    """Return a body as an upstream system writes it."""
    head = {"id": uuid.uuid4().hex, "type": kind, "time": "2026-01-01T00:00:00Z"}
    now = datetime.now(UTC).isoformat()
    return json.dumps({**head, "data": {"received_at": now, **data}}).encode()


async def dead(world: World, number: str) -> dict[str, Any]:
    """Return the dead letter about one of our order numbers, once it is there."""

    file = f"file:{world.place.folder / 'bridge.db'}?mode=ro"

    async def look() -> dict[str, Any] | None:
        with closing(sqlite3.connect(file, uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            row = connection.execute(_LETTER, (number,)).fetchone()
            return dict(row) if row else None

    found = await until(look)
    assert found is not None
    return found


@contextmanager
def channel(url: str) -> Iterator[BlockingChannel]:
    """Open a channel with confirms."""
    connection = pika.BlockingConnection(pika.URLParameters(url))
    try:
        opened = connection.channel()
        opened.confirm_delivery()
        yield opened
    finally:
        if connection.is_open:
            connection.close()


async def consumed(url: str, queue: str) -> None:
    """Wait until somebody consumes a queue: from then on nothing passes it by."""

    async def looks() -> bool:
        try:
            with channel(url) as opened:
                return bool(opened.queue_declare(queue, passive=True).method.consumer_count)
        except ChannelClosedByBroker:
            return False

    await until(looks)


async def ask(
    url: str, address: tuple[str, str], body: bytes, user: str | None, **headers: str
) -> dict[str, Any]:
    """Publish to (exchange, routing key) and wait for the answer, in a thread."""
    return await asyncio.to_thread(_ask, url, address, body, user, headers)


def _ask(
    url: str, address: tuple[str, str], body: bytes, user: str | None, headers: dict[str, str]
) -> dict[str, Any]:
    with channel(url) as opened:
        answers: list[bytes] = []
        opened.basic_consume(DIRECT_REPLY, lambda *parts: answers.append(parts[3]), auto_ack=True)
        asking = pika.BasicProperties(
            type="order.create.v1", user_id=user, reply_to=DIRECT_REPLY, headers=headers
        )
        opened.basic_publish(*address, body, asking)
        for _ in range(150):
            if answers:
                answer: dict[str, Any] = json.loads(answers[0])
                return answer
            opened.connection.process_data_events(0.1)
    raise AssertionError("no answer")

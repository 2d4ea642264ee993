"""Whom RabbitMQ vouches for stays so through retries, deaths and replays."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import aio_pika
import pytest

from contracts import headers, queues
from tests.parity.broker_kit import Collector, order
from tests.servers.shared import Shared
from tests.servers.users import User
from tests.stores import sqlite_store
from worker.broker.rabbitmq import RabbitBroker
from worker.clock import SystemClock
from worker.deadletters.drain import Drain
from worker.deadletters.replay import replay
from worker.runtime.outcome import Ack, Park, Retry
from worker.store.sqlite import SqliteStore


@dataclass(frozen=True)
class Place:
    url: str
    erp: User


@pytest.fixture(scope="module")
def place(servers: Shared) -> Iterator[Place]:
    erp = User(f"erp-{uuid.uuid4().hex[:8]}", configure=".*", write=".*", read=".*")
    with servers.vhost() as url:
        servers.let_in(url, [erp])
        yield Place(url, erp)


@pytest.fixture
async def broker(place: Place) -> AsyncIterator[RabbitBroker]:
    opened = RabbitBroker(place.url, ["k"])
    await opened.start()
    yield opened
    await opened.stop_consuming()
    await opened.close()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    async with sqlite_store(tmp_path) as opened:
        yield opened


async def publish(place: Place, *, user_id: str | None, **fields: str) -> None:
    """Publish a command as erp does, posing as us in a header."""
    message = aio_pika.Message(
        b"{}", user_id=user_id, headers={headers.PUBLISHER: "guest", **fields}
    )
    connection = await aio_pika.connect(place.erp.url(place.url))
    async with connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(queues.COMMANDS_EXCHANGE, ensure=False)
        await exchange.publish(message, "order.create.v1")


@pytest.mark.parametrize("known", [True, False])
async def test_a_retried_message_keeps_its_publisher_and_no_header_changes_that(
    place: Place, broker: RabbitBroker, *, known: bool
) -> None:
    name = place.erp.name if known else ""
    handler = Collector(Retry(1, "once"), Ack())
    await broker.consume(queues.ORDERS, handler, concurrency=1)
    await publish(place, user_id=name or None)
    got = await handler.wait(2)
    assert [(message.user, message.attempt) for message in got] == [(name, 0), (name, 1)]


@pytest.mark.parametrize("known", [True, False])
async def test_a_replay_gives_nobody_our_own_rights(
    place: Place, broker: RabbitBroker, store: SqliteStore, *, known: bool
) -> None:
    name = place.erp.name if known else ""
    handler = Collector(Park("kind", "why"), Ack())
    await broker.consume(queues.ORDERS, handler, concurrency=1)
    await broker.consume(queues.DEAD, Drain(store, SystemClock()).handle, concurrency=1)
    await publish(place, user_id=name or None)
    letter_id = await drained(store)
    assert (await replay(store, broker, [letter_id], SystemClock().now())).complete
    got = await handler.wait(2)
    assert [message.user for message in got] == [name, name]


async def test_a_message_that_rabbitmq_itself_gave_up_keeps_its_publisher(
    place: Place, broker: RabbitBroker
) -> None:
    await publish(place, user_id=place.erp.name)
    connection = await aio_pika.connect(place.url)
    async with connection:
        channel = await connection.channel()
        orders = await channel.get_queue(queues.ORDERS, ensure=False)
        async with asyncio.timeout(10), orders.iterator() as incoming:
            await (await anext(incoming)).reject(requeue=False)
    dead = Collector()
    await broker.consume(queues.DEAD, dead, concurrency=1)
    (got,) = await dead.wait(1)
    assert (got.user, got.headers[headers.PUBLISHER]) == (place.erp.name, place.erp.name)
    assert got.headers[headers.DEAD_QUEUE] == queues.ORDERS


async def test_an_event_comes_once_to_a_queue_that_is_bound_to_all_it_tells(
    place: Place, broker: RabbitBroker
) -> None:
    connection = await aio_pika.connect(place.url)
    async with connection:
        channel = await connection.channel()
        mine = await channel.declare_queue("events.test", exclusive=True)
        for topic in ("order.paid.k", "order.refund_requested.*", "order.issued.k"):
            await mine.bind(queues.EVENTS_EXCHANGE, topic)
        for kinds in (("paid", "refund_requested"), ("verified", "issued"), ("created",)):
            topics = [queues.event_topic_of(kind, "k") for kind in kinds]
            await broker.publish(order(queue=queues.event_address(*topics)))
        got = [await mine.get(no_ack=True) for _ in range(2)]
        assert [message.routing_key for message in got] == ["order.paid.k", "order.verified.k"]
        assert await mine.get(no_ack=True, fail=False) is None


async def drained(store: SqliteStore) -> str:
    async with asyncio.timeout(15):
        while not (letters := await store.dead_letters()):  # noqa: ASYNC110  (another task)
            await asyncio.sleep(0.02)
    return letters[0].id

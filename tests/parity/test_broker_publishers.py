"""Both brokers remember who published a message first, however often we publish it again."""

from contracts import headers, queues
from tests.parity.broker_kit import Collector, Kit, order
from worker.runtime.outcome import Ack, Park, Retry

OURS = {"", "guest"}
"""Nobody but us publishes on the embedded broker; on RabbitMQ it is our login."""


async def test_what_we_publish_is_our_own(kit: Kit) -> None:
    broker = await kit.start()
    handler = Collector()
    await broker.consume(queues.ORDERS, handler, concurrency=1)
    await broker.publish(order())
    (got,) = await handler.wait(1)
    assert got.user in OURS
    assert headers.PUBLISHER not in got.headers


async def test_the_first_publisher_outlives_retry_and_death(kit: Kit) -> None:
    broker = await kit.start()
    handler, dead = Collector(Retry(1, "once"), Park("kind", "why")), Collector(Ack())
    await broker.consume(queues.ORDERS, handler, concurrency=1)
    await broker.consume(queues.DEAD, dead, concurrency=1)
    await broker.publish(order(headers={headers.PUBLISHER: "erp"}))
    got = [*await handler.wait(2), *await dead.wait(1)]
    assert [message.user for message in got] == ["erp"] * 3
    assert [message.headers[headers.PUBLISHER] for message in got] == ["erp"] * 3


async def test_an_event_that_nobody_listens_to_is_published_all_the_same(kit: Kit) -> None:
    broker = await kit.start()
    topics = [queues.event_topic_of(kind, "k") for kind in ("paid", "issued")]
    await broker.publish(order(queue=queues.event_address(*topics), type="order.event.v1"))

"""What publishers and consumers see when the way to RabbitMQ fails."""

import asyncio
import random
import time
from collections.abc import AsyncIterator

import aio_pika
import pytest

from contracts import queues
from tests.integration.proxy import TcpProxy, proxied
from tests.parity.broker_kit import Collector, Gate, order
from worker.broker import connection
from worker.broker.rabbitmq import RabbitBroker
from worker.errors import BrokerUnavailableError, PublishUnknownError

TIMEOUT = 0.8


@pytest.fixture
async def proxy(amqp_url: str) -> AsyncIterator[TcpProxy]:
    async with proxied(amqp_url) as running:
        yield running


@pytest.fixture
async def broker(proxy: TcpProxy) -> AsyncIterator[RabbitBroker]:
    opened = RabbitBroker(proxy.url, ["k"], publish_timeout=TIMEOUT)
    await opened.start()
    yield opened
    proxy.thaw()
    await opened.close()


async def publishes(broker: RabbitBroker, body: bytes = b"{}") -> None:
    """Return once a publish succeeds again."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await broker.publish(order(body))
            except (BrokerUnavailableError, PublishUnknownError):
                await asyncio.sleep(0.05)


async def test_start_fails_at_once_where_nobody_listens(proxy: TcpProxy) -> None:
    await proxy.refuse()
    broker = RabbitBroker(proxy.url, [])
    began = time.monotonic()
    with pytest.raises(BrokerUnavailableError):
        await broker.start()
    assert time.monotonic() - began < 2
    await broker.close()


async def test_start_tells_which_queue_stands_otherwise(amqp_url: str) -> None:
    connection = await aio_pika.connect(amqp_url)
    channel = await connection.channel()
    await channel.declare_queue("ticketbridge.relay.other", durable=True)
    await connection.close()
    broker = RabbitBroker(amqp_url, ["other", "k"])
    with pytest.raises(BrokerUnavailableError, match=r"PRECONDITION_FAILED.*relay\.other"):
        await broker.start()
    await broker.close()


async def test_a_frozen_broker_leaves_the_outcome_unknown(
    proxy: TcpProxy, broker: RabbitBroker
) -> None:
    proxy.freeze()
    began = time.monotonic()
    with pytest.raises(PublishUnknownError):
        await broker.publish(order())
    assert TIMEOUT <= time.monotonic() - began < TIMEOUT + 1
    with pytest.raises((BrokerUnavailableError, PublishUnknownError)):
        await broker.publish(order())
    assert time.monotonic() - began < 2 * TIMEOUT + 2
    assert broker.problems()
    proxy.thaw()
    await publishes(broker)
    assert broker.problems() == []


async def test_messages_are_taken_again_only_when_others_can_be_published(
    proxy: TcpProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: asyncio.Queue[str] = asyncio.Queue()
    connect = connection.Link._connected

    async def trying(link: connection.Link) -> object:
        try:
            return await connect(link)
        except ConnectionError:
            failed.put_nowait("refused")
            raise

    monkeypatch.setattr(connection, "FIRST_BACKOFF_SECONDS", 600)
    monkeypatch.setattr(connection.Link, "_connected", trying)
    broker, taken = RabbitBroker(proxy.url, ["k"], publish_timeout=TIMEOUT), Collector()
    await broker.start()
    await broker.consume(queues.ORDERS, taken, concurrency=1)
    await proxy.refuse()
    async with asyncio.timeout(20):
        assert [await failed.get(), await failed.get()] == ["refused"] * 2, "both wait now"
    await proxy.listen()
    await broker._consuming.until_up(20)
    assert broker._publishing.up
    await publishes(broker)
    await taken.wait(1)
    await broker.close()


async def test_a_queue_that_was_deleted_is_back_when_the_consumers_alone_connect_again(
    broker: RabbitBroker, amqp_url: str
) -> None:
    taken = Collector()
    await broker.consume(queues.ORDERS, taken, concurrency=1)
    other = await aio_pika.connect(amqp_url)
    await (await other.channel()).queue_delete(queues.ORDERS)
    await other.close()
    broker._consuming.drop(broker._consuming.generation)
    await broker._consuming.until_up(20)
    await publishes(broker)
    await taken.wait(1)


async def test_the_timeout_is_five_seconds_by_default(proxy: TcpProxy) -> None:
    broker = RabbitBroker(proxy.url, [])
    await broker.start()
    proxy.freeze()
    began = time.monotonic()
    with pytest.raises(PublishUnknownError):
        await broker.publish(order())
    assert time.monotonic() - began < 5.5
    began = time.monotonic()
    await broker.close()
    assert time.monotonic() - began < 6


async def test_a_lost_connection_fails_fast_as_surely_not_sent(
    proxy: TcpProxy, broker: RabbitBroker
) -> None:
    await proxy.refuse()
    await asyncio.sleep(0.05)  # the loss is known
    began = time.monotonic()
    with pytest.raises(BrokerUnavailableError):
        await broker.publish(order())
    assert time.monotonic() - began < 1.5
    assert broker.problems()
    await proxy.listen()
    await publishes(broker)


async def test_a_connection_lost_before_the_confirm_leaves_the_outcome_unknown(
    proxy: TcpProxy, broker: RabbitBroker
) -> None:
    proxy.mute()
    publishing = asyncio.ensure_future(broker.publish(order(b"written, not confirmed")))
    async with asyncio.timeout(5):
        await proxy.sees(b"written, not confirmed")
    began = time.monotonic()
    proxy.cut()
    proxy.thaw()
    with pytest.raises(PublishUnknownError):
        await publishing
    assert time.monotonic() - began < 0.5


async def test_a_publish_waits_out_a_short_interruption(
    proxy: TcpProxy, broker: RabbitBroker
) -> None:
    proxy.cut()
    await asyncio.sleep(0.05)  # the loss is known, the reconnect under way
    await broker.publish(order())


async def test_a_request_whose_channel_dies_is_answered_with_none_early(
    proxy: TcpProxy, broker: RabbitBroker
) -> None:
    request = asyncio.ensure_future(broker.request(order(), wait=30))
    async with asyncio.timeout(5):
        while await broker.depth(queues.ORDERS) == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    proxy.cut()
    assert await asyncio.wait_for(request, 5) is None


async def test_a_consumer_takes_up_again_and_running_handlers_are_not_cancelled(
    proxy: TcpProxy, broker: RabbitBroker
) -> None:
    gate = Gate()
    await broker.consume(queues.ORDERS, gate, concurrency=2)
    await publishes(broker, b"in hand")
    await gate.wait(1)
    proxy.cut()
    again = (await asyncio.wait_for(gate.wait(2), 3))[1]  # sooner than the watchdog looks
    assert (again.body, again.redelivered) == (b"in hand", True)
    assert gate.at_work == 2
    gate.opened.set()
    await publishes(broker, b"after")
    await gate.wait(3)
    async with asyncio.timeout(10):
        while await broker.depth(queues.ORDERS):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert [m.body for m in gate.messages] == [b"in hand", b"in hand", b"after"]
    assert broker.problems() == []


async def test_the_handler_limit_holds_across_reconnects(
    proxy: TcpProxy, broker: RabbitBroker
) -> None:
    gate = Gate()
    await broker.consume(queues.ORDERS, gate, concurrency=1)
    await publishes(broker, b"one")
    await publishes(broker, b"two")
    await gate.wait(1)
    proxy.cut()
    await publishes(broker, b"three")
    gate.opened.set()
    await gate.wait(4)
    assert gate.most_at_work == 1
    assert {m.body for m in gate.messages} == {b"one", b"two", b"three"}


async def test_a_consumer_on_a_frozen_connection_is_moved_to_a_new_one(
    proxy: TcpProxy, broker: RabbitBroker
) -> None:
    handler = Collector()
    await broker.consume(queues.ORDERS, handler, concurrency=1)
    proxy.freeze()
    async with asyncio.timeout(20):
        while not any("consum" in problem for problem in broker.problems()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    proxy.thaw()
    await publishes(broker)
    await handler.wait(1)


async def test_no_number_of_cuts_at_any_moment_keeps_it_down(
    proxy: TcpProxy, broker: RabbitBroker
) -> None:
    handler = Collector()
    await broker.consume(queues.ORDERS, handler, concurrency=4)
    dice, confirmed = random.Random(7), []

    async def publish(body: bytes) -> None:
        try:
            await broker.publish(order(body))
        except (BrokerUnavailableError, PublishUnknownError):
            return
        confirmed.append(body)

    for n in range(40):
        proxy.cut()
        await asyncio.sleep(dice.uniform(0, 0.15))  # in the midst of connecting, declaring, ...
        await publish(b"%d" % n)
    await publishes(broker, b"last")
    async with asyncio.timeout(20):
        while broker.problems() or b"last" not in {m.body for m in handler.messages}:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert {message.body for message in handler.messages} >= set(confirmed)


async def test_close_does_not_wait_for_a_frozen_peer(proxy: TcpProxy) -> None:
    broker = RabbitBroker(proxy.url, [])
    await broker.start()
    await broker.consume(queues.ORDERS, Gate(), concurrency=1)
    await broker.publish(order())
    proxy.freeze()
    began = time.monotonic()
    await broker.close()
    assert time.monotonic() - began < 6


async def test_a_channel_that_closes_late_takes_no_connection_with_it(
    proxy: TcpProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "CLOSE_TIMEOUT_SECONDS", 0.05)
    lasting = await aio_pika.connect(proxy.url)
    channel = await lasting.channel()
    proxy.mute()
    await connection.close_channel(channel)
    proxy.thaw()
    for _ in range(2):  # the second comes after the answer to what the first found on its way
        another = await lasting.channel()
        await another.declare_queue(exclusive=True)
    assert not lasting.is_closed
    await lasting.close()

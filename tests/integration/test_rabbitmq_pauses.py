"""A pause on RabbitMQ outlives connections, and neither the watchdog nor /readyz minds it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from contracts import queues
from tests.integration.proxy import TcpProxy, proxied
from tests.parity.broker_kit import PATIENCE, Collector, Gate, order, settles
from worker.broker import watchdog
from worker.broker.rabbitmq import RabbitBroker
from worker.errors import BrokerUnavailableError, PublishUnknownError


@pytest.fixture
async def proxy(amqp_url: str) -> AsyncIterator[TcpProxy]:
    async with proxied(amqp_url) as running:
        yield running


@pytest.fixture
async def broker(proxy: TcpProxy) -> AsyncIterator[RabbitBroker]:
    opened = RabbitBroker(proxy.url, ["k"])
    await opened.start()
    yield opened
    await opened.close()


async def heals(broker: RabbitBroker) -> None:
    """Return once the connections stand again and a publish gets through."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await broker.publish(order(queue=queues.QUERIES))
            except (BrokerUnavailableError, PublishUnknownError):
                await asyncio.sleep(0.05)
                continue
            if not broker.problems():
                return
            await asyncio.sleep(0.05)


async def test_a_queue_that_is_paused_when_the_connection_comes_back_stays_paused(
    proxy: TcpProxy, broker: RabbitBroker
) -> None:
    handler, other = Collector(), Collector()
    await broker.consume(queues.ORDERS, handler, concurrency=2)
    await broker.consume(queues.QUERIES, other, concurrency=2)
    await broker.pause(queues.ORDERS)
    await broker.publish(order())
    proxy.cut()
    await heals(broker)
    await other.wait(1)
    assert handler.messages == []
    await settles(broker, queues.ORDERS, 1)
    await broker.resume(queues.ORDERS)
    await handler.wait(1)


async def test_a_resume_without_a_connection_holds_for_when_it_is_back(
    proxy: TcpProxy, broker: RabbitBroker
) -> None:
    gate = Gate()
    await broker.consume(queues.ORDERS, gate, concurrency=3)
    await broker.pause(queues.ORDERS)
    for _ in range(3):
        await broker.publish(order())
    await proxy.refuse()
    await broker.resume(queues.ORDERS, at_most=1)
    assert broker.paused() == []
    await proxy.listen()
    await gate.wait(1)
    await heals(broker)
    assert gate.at_work == 1
    gate.opened.set()
    await gate.wait(3)
    assert gate.most_at_work == 1


async def test_a_pause_without_a_connection_holds_too(
    proxy: TcpProxy, broker: RabbitBroker
) -> None:
    handler = Collector()
    await broker.consume(queues.ORDERS, handler, concurrency=3)
    await proxy.refuse()
    await asyncio.wait_for(broker.pause(queues.ORDERS), PATIENCE)
    await proxy.listen()
    await heals(broker)
    await broker.publish(order())
    await settles(broker, queues.ORDERS, 1)
    assert handler.messages == []


async def test_the_watchdog_leaves_a_paused_queue_alone(
    broker: RabbitBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "INTERVAL_SECONDS", 0.1)
    handler, other = Collector(), Collector()
    await broker.consume(queues.ORDERS, handler, concurrency=2)
    await broker.pause(queues.ORDERS)
    await broker.publish(order())
    await broker.consume(queues.QUERIES, other, concurrency=1)
    for number in range(1, 6):
        await broker.publish(order(queue=queues.QUERIES))
        await other.wait(number)
        await asyncio.sleep(0.1)  # it looks meanwhile
        assert broker.problems() == []
    assert handler.messages == []


async def test_no_pause_takes_a_message_from_a_living_channel_twice(broker: RabbitBroker) -> None:
    """With one message at a time nothing is ever handed back: 110 pauses cost no delivery."""
    handler = Collector()
    dead = Collector()
    await broker.consume(queues.DEAD, dead, concurrency=1)
    await broker.pause(queues.ORDERS)
    await broker.consume(queues.ORDERS, handler, concurrency=4)
    for number in range(1, 111):
        await broker.publish(order())
        await broker.resume(queues.ORDERS, at_most=1)
        await handler.wait(number)
        await broker.pause(queues.ORDERS)
    assert not any(message.redelivered for message in handler.messages)
    assert len(handler.messages) == 110
    await settles(broker, queues.ORDERS, 0)
    assert dead.messages == []

"""Many queues are asked about at once, and each answer is that of its queue."""

import asyncio
from collections.abc import AsyncIterator

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelClosed

from contracts import queues
from tests.parity.broker_kit import PATIENCE, Collector, order
from worker.broker import census
from worker.broker.rabbitmq import RabbitBroker

ASKED = [queues.QUERIES, queues.ORDERS, queues.NOTICES] * census.AT_ONCE


@pytest.fixture
async def channel(amqp_url: str) -> AsyncIterator[AbstractChannel]:
    broker = RabbitBroker(amqp_url, [])
    await broker.start()
    await broker.publish(order())
    await broker.consume(queues.NOTICES, Collector(), concurrency=1)
    async with await aio_pika.connect(amqp_url) as connection:
        yield await connection.channel()
    await broker.close()


async def seen(channel: AbstractChannel) -> list[tuple[object, ...]]:
    told = await census.ask(channel, ASKED)
    return [(one.queue, one.message_count, one.consumer_count) for one in told]


async def test_each_queue_is_told_of_in_its_place(channel: AbstractChannel) -> None:
    expected = [(queues.QUERIES, 0, 0), (queues.ORDERS, 1, 0), (queues.NOTICES, 0, 1)]
    async with asyncio.timeout(PATIENCE):
        while await seen(channel) != expected * census.AT_ONCE:  # noqa: ASYNC110  (as a depth)
            await asyncio.sleep(0.02)
    assert await census.ask(channel, []) == []


async def test_others_may_use_the_channel_meanwhile(channel: AbstractChannel) -> None:
    one, told, again = await asyncio.gather(
        channel.declare_queue(queues.ORDERS, passive=True),
        census.ask(channel, ASKED),
        census.ask(channel, ASKED),
    )
    assert one.declaration_result.queue == queues.ORDERS
    assert len(told) == len(again) == len(ASKED)


async def test_a_queue_that_is_not_there_ends_it(channel: AbstractChannel) -> None:
    with pytest.raises(ChannelClosed):
        await census.ask(channel, [queues.ORDERS, "nobody.knows", queues.QUERIES])

"""What stands on RabbitMQ, and what of others' messages reaches us."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import ChannelClosed, ChannelPreconditionFailed

from contracts import headers, queues
from tests.parity.broker_kit import Collector, Gate, order
from worker.broker.rabbitmq import RabbitBroker
from worker.broker.settle import DELIVERY_LIMIT
from worker.runtime.outcome import Ack, Retry

WORK = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 100,
    "x-overflow": "reject-publish",
    "x-dead-letter-strategy": "at-least-once",
    "x-dead-letter-exchange": "ticketbridge.dead",
}
SECONDS = {
    "1s": 1,
    "5s": 5,
    "30s": 30,
    "2m": 120,
    "10m": 600,
    "30m": 1800,
    "2h": 7200,
    "6h": 21600,
    "24h": 86400,
}


def tier(seconds: int) -> dict[str, Any]:
    return {**WORK, "x-dead-letter-exchange": "", "x-message-ttl": seconds * 1000}


EXPECTED = {
    "ticketbridge.orders": WORK,
    "ticketbridge.queries": WORK,
    "ticketbridge.sms": WORK,
    "ticketbridge.notices": WORK,
    "ticketbridge.relay.k": WORK,
    "ticketbridge.dead": {"x-queue-type": "quorum", "x-delivery-limit": 1_000_000_000},
    **{f"ticketbridge.delay.{name}": tier(seconds) for name, seconds in SECONDS.items()},
}


@pytest.fixture
async def broker(amqp_url: str) -> AsyncIterator[RabbitBroker]:
    opened = RabbitBroker(amqp_url, ["k"])
    await opened.start()
    yield opened
    await opened.close()


@pytest.fixture
async def connection(
    amqp_url: str,
    broker: RabbitBroker,  # noqa: ARG001  (it declares what is looked at)
) -> AsyncIterator[aio_pika.abc.AbstractConnection]:
    opened = await aio_pika.connect(amqp_url)
    yield opened
    await opened.close()


@pytest.fixture
async def channel(connection: aio_pika.abc.AbstractConnection) -> AbstractChannel:
    return await connection.channel()


async def raw(
    channel: AbstractChannel, queue: str, *, no_ack: bool = True
) -> AbstractIncomingMessage:
    """Return the next message of a queue, as RabbitMQ has it."""
    source = await channel.get_queue(queue)
    async with asyncio.timeout(10):
        while True:
            if message := await source.get(fail=False, no_ack=no_ack):
                return message
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("name", EXPECTED)
async def test_queues_stand_with_the_arguments_of_the_design(
    name: str, connection: aio_pika.abc.AbstractConnection
) -> None:
    arguments = EXPECTED[name]
    channel = await connection.channel()
    await channel.declare_queue(name, durable=True, arguments=arguments)
    for argument in arguments:
        less = {key: value for key, value in arguments.items() if key != argument}
        channel = await connection.channel()
        with pytest.raises(ChannelPreconditionFailed):
            await channel.declare_queue(name, durable=True, arguments=less)


@pytest.mark.parametrize("name", SECONDS)
async def test_a_delay_exchange_leads_into_its_tier(name: str, channel: AbstractChannel) -> None:
    tiers = queues.delay_queue(name)
    exchange = await channel.get_exchange(tiers)
    await exchange.publish(aio_pika.Message(b"x"), "nobody.home")
    assert (await raw(channel, tiers)).routing_key == "nobody.home"


async def test_an_upstream_command_arrives_without_any_property(
    broker: RabbitBroker, channel: AbstractChannel
) -> None:
    handler = Collector(Retry(1, "once"), Ack())
    await broker.consume(queues.ORDERS, handler, concurrency=1)
    exchange = await channel.get_exchange(queues.COMMANDS_EXCHANGE)
    odd: dict[str, Any] = {"n": 7, "yes": True, "blob": bytearray(b"\xff"), "CC": ["no.order"]}
    await exchange.publish(aio_pika.Message(b'{"a":1}', headers=odd), "order.create.v1")
    first, second = await handler.wait(2)
    assert (first.type, first.attempt, first.correlation_id, first.reply_to) == ("", 0, "", "")
    assert first.headers == {"n": "7", "yes": "True", "blob": "\ufffd", "tb-user": ""}
    assert first.message_id
    assert (second.message_id, second.attempt) == (first.message_id, 1)


async def test_a_copy_address_of_upstream_is_not_served_again_on_a_retry(
    broker: RabbitBroker, channel: AbstractChannel
) -> None:
    handler = Collector(Retry(1, "once"), Ack())
    await broker.consume(queues.ORDERS, handler, concurrency=1)
    copied = aio_pika.Message(b"{}", headers={"CC": [queues.NOTICES]})
    await channel.default_exchange.publish(copied, queues.ORDERS)
    await handler.wait(2)
    await broker.publish(order())
    await handler.wait(3)
    assert await broker.depth(queues.NOTICES) == 1


async def test_an_upstream_message_id_and_type_are_kept(
    broker: RabbitBroker, channel: AbstractChannel
) -> None:
    handler = Collector()
    await broker.consume(queues.ORDERS, handler, concurrency=1)
    sent = aio_pika.Message(b"{}", message_id="upstream-1", type="order.cancel.v1", reply_to="r")
    exchange = await channel.get_exchange(queues.COMMANDS_EXCHANGE)
    await exchange.publish(sent, "order.cancel.v1")
    got = (await handler.wait(1))[0]
    assert (got.message_id, got.type, got.reply_to) == ("upstream-1", "order.cancel.v1", "r")


@pytest.mark.parametrize(
    ("kind", "queue"),
    [
        ("order.create.v1", queues.ORDERS),
        ("order.refund.v1", queues.ORDERS),
        ("voucher.resend.v1", queues.ORDERS),
        ("query.order.v1", queues.QUERIES),
        ("query.price.v1", queues.QUERIES),
    ],
)
async def test_the_commands_exchange_leads_each_type_into_its_queue(
    kind: str, queue: str, channel: AbstractChannel
) -> None:
    exchange = await channel.get_exchange(queues.COMMANDS_EXCHANGE)
    await exchange.publish(aio_pika.Message(b"x"), kind)
    assert (await raw(channel, queue)).routing_key == kind


async def test_each_publish_is_persistent_and_has_an_amqp_message_id_of_its_own(
    broker: RabbitBroker, channel: AbstractChannel
) -> None:
    message = order()
    await broker.publish(message)
    await broker.publish(message)
    one, two = await raw(channel, queues.ORDERS), await raw(channel, queues.ORDERS)
    assert one.message_id != two.message_id
    assert one.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    assert one.content_type == "application/json"


async def test_copied_death_headers_are_stripped_so_that_no_retry_is_taken_for_a_circle(
    broker: RabbitBroker, channel: AbstractChannel
) -> None:
    handler = Collector(*[Retry(1, "busy")] * 3, Ack())
    await broker.consume(queues.ORDERS, handler, concurrency=1)
    copied = {
        "x-death": [
            {
                "queue": queues.delay_queue("1s"),
                "reason": "expired",
                "count": 1,
                "exchange": queues.delay_queue("1s"),
                "routing-keys": [queues.ORDERS],
            }
        ],
        "x-first-death-queue": queues.ORDERS,
        "x-first-death-reason": "expired",
        "x-first-death-exchange": "",
        "x-delivery-count": 3,
        "kept": "yes",
    }
    wire = aio_pika.Message(b"{}", headers=copied)  # type: ignore[arg-type]
    await channel.default_exchange.publish(wire, queues.ORDERS)
    got = await handler.wait(4)
    assert [message.attempt for message in got] == [0, 1, 2, 3]
    assert all(message.headers == {"kept": "yes", "tb-user": ""} for message in got)


async def test_what_comes_home_died_once_in_its_tier_alone(
    broker: RabbitBroker, channel: AbstractChannel
) -> None:
    await broker.publish(order(), delay=1)
    deaths: Any = (await raw(channel, queues.ORDERS)).headers["x-death"]
    assert [(death["queue"], death["reason"]) for death in deaths] == [
        (queues.delay_queue("1s"), "expired")
    ]


async def test_a_message_that_the_broker_gives_up_is_a_dead_letter_like_any_other(
    broker: RabbitBroker, channel: AbstractChannel
) -> None:
    dead = Collector()
    await broker.consume(queues.DEAD, dead, concurrency=1)
    message = order(b"poison", headers={"order_num": "1"})
    await broker.publish(message)
    for _ in range(DELIVERY_LIMIT + 1):
        await (await raw(channel, queues.ORDERS, no_ack=False)).nack(requeue=True)
    letter = (await dead.wait(1))[0]
    assert (letter.body, letter.message_id) == (b"poison", message.message_id)
    assert letter.headers["order_num"] == "1"
    assert letter.headers[headers.DEAD_KIND] == "delivery_limit"
    assert letter.headers[headers.DEAD_QUEUE] == queues.ORDERS
    told = headers.DEAD_HEADERS - {headers.DEAD_FIRST_ID}  # it died under its own name
    assert set(letter.headers) == {"order_num"} | told


async def test_a_channel_of_any_name_has_its_queue(amqp_url: str) -> None:
    key = "渠道 'x' 100%"
    broker = RabbitBroker(amqp_url, [key])
    await broker.start()
    handler = Collector()
    await broker.consume(queues.relay_queue(key), handler, concurrency=1)
    await broker.publish(order(queue=queues.relay_queue(key)), delay=1)
    await handler.wait(1)
    await broker.close()


async def test_a_deleted_queue_is_made_again_and_consumed(
    broker: RabbitBroker, channel: AbstractChannel
) -> None:
    handler = Collector()
    await broker.consume(queues.ORDERS, handler, concurrency=1)
    await channel.queue_delete(queues.ORDERS)
    async with asyncio.timeout(20):
        while True:
            try:
                await (await channel.get_exchange(queues.COMMANDS_EXCHANGE)).publish(
                    aio_pika.Message(b"{}"), "order.create.v1", mandatory=True
                )
                await broker.publish(order(b"after"))
                break
            except Exception:  # noqa: BLE001  (until it is back)
                await asyncio.sleep(0.1)
    await handler.wait(1)
    async with asyncio.timeout(10):
        while broker.problems():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_closed_consumer_channel_is_replaced_and_its_messages_come_again(
    broker: RabbitBroker,
) -> None:
    gate = Gate()
    await broker.consume(queues.ORDERS, gate, concurrency=1)
    await broker.publish(order())
    await gate.wait(1)
    lost = broker._consumers[queues.ORDERS]._current
    assert lost is not None
    with pytest.raises(ChannelClosed):
        await (await lost.channel.get_queue("no such queue")).get()
    gate.opened.set()
    again = (await asyncio.wait_for(gate.wait(2), 3))[1]  # sooner than the watchdog looks
    assert again.redelivered


async def test_a_silently_lost_consumer_is_found_by_the_brokers_count(
    broker: RabbitBroker,
) -> None:
    handler = Collector()
    await broker.consume(queues.ORDERS, handler, concurrency=1)
    lost = broker._consumers[queues.ORDERS]._current
    assert lost is not None
    await lost.beneath.basic_cancel(lost.tag)
    await broker.publish(order())
    await handler.wait(1)

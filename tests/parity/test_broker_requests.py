"""Both brokers answer requests in the same way."""

import asyncio
import time

from contracts import queues
from tests.parity.broker_kit import Collector, Kit, order, settles
from worker.runtime.outcome import Ack, Outcome
from worker.runtime.ports import Broker, Handler, Message


def echo(broker: Broker) -> Handler:
    """Return a handler that replies with the body it got."""

    async def handle(message: Message) -> Outcome:
        await broker.reply(message.reply_to, message.correlation_id, b"re:" + message.body)
        return Ack()

    return handle


async def test_a_request_gets_its_reply(kit: Kit) -> None:
    broker = await kit.start()
    await broker.consume(queues.ORDERS, echo(broker), concurrency=4)
    assert await broker.request(order("你好".encode()), wait=5) == "re:你好".encode()


async def test_requests_at_once_get_each_its_own_reply_even_under_one_correlation_id(
    kit: Kit,
) -> None:
    broker = await kit.start()
    await broker.consume(queues.ORDERS, echo(broker), concurrency=4)
    bodies = [b"%d" % n for n in range(30)]
    replies = await asyncio.gather(
        *(broker.request(order(body, correlation_id="same"), wait=5) for body in bodies)
    )
    assert replies == [b"re:" + body for body in bodies]


async def test_a_reply_reaches_a_requester_in_another_process(kit: Kit) -> None:
    ingress, saga = await kit.start(), await kit.start()
    await saga.consume(queues.ORDERS, echo(saga), concurrency=1)
    assert await ingress.request(order(b"x"), wait=5) == b"re:x"


async def test_without_a_reply_the_wait_ends_and_the_message_is_kept(kit: Kit) -> None:
    broker = await kit.start()
    began = time.monotonic()
    assert await broker.request(order(), wait=0.2) is None
    assert 0.2 <= time.monotonic() - began < 2
    assert await broker.depth(queues.ORDERS) == 1


async def test_a_reply_that_nobody_awaits_does_no_harm(kit: Kit) -> None:
    broker = await kit.start()
    handler = Collector()
    await broker.consume(queues.ORDERS, handler, concurrency=1)
    assert await broker.request(order(b"late"), wait=0.05) is None
    late = (await handler.wait(1))[0]
    await broker.reply(late.reply_to, late.correlation_id, b"too late")
    for address in ("", "nowhere", "embedded.gone", "reply.gone", "amq.rabbitmq.reply-to.gone"):
        await broker.reply(address, "c", b"{}")
    await broker.consume(queues.NOTICES, echo(broker), concurrency=1)
    assert await broker.request(order(b"x", queue=queues.NOTICES), wait=5) == b"re:x"


async def test_a_reply_is_never_put_in_a_queue_of_ours(kit: Kit) -> None:
    broker = await kit.start()
    for address in (queues.ORDERS, queues.DEAD, queues.delay_queue("1s")):
        await broker.reply(address, "c", b"{}")
    await broker.publish(order())
    await settles(broker, queues.ORDERS, 1)
    assert await broker.depth(queues.DEAD) == 0


async def test_a_retried_request_can_still_be_answered(kit: Kit) -> None:
    broker = await kit.start()
    answer = echo(broker)

    async def fail_first(message: Message) -> Outcome:
        if message.attempt == 0:
            raise RuntimeError
        return await answer(message)

    await broker.consume(queues.ORDERS, fail_first, concurrency=1)
    assert await broker.request(order(b"x"), wait=5) == b"re:x"


def is_last(body: bytes) -> bool:
    return not body.startswith(b"so far")


def step_by_step(broker: Broker, *replies: bytes) -> Handler:
    """Return a handler that replies several times."""

    async def handle(message: Message) -> Outcome:
        for body in replies:
            await broker.reply(message.reply_to, message.correlation_id, body)
        return Ack()

    return handle


async def test_an_interim_reply_does_not_end_the_wait_for_the_final_one(kit: Kit) -> None:
    ingress, saga = await kit.start(), await kit.start()
    for broker in (ingress, saga):
        replies = step_by_step(broker, b"so far 1", b"so far 2", b"done", b"too late")
        await broker.consume(queues.ORDERS, replies, concurrency=1)
        assert await ingress.request(order(), wait=5, final=is_last) == b"done"
        await broker.stop_consuming()


async def test_the_last_interim_reply_is_returned_when_no_final_one_comes(kit: Kit) -> None:
    ingress, saga = await kit.start(), await kit.start()
    for broker in (ingress, saga):
        replies = step_by_step(broker, b"so far 1", b"so far 2")
        await broker.consume(queues.ORDERS, replies, concurrency=1)
        began = time.monotonic()
        assert await ingress.request(order(), wait=0.8, final=is_last) == b"so far 2"
        assert time.monotonic() - began >= 0.8
        await broker.stop_consuming()

"""Both brokers carry out a handler's word in the same way: retry, park, an error."""

import asyncio
import time
from datetime import datetime

import pytest

from contracts import headers, queues
from tests.parity.broker_kit import Collector, Kit, order, settles
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import Message


async def test_a_retry_comes_again_after_the_delay_with_one_attempt_more(kit: Kit) -> None:
    broker = await kit.start()
    handler = Collector(Retry(0.1, "busy"), Retry(1, "busy"), Ack())
    await broker.consume(queues.ORDERS, handler, concurrency=1)
    message = order("票".encode(), headers={"order_num": "1"}, correlation_id="c")
    began = time.monotonic()
    await broker.publish(message)
    first, second, third = await handler.wait(3)
    assert 2.0 <= time.monotonic() - began < 5.0
    assert [m.attempt for m in (first, second, third)] == [0, 1, 2]
    assert not second.redelivered
    for got in (second, third):
        assert (got.queue, got.body, got.message_id) == (
            message.queue,
            message.body,
            message.message_id,
        )
        assert (got.headers, got.correlation_id) == (message.headers, "c")
    await settles(broker, queues.ORDERS, 0)


async def test_a_retry_that_does_not_count_costs_no_attempt(kit: Kit) -> None:
    broker = await kit.start()
    handler = Collector(Retry(1, "busy"), Retry(1, "not its fault", counted=False), Ack())
    await broker.consume(queues.ORDERS, handler, concurrency=1)
    await broker.publish(order())
    assert [m.attempt for m in await handler.wait(3)] == [0, 1, 1]


async def test_a_delayed_publish_waits_for_the_whole_tier(kit: Kit) -> None:
    broker = await kit.start()
    handler = Collector()
    await broker.consume(queues.ORDERS, handler, concurrency=1)
    began = time.monotonic()
    await broker.publish(order(b"later"), delay=0.2)
    await broker.publish(order(b"now"))
    now, later = await handler.wait(2)
    assert time.monotonic() - began >= 1.0
    assert (now.body, later.body, later.attempt) == (b"now", b"later", 0)


async def test_a_long_delay_does_not_hold_up_a_short_one(kit: Kit) -> None:
    broker = await kit.start()
    handler = Collector()
    await broker.consume(queues.ORDERS, handler, concurrency=1)
    await broker.publish(order(b"long"), delay=30)
    await broker.publish(order(b"short"), delay=1)
    assert (await handler.wait(1))[0].body == b"short"


async def test_what_is_parked_lies_in_the_dead_queue_with_its_reason(kit: Kit) -> None:
    broker = await kit.start()
    dead = Collector()
    await broker.consume(queues.DEAD, dead, concurrency=1)
    await broker.consume(queues.ORDERS, Collector(Park("订单", "no such order")), concurrency=1)
    message = order(b"x", headers={"order_num": "1"}, correlation_id="c", attempt=4)
    await broker.publish(message)
    letter = (await dead.wait(1))[0]
    assert (letter.queue, letter.attempt) == (queues.DEAD, 0)
    assert (letter.type, letter.body, letter.message_id, letter.correlation_id) == (
        message.type,
        b"x",
        message.message_id,
        "c",
    )
    assert letter.headers["order_num"] == "1"
    assert letter.headers[headers.DEAD_KIND] == "订单"
    assert letter.headers[headers.DEAD_REASON] == "no such order"
    assert letter.headers[headers.DEAD_QUEUE] == queues.ORDERS
    assert letter.headers[headers.DEAD_ATTEMPTS] == "5"
    assert datetime.fromisoformat(letter.headers[headers.DEAD_AT]).tzinfo is not None
    await settles(broker, queues.ORDERS, 0)


async def test_a_dead_letter_that_is_parked_waits_instead_of_turning_in_circles(kit: Kit) -> None:
    broker = await kit.start()
    dead = Collector(Park("again", "no"), Ack())
    await broker.consume(queues.ORDERS, Collector(Park("first", "no")), concurrency=1)
    await broker.consume(queues.DEAD, dead, concurrency=1)
    began = time.monotonic()
    await broker.publish(order())
    _, again = await dead.wait(2)
    assert time.monotonic() - began >= 1.0
    assert (again.attempt, again.headers[headers.DEAD_KIND]) == (1, "first")


@pytest.mark.parametrize("error", [RuntimeError("张三 13800000000"), asyncio.CancelledError()])
async def test_a_handler_that_raises_gets_the_message_again(
    kit: Kit, error: BaseException, capfd: pytest.CaptureFixture[str]
) -> None:
    broker = await kit.start()
    handler = Collector()

    async def raises_once(message: Message) -> Outcome:
        outcome = await handler(message)
        if message.attempt == 0:
            raise error
        return outcome

    await broker.consume(queues.ORDERS, raises_once, concurrency=1)
    await broker.publish(order())
    first, second = await handler.wait(2)
    assert (first.attempt, second.attempt) == (0, 1)
    await settles(broker, queues.ORDERS, 0)
    assert "13800000000" not in "".join(capfd.readouterr())

"""Both brokers keep the same promises: publishing, taking, keeping, handing out again."""

import asyncio

import pytest

from contracts import queues
from tests.parity.broker_kit import Collector, Gate, Kit, order, settles
from worker.errors import BrokerUnavailableError
from worker.runtime.outcome import Ack

FAST = queues.relay_queue("fast")
SLOW = queues.relay_queue("slow")


async def test_a_message_arrives_as_it_was_published_and_is_gone_once_acknowledged(
    kit: Kit,
) -> None:
    broker = await kit.start()
    handler = Collector()
    await broker.consume(queues.ORDERS, handler, concurrency=4)
    message = order(
        bytes(range(256)),
        type="订单.创建",
        headers={"order_num": "a72cfc", "名": "张三 🎫", "empty": "", "number": "7"},
        correlation_id="关联-1",
    )
    await broker.publish(message)
    assert await handler.wait(1) == [message]
    await settles(broker, queues.ORDERS, 0)


async def test_messages_published_before_anybody_consumes_wait_in_order(kit: Kit) -> None:
    broker = await kit.start()
    messages = [order(bytes([n])) for n in range(20)]
    for message in messages:
        await broker.publish(message)
    assert await broker.depth(queues.ORDERS) == 20
    handler = Collector()
    await broker.consume(queues.ORDERS, handler, concurrency=1)
    assert await handler.wait(20) == messages


async def test_many_publishes_at_once_all_arrive_once(kit: Kit) -> None:
    broker = await kit.start()
    handler = Collector()
    await broker.consume(queues.ORDERS, handler, concurrency=8)
    messages = [order() for _ in range(300)]
    await asyncio.gather(*(broker.publish(message) for message in messages))
    got = await handler.wait(300)
    assert sorted(m.message_id for m in got) == sorted(m.message_id for m in messages)
    await settles(broker, queues.ORDERS, 0)
    assert len(handler.messages) == 300


async def test_messages_outlive_the_adapter(kit: Kit) -> None:
    first = await kit.start()
    message = order()
    await first.publish(message)
    await kit.close(first)
    second = await kit.start()
    handler = Collector()
    await second.consume(queues.ORDERS, handler, concurrency=1)
    assert await handler.wait(1) == [message]


async def test_what_was_handed_out_and_not_acknowledged_comes_again(kit: Kit) -> None:
    first = await kit.start()
    stuck = Gate()
    await first.consume(queues.ORDERS, stuck, concurrency=1)
    await first.publish(order(b"one"))
    assert not (await stuck.wait(1))[0].redelivered
    await kit.close(first)
    second = await kit.start()
    handler = Collector()
    await second.consume(queues.ORDERS, handler, concurrency=1)
    again = (await handler.wait(1))[0]
    assert (again.body, again.redelivered, again.attempt) == (b"one", True, 0)


async def test_no_more_than_the_asked_number_are_handled_at_a_time(kit: Kit) -> None:
    broker = await kit.start()
    gate = Gate()
    await broker.consume(queues.ORDERS, gate, concurrency=3)
    await asyncio.gather(*(broker.publish(order()) for _ in range(10)))
    await gate.wait(3)
    await broker.publish(order())
    assert gate.at_work == 3
    gate.opened.set()
    await gate.wait(11)
    assert gate.most_at_work == 3


async def test_messages_in_hand_count_towards_the_depth(kit: Kit) -> None:
    broker = await kit.start()
    gate = Gate()
    await broker.consume(queues.ORDERS, gate, concurrency=1)
    for _ in range(3):
        await broker.publish(order())
    await gate.wait(1)
    await settles(broker, queues.ORDERS, 3)
    gate.opened.set()
    await settles(broker, queues.ORDERS, 0)


async def test_a_slow_channel_does_not_hold_up_another(kit: Kit) -> None:
    broker = await kit.start()
    slow, fast = Gate(), Collector()
    await broker.consume(SLOW, slow, concurrency=2)
    await broker.consume(FAST, fast, concurrency=2)
    for _ in range(20):
        await broker.publish(order(queue=SLOW))
    for _ in range(20):
        await broker.publish(order(queue=FAST))
    await fast.wait(20)
    assert len(slow.messages) == 2


async def test_stopping_waits_for_the_handlers_at_work_and_hands_the_rest_back(kit: Kit) -> None:
    broker = await kit.start()
    gate = Gate()
    await broker.consume(queues.ORDERS, gate, concurrency=1)
    for _ in range(3):
        await broker.publish(order())
    await gate.wait(1)
    stopping = asyncio.ensure_future(broker.stop_consuming())
    done, _ = await asyncio.wait([stopping], timeout=0.3)
    assert not done
    gate.opened.set()
    await asyncio.wait_for(stopping, 5)
    await broker.publish(order())  # publishing goes on
    assert len(gate.messages) == 1
    await settles(broker, queues.ORDERS, 3)
    other, rest = await kit.start(), Collector()
    await other.consume(queues.ORDERS, rest, concurrency=1)
    await rest.wait(3)


async def test_a_queue_that_nobody_declared_takes_nothing(kit: Kit) -> None:
    broker = await kit.start()
    for delay in (0, 1):
        with pytest.raises(BrokerUnavailableError):
            await broker.publish(order(queue=queues.relay_queue("unknown")), delay=delay)
    await broker.publish(order())  # and the broker is none the worse for it


async def test_two_brokers_share_a_queue_and_no_message_is_handled_twice(kit: Kit) -> None:
    one, two, handler = await kit.start(), await kit.start(), Collector()
    await one.consume(queues.ORDERS, handler, concurrency=2)
    await two.consume(queues.ORDERS, handler, concurrency=2)
    await asyncio.gather(*((one, two)[n % 2].publish(order()) for n in range(100)))
    got = await handler.wait(100)
    await settles(one, queues.ORDERS, 0)
    assert len({message.message_id for message in got}) == len(got) == 100


async def test_a_message_published_elsewhere_reaches_the_consumer(kit: Kit) -> None:
    worker, command_line, handler = await kit.start(), await kit.start(), Collector()
    await worker.consume(queues.ORDERS, handler, concurrency=1)
    await command_line.publish(order())
    await handler.wait(1)


async def test_a_working_broker_reports_no_problem(kit: Kit) -> None:
    broker = await kit.start()
    await broker.consume(queues.ORDERS, Collector(Ack()), concurrency=1)
    assert broker.problems() == []

"""Both brokers pause and resume a queue in the same way, and count it against no message."""

import asyncio

from contracts import queues
from tests.parity.broker_kit import PATIENCE, Collector, Gate, Kit, order, settles
from worker.runtime.outcome import Ack, Outcome
from worker.runtime.ports import Broker, Handler, Message

FAST = queues.relay_queue("fast")


async def nothing_comes(handler: Collector, broker: Broker) -> None:
    """Return once a message of another queue went through, and none of this one did."""
    before = len(handler.messages)
    other = Collector()
    await broker.consume(queues.QUERIES, other, concurrency=1)
    for number in range(1, 4):
        await broker.publish(order(queue=queues.QUERIES))
        await other.wait(number)
        await asyncio.sleep(0.1)
    assert len(handler.messages) == before


async def test_a_paused_queue_keeps_its_messages_and_others_go_on(kit: Kit) -> None:
    broker, handler = await kit.start(), Collector()
    await broker.consume(queues.ORDERS, handler, concurrency=4)
    await broker.publish(order())
    await handler.wait(1)
    await broker.pause(queues.ORDERS)
    sent = [order() for _ in range(5)]
    for message in sent:
        await broker.publish(message)
    await nothing_comes(handler, broker)
    assert broker.paused() == [queues.ORDERS]
    assert broker.problems() == []
    await settles(broker, queues.ORDERS, 5)
    await broker.resume(queues.ORDERS)
    got = (await handler.wait(6))[1:]
    assert sorted(m.message_id for m in got) == sorted(m.message_id for m in sent)
    assert {(m.attempt, m.redelivered) for m in got} == {(0, False)}
    assert broker.paused() == []
    await settles(broker, queues.ORDERS, 0)


async def test_what_is_in_hand_ends_by_itself_and_what_was_not_begun_goes_to_others(
    kit: Kit,
) -> None:
    broker, gate = await kit.start(), Gate()
    await broker.consume(queues.ORDERS, gate, concurrency=2)
    for _ in range(6):
        await broker.publish(order())
    await gate.wait(2)
    async with asyncio.timeout(PATIENCE):
        await broker.pause(queues.ORDERS)
    other, rest = await kit.start(), Collector()
    await other.consume(queues.ORDERS, rest, concurrency=1)
    taken = await rest.wait(4)
    assert {m.attempt for m in taken} == {0}
    gate.opened.set()
    await settles(broker, queues.ORDERS, 0)
    assert len(gate.messages) == 2
    assert len({m.message_id for m in [*gate.messages, *rest.messages]}) == 6


async def test_after_a_resume_what_is_still_in_hand_is_not_handed_out_again(kit: Kit) -> None:
    broker, gate = await kit.start(), Gate()
    await broker.consume(queues.ORDERS, gate, concurrency=4)
    for _ in range(3):
        await broker.publish(order())
    await gate.wait(3)
    await broker.pause(queues.ORDERS)
    await broker.resume(queues.ORDERS)
    await broker.publish(order())
    await gate.wait(4)
    gate.opened.set()
    await settles(broker, queues.ORDERS, 0)
    assert len({m.message_id for m in gate.messages}) == len(gate.messages) == 4


async def test_a_probe_takes_one_message_at_a_time_and_then_as_many_as_before(kit: Kit) -> None:
    broker, gate = await kit.start(), Gate()
    await broker.consume(queues.ORDERS, gate, concurrency=3)
    await broker.pause(queues.ORDERS)
    for _ in range(8):
        await broker.publish(order())
    await broker.resume(queues.ORDERS, at_most=1)
    await gate.wait(1)
    await settles(broker, queues.ORDERS, 8)
    assert (len(gate.messages), gate.at_work) == (1, 1)
    await broker.resume(queues.ORDERS)
    await gate.wait(3)
    await settles(broker, queues.ORDERS, 8)
    assert gate.at_work == 3
    gate.opened.set()
    await gate.wait(8)
    assert gate.most_at_work == 3
    await settles(broker, queues.ORDERS, 0)


async def test_handlers_from_before_the_pause_count_towards_a_probe(kit: Kit) -> None:
    broker, gate = await kit.start(), Gate()
    await broker.consume(queues.ORDERS, gate, concurrency=2)
    for _ in range(2):
        await broker.publish(order())
    await gate.wait(2)
    await broker.pause(queues.ORDERS)
    await broker.publish(order())
    await broker.resume(queues.ORDERS, at_most=1)
    await settles(broker, queues.ORDERS, 3)
    assert len(gate.messages) == 2
    gate.opened.set()
    await gate.wait(3)
    await settles(broker, queues.ORDERS, 0)


async def test_a_handler_may_pause_its_own_queue(kit: Kit) -> None:
    broker, handler = await kit.start(), Collector()

    async def pauses(message: Message) -> Outcome:
        await broker.pause(queues.ORDERS)
        return await handler(message)

    await broker.consume(queues.ORDERS, pauses, concurrency=1)
    await broker.publish(order())
    await broker.publish(order())
    await handler.wait(1)
    await nothing_comes(handler, broker)
    await settles(broker, queues.ORDERS, 1)


async def test_pausing_and_resuming_over_and_over_loses_no_message_and_spends_no_attempt(
    kit: Kit,
) -> None:
    broker, gate = await kit.start(), Gate()
    dead = Collector()
    await broker.consume(queues.DEAD, dead, concurrency=1)
    await broker.consume(FAST, gate, concurrency=1)
    for _ in range(3):
        await broker.publish(order(queue=FAST))
    await gate.wait(1)
    for _ in range(10):
        for _ in range(2):
            await broker.pause(FAST)
        for _ in range(2):
            await broker.resume(FAST, at_most=1)
    gate.opened.set()
    await gate.wait(3)
    await settles(broker, FAST, 0)
    assert {m.attempt for m in gate.messages} == {0}
    assert len(gate.messages) == 3
    assert dead.messages == []


async def test_a_queue_may_be_paused_before_anybody_consumes_it(kit: Kit) -> None:
    broker, handler = await kit.start(), Collector()
    await broker.pause(queues.ORDERS)
    await broker.publish(order())
    await broker.consume(queues.ORDERS, handler, concurrency=4)
    await nothing_comes(handler, broker)
    await broker.resume(queues.ORDERS)
    await handler.wait(1)


async def test_a_paused_queue_can_be_stopped_and_closed(kit: Kit) -> None:
    broker, gate = await kit.start(), Gate()
    await broker.consume(queues.ORDERS, gate, concurrency=1)
    for _ in range(2):
        await broker.publish(order())
    await gate.wait(1)
    await broker.pause(queues.ORDERS)
    gate.opened.set()
    await asyncio.wait_for(broker.stop_consuming(), PATIENCE)
    await broker.resume(queues.ORDERS)
    await settles(broker, queues.ORDERS, 1)
    assert len(gate.messages) == 1


async def test_two_workers_of_which_one_is_paused_go_on_with_one(kit: Kit) -> None:
    one, two = await kit.start(), await kit.start()
    resting, working = Collector(Ack()), Collector(Ack())
    handlers: tuple[Handler, Handler] = (resting, working)
    for broker, handler in zip((one, two), handlers, strict=True):
        await broker.consume(queues.ORDERS, handler, concurrency=2)
    await one.pause(queues.ORDERS)
    for _ in range(20):
        await one.publish(order())
    await working.wait(20)
    assert resting.messages == []

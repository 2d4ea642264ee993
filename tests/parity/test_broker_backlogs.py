"""Both brokers tell what waits in their queues, and since when."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from contracts import queues
from tests.parity.broker_kit import PATIENCE, Collector, Gate, Kit, order
from worker.clock import SystemClock
from worker.runtime.outcome import Park
from worker.runtime.ports import Backlog, Broker
from worker.runtime.queue_ages import QueueAges
from worker.sqlite import SqliteFile
from worker.store.sqlite import SqliteStore

SLACK = timedelta(seconds=2)
"""RabbitMQ keeps whole seconds."""


async def backlog(broker: Broker, queue: str = queues.ORDERS) -> Backlog:
    (found,) = await broker.backlogs([queue])
    return found


async def until_waiting(broker: Broker, count: int) -> Backlog:
    async with asyncio.timeout(PATIENCE):
        while (found := await backlog(broker)).waiting != count:  # noqa: ASYNC110  (as a depth)
            await asyncio.sleep(0.02)
    return found


async def test_what_waits_is_counted_and_what_is_in_hand_is_not(kit: Kit) -> None:
    broker, gate = await kit.start(), Gate()
    began = datetime.now(UTC)
    for _ in range(3):
        await broker.publish(order())
    await until_waiting(broker, 3)
    await broker.consume(queues.ORDERS, gate, concurrency=1)
    await gate.wait(1)
    await broker.pause(queues.ORDERS)
    found = await until_waiting(broker, 2)
    assert found.oldest_at is not None
    assert began - SLACK <= found.oldest_at <= datetime.now(UTC)
    gate.opened.set()


async def test_an_empty_queue_has_no_oldest_message(kit: Kit) -> None:
    broker, collector = await kit.start(), Collector()
    await broker.consume(queues.ORDERS, collector, concurrency=1)
    await broker.publish(order())
    await collector.wait(1)
    assert (await until_waiting(broker, 0)).oldest_at is None


async def test_a_letter_waits_since_it_died(kit: Kit) -> None:
    broker = await kit.start()
    began = datetime.now(UTC)
    await broker.consume(queues.ORDERS, Collector(Park("unreadable", "made up")), concurrency=1)
    await broker.publish(order())
    async with asyncio.timeout(PATIENCE):
        while (found := await backlog(broker, queues.DEAD)).waiting != 1:  # noqa: ASYNC110  (as above)
            await asyncio.sleep(0.02)
    since = found.oldest_at
    assert since is None or began - SLACK <= since <= datetime.now(UTC)  # None: nobody takes them


async def test_each_queue_is_told_of_and_one_that_does_not_exist_is_left_out(kit: Kit) -> None:
    broker = await kit.start()
    await broker.publish(order())
    names = [queues.NOTICES, queues.ORDERS, "nowhere"]
    found = {one.queue: one.waiting for one in await broker.backlogs(names)}
    assert found == {queues.NOTICES: 0, queues.ORDERS: 1}


async def test_who_takes_of_a_queue_is_told_where_the_broker_knows(kit: Kit) -> None:
    broker = await kit.start()
    assert (await backlog(broker)).consumers in {0, None}
    await broker.consume(queues.ORDERS, Collector(), concurrency=1)
    assert (await backlog(broker)).consumers in {1, None}


async def test_a_process_that_takes_nothing_knows_since_when(kit: Kit, tmp_path: Path) -> None:
    taking, showing, gate = await kit.start(), await kit.start(), Gate()
    file = SqliteFile(tmp_path / "marks.db")
    store = SqliteStore(file)
    await store.start()
    began = datetime.now(UTC)
    await taking.consume(queues.ORDERS, gate, concurrency=1)
    for _ in range(3):
        await taking.publish(order())
    await gate.wait(1)
    await taking.pause(queues.ORDERS)
    await until_waiting(taking, 2)
    await QueueAges(taking, store, SystemClock()).report([queues.ORDERS])
    (found,) = await QueueAges(showing, store, SystemClock()).backlogs([queues.ORDERS])
    gate.opened.set()
    await file.close()
    assert found.waiting == 2
    assert found.oldest_at is not None
    assert began - SLACK <= found.oldest_at <= datetime.now(UTC)

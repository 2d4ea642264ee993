"""The embedded broker beside other processes, some of which are killed."""

import asyncio
import os
import signal
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from contracts import headers, queues
from tests.parity.broker_kit import Collector, Kit, embedded_kit, order, settles
from worker.broker.settle import DELIVERY_LIMIT

ROOT = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("broker_child.py")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bridge.db"


@pytest.fixture
async def kit(path: Path) -> AsyncIterator[Kit]:
    opened = embedded_kit(path)
    yield opened
    await opened.close_all()


@asynccontextmanager
async def child(path: Path, role: str, count: int = 0) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(CHILD), str(path), role, str(count)),
        stdout=PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line(process: Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()


async def test_every_publish_that_returned_survives_kill_9(path: Path, kit: Kit) -> None:
    async with child(path, "publish", 100_000) as publisher:
        published = [await line(publisher) for _ in range(200)]
        publisher.send_signal(signal.SIGKILL)
        rest, _ = await publisher.communicate()
    published += rest.decode().split("\n")[:-1]
    broker, handler = await kit.start(), Collector()
    await broker.consume(queues.ORDERS, handler, concurrency=50)
    await handler.wait(len(published))
    await settles(broker, queues.ORDERS, 0)
    got = [message.body.decode() for message in handler.messages]
    assert len(got) == len(set(got))
    assert set(published) <= set(got)


async def test_messages_in_the_hands_of_a_killed_process_come_again(path: Path, kit: Kit) -> None:
    broker = await kit.start()
    async with child(path, "hold") as holder:
        assert await line(holder) == "ready"
        for n in range(6):
            await broker.publish(order(b"%d" % n))
        held = {await line(holder) for _ in range(4)}
        handler = Collector()
        await broker.consume(queues.ORDERS, handler, concurrency=4)
        holder.send_signal(signal.SIGKILL)
        await holder.wait()
        got = await handler.wait(6)
    assert {m.body for m in got} == {b"%d" % n for n in range(6)}
    assert {m.body.decode() for m in got if m.redelivered} >= held
    await settles(broker, queues.ORDERS, 0)


async def test_messages_in_the_hands_of_a_living_process_stay_there(path: Path, kit: Kit) -> None:
    broker, handler = await kit.start(), Collector()
    async with child(path, "hold") as holder:
        assert await line(holder) == "ready"
        await broker.publish(order(b"held"))
        assert await line(holder) == "held"
        await broker.consume(queues.NOTICES, handler, concurrency=1)
        await broker.consume(queues.ORDERS, handler, concurrency=1)
        holder.send_signal(signal.SIGSTOP)
        await broker.publish(order(queue=queues.NOTICES), delay=1)  # two roll calls pass
        assert (await handler.wait(1))[0].queue == queues.NOTICES
        assert len(handler.messages) == 1
        holder.send_signal(signal.SIGCONT)


async def test_two_processes_share_a_queue_without_double_delivery(path: Path, kit: Kit) -> None:
    broker = await kit.start()
    async with child(path, "work") as one, child(path, "work") as two:
        assert [await line(one), await line(two)] == ["ready", "ready"]
        await asyncio.gather(*(broker.publish(order(b"%d" % n)) for n in range(400)))
        await settles(broker, queues.ORDERS, 0)
        for process in (one, two):
            process.send_signal(signal.SIGKILL)
        outputs = [(await process.communicate())[0] for process in (one, two)]
    got = [body for output in outputs for body in output.decode().split()]
    assert sorted(map(int, got)) == list(range(400))


async def test_a_message_that_kills_its_worker_again_and_again_is_given_up(
    path: Path, kit: Kit
) -> None:
    broker = await kit.start()
    await broker.publish(order(b"poison"))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE broker_messages SET deliveries = ?", (DELIVERY_LIMIT,))
    connection.close()
    async with child(path, "hold") as holder:
        assert [await line(holder), await line(holder)] == ["ready", "poison"]
    dead = Collector()
    await broker.consume(queues.DEAD, dead, concurrency=1)
    letter = (await dead.wait(1))[0]
    assert letter.body == b"poison"
    assert letter.headers[headers.DEAD_KIND] == "delivery_limit"
    assert letter.headers[headers.DEAD_QUEUE] == queues.ORDERS


async def test_no_lock_file_is_left_behind(path: Path, kit: Kit) -> None:
    broker = await kit.start()
    await broker.consume(queues.ORDERS, Collector(), concurrency=1)
    async with child(path, "hold") as holder:
        assert await line(holder) == "ready"
    other = await kit.start()
    await other.consume(queues.NOTICES, Collector(), concurrency=1)
    await kit.close_all()
    assert not list(path.parent.glob("*-owner-*"))


async def test_a_cancelled_publish_loses_nothing_it_wrote(kit: Kit) -> None:
    broker, handler = await kit.start(), Collector()
    await broker.consume(queues.ORDERS, handler, concurrency=4)
    publishing = [asyncio.ensure_future(broker.publish(order())) for _ in range(4)]
    await asyncio.sleep(0)
    for task in publishing:
        task.cancel()
    await asyncio.gather(*publishing, return_exceptions=True)
    await broker.publish(order(b"last"))
    await settles(broker, queues.ORDERS, 0)
    assert b"last" in [message.body for message in handler.messages]

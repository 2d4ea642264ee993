"""A pause of the embedded broker while the disk refuses: nothing is forgotten in its hands."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from contracts import queues
from tests.parity.broker_kit import PATIENCE, Collector, Gate, order, settles
from worker.broker.embedded import EmbeddedBroker
from worker.clock import SystemClock
from worker.errors import StoreUnavailableError
from worker.sqlite import SqliteFile


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[SqliteFile]:
    opened = SqliteFile(tmp_path / "bridge.db")
    yield opened
    await opened.close()


@pytest.fixture
async def broker(file: SqliteFile) -> AsyncIterator[EmbeddedBroker]:
    opened = EmbeddedBroker(file, [], SystemClock())
    await opened.start()
    yield opened
    await opened.close()


async def refused(_work: Callable[..., Any]) -> None:
    raise StoreUnavailableError("the disk is full")


async def test_what_could_not_be_given_back_is_begun_after_the_resume(
    broker: EmbeddedBroker, file: SqliteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    await broker.consume(queues.ORDERS, gate, concurrency=2)
    await asyncio.gather(*(broker.publish(order()) for _ in range(4)))
    await gate.wait(2)
    with monkeypatch.context() as outage:
        outage.setattr(file, "write", refused)
        await broker.pause(queues.ORDERS)
    gate.opened.set()
    await settles(broker, queues.ORDERS, 2)
    assert len(gate.messages) == 2
    await broker.resume(queues.ORDERS)
    await gate.wait(4)
    await settles(broker, queues.ORDERS, 0)
    assert len({message.message_id for message in gate.messages}) == 4


async def test_what_was_just_being_taken_when_the_pause_came_goes_to_others(
    broker: EmbeddedBroker, file: SqliteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await broker.publish(order())
    taking, go_on, write = asyncio.Event(), asyncio.Event(), file.write
    await broker.pause(queues.ORDERS)
    mine, others = Collector(), Collector()
    await broker.consume(queues.ORDERS, mine, concurrency=4)

    async def slow(work: Callable[..., Any]) -> Any:  # noqa: ANN401
        done = await write(work)
        taking.set()
        await go_on.wait()
        return done

    monkeypatch.setattr(file, "write", slow)
    await broker.resume(queues.ORDERS)
    await asyncio.wait_for(taking.wait(), PATIENCE)
    await broker.pause(queues.ORDERS)
    monkeypatch.setattr(file, "write", write)
    go_on.set()
    other = EmbeddedBroker(file, [], SystemClock())
    await other.start()
    await other.consume(queues.ORDERS, others, concurrency=4)
    await others.wait(3)
    assert mine.messages == []
    await other.close()

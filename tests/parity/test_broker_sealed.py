"""Sealed messages on both brokers: opened where they are handled, sealed wherever they wait."""

import asyncio
from dataclasses import replace
from typing import cast

import pytest

from contracts import headers, queues
from tests.parity.broker_kit import PATIENCE, Collector, Kit, order, settles
from worker.broker.sealed import sealed
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import Broker, Handler, Message
from worker.sealing import Sealer, sealed_under

NEW, OLD = bytes(range(32)), bytes(range(32, 64))
BODY = b'{"take_phone":"13800138000"}'
FAST = queues.relay_queue("fast")


class Watched:
    """A broker that tells what became of the messages it handed out."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.outcomes: asyncio.Queue[Outcome] = asyncio.Queue()

    def __getattr__(self, name: str) -> object:
        return getattr(self._broker, name)

    async def consume(self, queue: str, handler: Handler, *, concurrency: int) -> None:
        async def telling(message: Message) -> Outcome:
            outcome = await handler(message)
            self.outcomes.put_nowait(outcome)
            return outcome

        await self._broker.consume(queue, telling, concurrency=concurrency)


async def never(_message: Message) -> Outcome:
    raise AssertionError("it was handled unopened")


async def opened(kit: Kit, *keys: bytes) -> tuple[Broker, Broker]:
    """Return a sealed broker, and the one that it stands on."""
    beneath = await kit.start()
    return sealed(beneath, Sealer(keys)), beneath


@pytest.mark.parametrize("keys", [(), (NEW,)], ids=["plain", "sealed"])
async def test_a_message_is_handled_as_it_was_published_through_retry_and_parking(
    kit: Kit, keys: tuple[bytes, ...]
) -> None:
    broker, _ = await opened(kit, *keys)
    handler, dead = Collector(Retry(1, "once"), Park("kind", "why")), Collector()
    await broker.consume(FAST, handler, concurrency=1)
    await broker.consume(queues.DEAD, dead, concurrency=1)
    await broker.publish(order(BODY, queue=FAST))
    assert [message.body for message in await handler.wait(2)] == [BODY, BODY]
    [letter] = await dead.wait(1)
    assert letter.body == BODY
    assert letter.headers[headers.DEAD_QUEUE] == FAST
    await settles(broker, queues.DEAD, 0)


async def test_a_message_that_dies_under_another_name_is_opened_all_the_same(kit: Kit) -> None:
    broker, _ = await opened(kit, NEW)
    dead = Collector()
    await broker.consume(FAST, Collector(Park("kind", "why", letter="of-many")), concurrency=1)
    await broker.consume(queues.DEAD, dead, concurrency=1)
    await broker.publish(order(BODY, queue=FAST))
    [letter] = await dead.wait(1)
    assert letter.body == BODY
    await settles(broker, queues.DEAD, 0)


async def test_what_waits_is_sealed_but_for_questions(kit: Kit) -> None:
    broker, beneath = await opened(kit, NEW)
    kept = Collector()
    for queue in (queues.ORDERS, queues.NOTICES, queues.SMS, FAST, queues.QUERIES):
        await beneath.consume(queue, kept, concurrency=1)
        await broker.publish(order(BODY, queue=queue))
    found = {message.queue: message.body for message in await kept.wait(5)}
    assert found.pop(queues.QUERIES) == BODY
    assert {sealed_under(body) for body in found.values()} == {Sealer([NEW]).current}


@pytest.mark.parametrize(
    "body", [BODY, Sealer([OLD]).seal(BODY, "message", "m")], ids=["plain", "as if sealed"]
)
async def test_what_others_publish_is_handled_as_it_came_and_republished_so(
    kit: Kit, body: bytes
) -> None:
    broker, beneath = await opened(kit, NEW)
    handler = Collector()
    theirs = order(body, headers={headers.PUBLISHER: "erp"})
    await beneath.publish(theirs)
    await broker.publish(replace(theirs, message_id="replayed"))
    await broker.consume(queues.ORDERS, handler, concurrency=1)
    assert [message.body for message in await handler.wait(2)] == [body, body]


async def test_without_its_key_a_message_waits_and_is_handled_once_the_key_is_back(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.broker.sealed.KEY_RETRY_SECONDS", 1.0)
    first, _ = await opened(kit, OLD)
    await first.publish(order(BODY, message_id="m1"))
    beneath = await kit.start()
    watched = Watched(beneath)
    poor = sealed(cast(Broker, watched), Sealer([NEW]))
    await poor.consume(queues.ORDERS, never, concurrency=1)
    async with asyncio.timeout(PATIENCE):
        assert isinstance(await watched.outcomes.get(), Retry)
    await poor.stop_consuming()
    await kit.close(beneath)
    rich, _ = await opened(kit, NEW, OLD)
    handler = Collector(Ack())
    await rich.consume(queues.ORDERS, handler, concurrency=1)
    [message] = await handler.wait(1)
    assert (message.message_id, message.body, message.attempt) == ("m1", BODY, 0)
    await settles(rich, queues.ORDERS, 0)


async def test_an_answer_between_two_processes_is_read_by_who_asked(kit: Kit) -> None:
    asking, _ = await opened(kit, NEW)
    answering, _ = await opened(kit, NEW)

    async def answer(message: Message) -> Outcome:
        assert message.body == BODY
        await answering.reply(message.reply_to, message.correlation_id, BODY)
        return Ack()

    await answering.consume(queues.ORDERS, answer, concurrency=1)
    assert await asking.request(order(BODY), wait=PATIENCE) == BODY

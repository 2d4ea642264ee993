"""A notification dies, is drained, replayed, dies again and is delivered: over real brokers."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contracts.queues import DEAD, relay_queue
from tests.doubles import DELIVERED, ScriptedChannels
from tests.relay.notifications import TARGET, know, message, notification
from worker.broker.embedded import EmbeddedBroker
from worker.broker.rabbitmq import RabbitBroker
from worker.clock import SystemClock
from worker.deadletters.drain import Drain
from worker.deadletters.replay import replay
from worker.deadletters.settling import settling
from worker.relay.handler import Relay
from worker.runtime.outcome import Outcome
from worker.runtime.ports import Broker, DeadLetter, Message
from worker.sqlite import SqliteFile
from worker.store.sqlite import SqliteStore
from worker.translation.delivery import Answered

REFUSED = Answered(500, b"", None, 0.1)


@pytest.fixture(params=["embedded", pytest.param("rabbitmq", marks=pytest.mark.servers)])
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Broker]:
    file = SqliteFile(tmp_path / "broker.db")
    opened: Broker
    if request.param == "embedded":
        opened = EmbeddedBroker(file, ["k"], SystemClock())
    else:
        opened = RabbitBroker(request.getfixturevalue("amqp_url"), ["k"])
    await opened.start()
    yield opened
    await opened.stop_consuming()
    await opened.close()
    await file.close()


class Watched:
    """A handler whose work can be waited for."""

    def __init__(self, handler: Relay | Drain) -> None:
        self._handler = handler
        self._done: asyncio.Queue[Outcome] = asyncio.Queue()

    async def __call__(self, incoming: Message) -> Outcome:
        outcome = await self._handler.handle(incoming)
        await self._done.put(outcome)
        return outcome

    async def once(self) -> Outcome:
        async with asyncio.timeout(20):
            return await self._done.get()


async def settled(store: SqliteStore, letter_id: str) -> DeadLetter:
    """Return a letter once its replay was processed, which is noted after the handling."""
    async with asyncio.timeout(20):
        while True:
            found = await store.dead_letter(letter_id)
            if found is not None and found.state == "done":
                return found


async def test_from_the_relay_to_the_table_and_home_again(
    broker: Broker, store: SqliteStore
) -> None:
    await know(store, [notification()])
    channels = ScriptedChannels([REFUSED, REFUSED, DELIVERED])
    relay = Watched(Relay([TARGET], channels, store, SystemClock(), retry_delays=()))
    drain = Watched(Drain(store, SystemClock()))
    consuming = settling(broker, store, SystemClock())
    await consuming.consume(relay_queue("k"), relay, concurrency=2)
    await broker.consume(DEAD, drain, concurrency=2)

    await broker.publish(message())
    await drain.once()
    (letter,) = await store.dead_letters()
    assert (letter.kind, letter.message.queue) == ("delivery_failed", relay_queue("k"))
    assert letter.message.attempt == 1

    assert (await replay(store, broker, [letter.id], SystemClock().now())).complete
    await drain.once()
    (again,) = await store.dead_letters()
    assert again.id == letter.id
    assert again.last_failed_at > letter.last_failed_at

    assert (await replay(store, broker, [letter.id], SystemClock().now())).complete
    for _ in range(3):
        await relay.once()
    assert await store.dead_letters() == []
    (row,) = await store.notifications(notification().order_num)
    assert row.status == "delivered"
    found = await settled(store, letter.id)
    assert (found.state, found.replays) == ("done", 2)
    assert {headers["Webhook-Id"] for _, headers, _ in channels.posts} == {"msg_check_1"}

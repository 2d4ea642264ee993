"""The outbox: a broker's outage delays a notification and never loses it."""

import asyncio

import pytest

from contracts import queues
from tests.runtime.messages import ticket_notice
from tests.runtime.world import Inbox, World
from worker.errors import BrokerUnavailableError, PublishUnknownError, StoreUnavailableError
from worker.runtime import outbox
from worker.runtime.ports import Message


@pytest.mark.parametrize("error", [BrokerUnavailableError, PublishUnknownError])
async def test_after_an_outage_the_sweeper_publishes(
    world: World, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    async def down(_: Message) -> None:
        raise error

    await world.paid()
    with monkeypatch.context() as outage:
        outage.setattr(world.broker, "publish", down)
        await world.notices.handle(ticket_notice("c-1"))
        await world.settle()
        world.clock.advance(11)
        assert await world.outbox.sweep() == 1
        assert await world.outbox.sweep() == 0, "claimed for a while"
    relay = Inbox()
    await world.broker.consume(queues.relay_queue("k"), relay, concurrency=1)
    world.clock.advance(30)
    assert await world.outbox.sweep() == 1
    message = await relay.get()
    [row] = await world.store.notifications((await world.order()).order_num)
    assert message.message_id == row.webhook_id
    world.clock.advance(100)
    assert await world.outbox.sweep() == 0


async def test_what_was_sent_and_not_noted_is_sent_again_under_its_id(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(_: object) -> None:
        raise StoreUnavailableError

    relay = Inbox()
    await world.broker.consume(queues.relay_queue("k"), relay, concurrency=1)
    await world.paid()
    with monkeypatch.context() as outage:
        outage.setattr(world.store, "mark_sent", down)
        await world.notices.handle(ticket_notice("c-1"))
        await world.settle()
    world.clock.advance(11)
    assert await world.outbox.sweep() == 1
    assert (await relay.get()).message_id == (await relay.get()).message_id


async def test_what_is_being_published_is_not_swept(world: World) -> None:
    await world.paid()
    await world.notices.handle(ticket_notice("c-1"))
    assert await world.outbox.sweep() == 0


async def test_no_more_than_so_many_wait_in_memory_and_the_rest_is_swept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MOST_UNDER_WAY", 2)
    silent, published = asyncio.Event(), list[str]()

    async def publish(message: Message) -> None:
        await silent.wait()
        published.append(message.message_id)

    monkeypatch.setattr(world.broker, "publish", publish)
    numbers = [f"m{number}" for number in range(5)]
    for number in numbers:
        world.outbox.send([Message(queues.relay_queue("k"), "t", b"{}", number)])
    silent.set()
    await world.settle()
    assert published == numbers[:2]
    world.outbox.send([Message(queues.relay_queue("k"), "t", b"{}", "later")])
    await world.settle()
    assert published == [*numbers[:2], "later"]

"""Order events are written with what they tell, in one commit, one a transition at most."""

import pytest

from contracts import queues
from contracts.envelope import unwrap
from contracts.events import OrderEvent
from tests.runtime.messages import OUR_NUM, ticket_notice
from tests.runtime.world import World
from worker.runtime.ports import Transition


@pytest.fixture
def committed(world: World, monkeypatch: pytest.MonkeyPatch) -> list[Transition]:
    """What is committed from now on, by a worker that publishes events."""
    transitions: list[Transition] = []
    commit = world.store.commit

    async def note(transition: Transition) -> object:
        transitions.append(transition)
        return await commit(transition)

    monkeypatch.setattr(world.store, "commit", note)
    monkeypatch.setattr(world.commands._saga._performer, "_publish_events", True)
    return transitions


async def test_each_event_is_in_the_outbox_of_its_own_transition(
    world: World, committed: list[Transition]
) -> None:
    await world.paid()
    await world.notices.handle(ticket_notice("c-1"))
    await world.notices.handle(ticket_notice("c-1"))
    await world.settle()
    told = [
        [message for message in transition.outbox if message.type == OrderEvent.TYPE]
        for transition in committed
    ]
    assert [len(messages) for messages in told[:4]] == [1, 1, 1, 1]
    assert not any(told[4:]), "what adds nothing tells nothing"
    events = [unwrap(OrderEvent, messages[0].body) for messages in told[:4]]
    assert [event.data.kind for event in events] == ["accepted", "created", "paid", "issued"]
    for (message,), event, transition in zip(told[:4], events, committed, strict=False):
        version = transition.row.version
        assert event.id == message.message_id == f"{OUR_NUM}:{version}"
        assert event.data.version == version
        assert queues.event_topics(message.queue) == [f"order.{event.data.kind}.k"]


async def test_without_listeners_nothing_is_written(world: World) -> None:
    await world.paid()
    left = await world.store.claim_unsent(world.clock.now(), older_than=-1, limit=10, lease=1)
    assert [message.type for message in left] == []

"""An alarm is committed with its order: no crash and no lying commit swallows it."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.runtime.messages import OUR_NUM, create_message, ticket_notice
from tests.runtime.world import NO_CODES, World
from worker.errors import StoreUnavailableError
from worker.runtime.outcome import Ack, Retry
from worker.translation.supplier import Refused

CALLED = [("order_needs_human", OUR_NUM)]


def called(logs: Any) -> list[tuple[str, str]]:  # noqa: ANN401
    """Return what was raised, of which order."""
    return [(line["kind"], line["order_num"]) for line in logs if line["event"] == "alarm"]


async def contradict(world: World) -> None:
    """Bring the order to where its next ticket notice calls a person."""
    await world.paid()
    await world.notices.handle(ticket_notice("c-1"))
    await world.settle()
    world.zzy.will("probe", NO_CODES)


async def test_it_is_raised_at_once_and_only_once(world: World) -> None:
    await contradict(world)
    with capture_logs() as logs:
        assert await world.notices.handle(ticket_notice(status=2)) == Ack()
        await world.settle()
        world.clock.advance(60)
        assert await world.outbox.sweep() == 0
    assert called(logs) == CALLED


async def test_a_commit_that_was_made_and_reported_as_failed_calls_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await contradict(world)
    commit = world.store.commit

    async def lie(transition: Any) -> None:  # noqa: ANN401
        await commit(transition)
        raise StoreUnavailableError("the answer was lost")

    with capture_logs() as logs, monkeypatch.context() as broken:
        broken.setattr(world.store, "commit", lie)
        assert isinstance(await world.notices.handle(ticket_notice(status=2)), Retry)
    assert called(logs) == []
    assert (await world.row()).human is not None
    world.restart()
    world.clock.advance(11)
    with capture_logs() as logs:
        await world.outbox.sweep()
        await world.settle()
        world.clock.advance(60)
        assert await world.outbox.sweep() == 0
    assert called(logs) == CALLED


async def test_a_crash_before_it_is_noted_as_raised_repeats_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(_: object) -> None:
        raise StoreUnavailableError

    await contradict(world)
    with capture_logs() as logs, monkeypatch.context() as broken:
        broken.setattr(world.store, "mark_sent", down)
        await world.notices.handle(ticket_notice(status=2))
        await world.settle()
    world.restart()
    world.clock.advance(11)
    with capture_logs() as again:
        assert await world.outbox.sweep() >= 1
    assert called(logs) == called(again) == CALLED


async def test_what_zzy_refuses_is_heard_of_with_its_product(world: World) -> None:
    world.zzy.will("create", Refused("1", "库存不足", ""))
    await world.commands.handle(create_message())
    assert world.refused == [("3008", (await world.order()).zzy_product_id)]

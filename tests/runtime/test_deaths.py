"""A worker dies at every place where it waits while it takes what the simulation never sends.

Strange notices above all: of orders that nobody knows, with bodies that were set apart, about
products; and dead letters on their way into the table. Each is then taken by the next worker,
and comes to what it would have come to.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts import queues
from contracts.commands import ResolveOrderCommand
from contracts.envelope import wrap
from tests.deadletters.letters import OURS, dead_message, notice_body
from tests.runtime.deaths import Life
from tests.runtime.messages import OUR_NUM, create_message, notice_message, ticket_notice
from tests.runtime.selling import Selling, described, priced
from tests.runtime.world import CREATED, NO_CODES, PAID, Inbox, World
from tests.runtime.world import world as opened
from tests.saga.beginnings import no_ticket
from tests.saga.facts import ZZY
from tests.simulation.awaits import UNREACHED, Await
from worker.deadletters.drain import Drain
from worker.runtime import snapshot
from worker.runtime.outcome import Ack, Park, Retry
from worker.runtime.ports import Message, Transition
from worker.sqlite import SqliteFile
from worker.sqlite.jobs import Work

MOST = 60
"""More waits than any of these handlings has."""

Handling = Callable[[bool], Coroutine[Any, Any, Any]]
"""Take the message; told whether it was handed out before."""
Check = Callable[[Any], Awaitable[None]]
"""Look at what it came to; given the outcome of the handling that ended."""
Prepared = tuple[Handling, Check]
Story = Callable[[World], Awaitable[Prepared]]


async def order_it(world: World) -> None:
    """Have the order placed and paid."""
    world.zzy.will("create", CREATED)
    world.zzy.will("pay", PAID)
    assert await world.commands.handle(create_message()) == Ack()
    await world.settle()


async def a_notice_of_an_order_nobody_knows(world: World) -> Prepared:
    notice = ticket_notice("c-1", signature="early")

    async def check(outcome: object) -> None:
        assert outcome == Ack()
        await order_it(world)
        world.clock.advance(1)
        await world.notices.sweep()
        await world.settle()
        assert await world.told() == ["voucher"]
        assert await world.store.held_notices(limit=9) == []

    return lambda again: world.notices.handle(replace(notice, redelivered=again)), check


async def a_held_notice_whose_order_is_known_by_now(world: World) -> Prepared:
    assert await world.notices.handle(ticket_notice("c-1")) == Ack()
    world.notices._saga.on_held = lambda _held: None  # it is left to the sweeper
    await order_it(world)

    async def check(_outcome: object) -> None:
        await world.notices.sweep()
        await world.settle()
        assert await world.told() == ["voucher"]
        assert await world.store.held_notices(limit=9) == []

    return lambda _again: world.notices.sweep(), check


async def a_body_under_a_signature_that_was_used(world: World) -> Prepared:
    await order_it(world)
    assert await world.notices.handle(ticket_notice("c-1", signature="seen")) == Ack()
    await world.settle()
    world.zzy.will("probe", *[NO_CODES] * 9)
    forged = ticket_notice("forged", signature="seen")

    async def check(outcome: object) -> None:
        assert isinstance(outcome, Park)
        assert outcome.kind == "notice_quarantined"
        codes = {voucher.code for voucher in (await world.order()).vouchers}
        assert codes == {"c-1"}

    return lambda again: world.notices.handle(replace(forged, redelivered=again)), check


async def news_of_a_product(world: World) -> Prepared:
    zzy = Selling(described(), days=[priced("2026-05-02")])
    world.zzy.products = zzy.products  # type: ignore[method-assign, assignment]
    world.zzy.prices = zzy.prices  # type: ignore[method-assign, assignment]
    await world.catalogue.sync()
    world.clock.advance(1)
    told = Inbox()
    await world.broker.consume(queues.relay_queue("k"), told, concurrency=1)
    notice = notice_message("order_product_notify", {"ProductId": 11063, "Status": 1})

    async def check(outcome: object) -> None:
        assert outcome == Ack()
        assert (await told.get()).queue == queues.relay_queue("k")

    return lambda again: world.notices.handle(replace(notice, redelivered=again)), check


async def a_dead_letter(world: World, message: Message) -> Prepared:
    await order_it(world)
    drain = Drain(world.store, world.clock)

    async def check(outcome: object) -> None:
        assert outcome == Ack()
        [letter] = await world.store.dead_letters()
        assert letter.order_num in {OUR_NUM, OURS}

    return lambda again: drain.handle(replace(message, redelivered=again)), check


async def a_dead_notification(world: World) -> Prepared:
    return await a_dead_letter(world, replace(dead_message(), user=""))


async def a_dead_notice(world: World) -> Prepared:
    return await a_dead_letter(world, dead_message(notice_body(), queue=queues.NOTICES))


async def a_dead_notice_that_names_only_the_suppliers_number(world: World) -> Prepared:
    notice = notice_message("order_verify_notify", {"OrderId": int(ZZY), "CheckedNumber": 1})
    return await a_dead_letter(world, dead_message(notice.body, queue=queues.NOTICES))


async def an_operators_word(world: World) -> Prepared:
    order = replace(no_ticket().order, order_num=OUR_NUM)
    await world.store.commit(Transition(snapshot.row(order, 1, world.clock.now())))
    said = ResolveOrderCommand(
        received_at=world.clock.now(),
        order_num=OUR_NUM,
        action="settle",
        settled="refunded",
        by="cli:wang",
        why="asked by telephone",
    )
    body = wrap(said, id="resolve-1", time=world.clock.now())
    message = Message(queues.ORDERS, said.TYPE, body, "resolve-1")

    async def check(outcome: object) -> None:
        assert outcome == Ack()
        await world.settle()
        assert (await world.order()).phase == "refunded"
        assert await world.told() == ["refund"]

    return lambda again: world.commands.handle(replace(message, redelivered=again)), check


STORIES = [
    an_operators_word,
    a_notice_of_an_order_nobody_knows,
    a_held_notice_whose_order_is_known_by_now,
    a_body_under_a_signature_that_was_used,
    news_of_a_product,
    a_dead_notification,
    a_dead_notice,
    a_dead_notice_that_names_only_the_suppliers_number,
]


class DistantFile(SqliteFile):
    """A file whose reads have to be waited for, as those of a server: none is done at once."""

    async def read(self, work: Work[Any]) -> Any:  # noqa: ANN401
        await asyncio.sleep(0)
        return await super().read(work)


@asynccontextmanager
async def fresh(folder: Path, number: int) -> AsyncIterator[World]:
    (folder / str(number)).mkdir()
    async with opened(folder / str(number), DistantFile) as world:
        yield world


async def redelivered(world: World, handling: Handling) -> object:
    """Hand it to the next worker, again and again while it says so; return the last outcome."""
    for _ in range(5):
        outcome = await handling(True)  # noqa: FBT003  (it was handed out before)
        if not isinstance(outcome, Retry):
            return outcome
        await world.fire(30)
    raise AssertionError("it comes again for ever")


_DIED: dict[object, set[Await]] = {}


async def killed_everywhere(story: Story, folder: Path) -> set[Await]:
    """Play a story once for each place where it waits; return the awaits at which it died.

    A process plays each story no more than once.
    """
    if story not in _DIED:
        _DIED[story] = await _killed_everywhere(story, folder)
    return _DIED[story]


async def _killed_everywhere(story: Story, folder: Path) -> set[Await]:
    died: set[Await] = set()
    for fatal in range(1, MOST):
        async with fresh(folder, fatal) as world:
            handling, check = await story(world)
            life = Life(fatal)
            await life.live(handling(False))  # noqa: FBT003  (the first time)
            if not life.killed:
                await check(life.result)
                return died
            died |= life.killed_at
            world.restart()
            await check(await redelivered(world, handling))
    raise AssertionError("it waits more often than that")


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_it_comes_to_the_same(story: Story, tmp_path: Path) -> None:
    assert await killed_everywhere(story, tmp_path)


async def test_what_the_simulation_never_reaches_is_reached_here(tmp_path: Path) -> None:
    died: set[Await] = set()
    for number, story in enumerate(STORIES):
        (tmp_path / f"story {number}").mkdir()
        died |= await killed_everywhere(story, tmp_path / f"story {number}")
    here = {place for place, why in UNREACHED.items() if why == "tests/runtime/test_deaths.py"}
    assert here - died == set()

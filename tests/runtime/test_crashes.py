"""A crash between any two steps: the next worker goes on from what is on the disk."""

import asyncio

import pytest

from tests.runtime.messages import OUR_NUM, cancel_message, create_message, ticket_notice
from tests.runtime.world import ALREADY_PAID, AUDIT, CREATED, NO_CODES, PAID, World, die
from worker.runtime.outcome import Ack


async def crash(world: World, message: object) -> None:
    with pytest.raises(asyncio.CancelledError):
        await world.commands.handle(message)  # type: ignore[arg-type]
    world.restart()


async def test_during_create(world: World) -> None:
    world.zzy.will("create", die, CREATED)
    world.zzy.will("pay", PAID)
    message = create_message()
    await crash(world, message)
    again = create_message(message_id=message.message_id, redelivered=True)
    assert await world.commands.handle(again) == Ack()
    assert await world.fire(19) == 0, "the call may still be out"
    assert await world.fire(1) == 1
    assert await world.fire(1) == 1
    assert world.zzy.calls == ["create", "create", "pay"]
    numbers = {request.origin_order_id for request in world.zzy.requests[:2]}
    assert numbers == {OUR_NUM}
    assert (await world.order()).phase == "awaiting_ticket"


async def test_during_pay(world: World) -> None:
    world.zzy.will("create", CREATED)
    world.zzy.will("pay", die, ALREADY_PAID)
    world.zzy.will("probe", NO_CODES)
    await crash(world, create_message())
    await world.fire(20)
    assert (await world.order()).pay_doubtful
    await world.fire(1)
    assert world.zzy.calls == ["create", "pay", "probe", "pay"]
    assert (await world.order()).phase == "awaiting_ticket"


async def test_during_refund_the_number_stays(world: World) -> None:
    await world.paid()
    world.zzy.will("refund", die, AUDIT)
    await crash(world, cancel_message())
    await world.fire(20)
    await world.fire(1)
    first, second = (request.refund_id for request in world.zzy.requests[-2:])
    assert first == second == f"{OUR_NUM}R1"
    assert (await world.order()).refund is not None


async def test_between_the_commit_and_the_publish(world: World) -> None:
    await world.paid()
    await world.notices.handle(ticket_notice("c-1"))
    await world.tasks.stop()  # before the notification was published
    world.restart()
    world.clock.advance(11)
    assert await world.outbox.sweep() <= 1
    assert await world.outbox.sweep() == 0
    assert await world.told() == ["voucher"]


async def test_a_timer_whose_claimer_died_fires_again(world: World) -> None:
    world.zzy.will("create", CREATED)
    world.zzy.will("pay", die)
    await crash(world, create_message())
    world.clock.advance(20)
    claimed = await world.store.claim_due(world.clock.now(), limit=9, lease=30)
    assert claimed == [OUR_NUM]
    assert await world.fire(29) == 0
    assert await world.fire(1) == 1
    assert (await world.order()).pay_doubtful


async def test_two_workers_do_not_fire_one_timer(world: World) -> None:
    world.zzy.will("create", CREATED)
    world.zzy.will("pay", die)
    world.zzy.will("probe", NO_CODES)
    await crash(world, create_message())
    world.clock.advance(20)
    fired = [await world.timers.poll(), await world.timers.poll()]
    await world.settle()
    assert fired == [1, 0]


async def test_timers_are_handled_a_bounded_number_at_a_time(world: World) -> None:
    world.timers._free = 0
    assert await world.timers.poll() == 0

"""While ZZY does not answer orders wait: none fails for it, and none spends its tries."""

import asyncio

import pytest

from contracts import queues
from tests.runtime.messages import OUR_NUM, cancel_message, create_message, ticket_notice
from tests.runtime.world import (
    AUDIT,
    CANCELLED,
    CREATED,
    NO_CODES,
    PAID,
    PATIENCE,
    TIMEOUT,
    World,
)
from worker.runtime import pressure
from worker.runtime.breaker import State
from worker.runtime.gate import ORDERS_PLAN
from worker.runtime.outcome import Ack
from worker.runtime.ports import OrderRow
from worker.translation.supplier import Refused, Unknown

NOT_SIGNED = Unknown("http_401", signature_refused=True)
BUSY = Unknown("http_503", retry_after=120.0)


@pytest.fixture
def starved(world: World) -> World:
    """A world whose calls wait once five in a row had no answer."""
    world.plan = ORDERS_PLAN
    world.restart()
    return world


async def take_down(world: World) -> None:
    """Have five orders meet a ZZY that is silent."""
    world.zzy.will("create", *[TIMEOUT] * 5)
    for number in range(5):
        world.clock.advance(0.5)
        await world.commands.handle(create_message(number=f"lost {number}"))
    assert world.gate.state() is State.OPEN


async def phases(world: World) -> dict[str, str]:
    """Return the phase of every order by the channel's number."""
    rows: list[OrderRow] = list(await world.store.orders(limit=100))
    return {row.channel_order_num: row.phase for row in rows}


async def test_an_order_that_meets_a_silent_zzy_waits_without_a_call(starved: World) -> None:
    await take_down(starved)
    assert await starved.commands.handle(create_message()) == Ack()
    order = await starved.order()
    assert (order.phase, order.call, order.attempts.create) == ("creating", None, 0)
    assert starved.zzy.calls == ["create"] * 5
    assert starved.broker.paused() == [queues.ORDERS]
    for _ in range(20):
        await starved.fire(4)  # it looks again and again, and spends nothing
    assert (await starved.order()).attempts.create == 0
    assert starved.zzy.calls == ["create"] * 5
    assert len(await starved.kinds()) == 1  # and its history is no longer for it


async def test_a_refusal_and_a_refused_signature_are_answers(starved: World) -> None:
    refused = Refused("1", "库存不足", "")
    starved.zzy.will("create", *[NOT_SIGNED] * 9, *[refused] * 9)
    for number in range(18):
        await starved.commands.handle(create_message(number=str(number)))
    assert starved.gate.state() is State.CLOSED


async def test_nothing_is_paid_late_and_the_channel_hears_in_time(starved: World) -> None:
    await take_down(starved)
    await starved.commands.handle(create_message(at=starved.clock.now()))
    await starved.fire(599)
    assert (await starved.order()).phase == "creating"
    await starved.fire(1)
    assert (await starved.order()).phase == "refused"
    assert await starved.told() == ["order_failed"]
    assert starved.zzy.calls == ["create"] * 5


async def test_an_order_that_is_known_at_zzy_is_ended_by_asking_once_it_answers(
    starved: World,
) -> None:
    starved.zzy.will("create", CREATED)
    starved.zzy.will("pay", TIMEOUT)
    await starved.commands.handle(create_message())
    await take_down_more(starved)
    await starved.fire(700)
    order = await starved.order()
    assert (order.phase, order.pay_doubtful, order.attempts.pay) == ("paying", True, 1)
    await come_back(starved)
    starved.zzy.will("probe", NO_CODES)
    starved.zzy.will("cancel", CANCELLED)
    starved.zzy.will("create", *[Refused("1", "no", "")] * 5)
    await starved.fire(130)
    assert (await starved.order()).phase == "refused"
    assert starved.zzy.calls.count("pay") == 1


async def test_an_unknown_pay_is_looked_into_soon_after_and_a_missing_ticket_later(
    starved: World,
) -> None:
    starved.zzy.will("create", CREATED, CREATED)
    starved.zzy.will("pay", TIMEOUT, PAID)
    await starved.commands.handle(create_message())
    await starved.commands.handle(create_message(number="paid"))
    await take_down(starved)
    await starved.fire(1)
    order = await starved.order()
    assert order.wake_at is not None
    assert (order.wake_at - starved.clock.now()).total_seconds() <= 8
    await starved.fire(600)
    row = next(r for r in await starved.store.orders(limit=9) if r.channel_order_num == "paid")
    assert row.wake_at is not None
    assert 20 <= (row.wake_at - starved.clock.now()).total_seconds() <= 40


async def take_down_more(world: World) -> None:
    """Take ZZY down after one call that was not answered."""
    world.zzy.will("create", *[TIMEOUT] * 4)
    for number in range(4):
        world.clock.advance(0.5)
        await world.commands.handle(create_message(number=f"lost {number}"))
    assert world.gate.state() is State.OPEN


async def come_back(world: World) -> None:
    """Have ZZY answer the next knock, and nobody come to prove it."""
    world.clock.advance(ORDERS_PLAN.longest_delay)
    world.zzy.will("probe", NO_CODES)
    await world.pressure.tick()
    world.clock.advance(pressure.IDLE_SECONDS)
    await world.pressure.tick()
    assert world.gate.state() is State.CLOSED


async def test_a_cancel_is_not_lost_while_zzy_is_silent(starved: World) -> None:
    starved.zzy.will("create", CREATED)
    starved.zzy.will("pay", TIMEOUT)
    await starved.commands.handle(create_message())
    await take_down_more(starved)
    await starved.commands.handle(cancel_message())
    order = await starved.order()
    assert (order.phase, order.call, order.cancel_waits) == ("closing", None, True)
    await come_back(starved)
    starved.zzy.will("cancel", CANCELLED)
    starved.zzy.will("create", *[Refused("1", "no", "")] * 4)
    await starved.fire(10)
    assert (await starved.order()).phase == "cancelled"


async def test_a_notice_is_taken_while_zzy_is_silent_and_a_refund_waits(starved: World) -> None:
    await starved.paid()
    await take_down(starved)
    assert await starved.notices.handle(ticket_notice("c-1", "c-2")) == Ack()
    await starved.settle()
    assert (await starved.order()).phase == "issued"
    await starved.commands.handle(cancel_message())
    order = await starved.order()
    assert order.refund is not None
    assert (order.call, order.attempts.refund) == (None, 0)
    await come_back(starved)
    starved.zzy.will("refund", AUDIT)
    starved.zzy.will("create", *[Refused("1", "no", "")] * 5)
    await starved.fire(10)
    assert starved.zzy.requests[starved.zzy.calls.index("refund")].refund_id == f"{OUR_NUM}R1"


async def test_no_order_is_the_probe_before_a_knock_was_answered(starved: World) -> None:
    await take_down(starved)
    starved.clock.advance(2)
    await starved.commands.handle(create_message())
    assert starved.zzy.calls == ["create"] * 5
    starved.zzy.will("probe", TIMEOUT, NO_CODES)
    await starved.pressure.tick()
    assert starved.gate.state() is State.OPEN
    assert starved.gate.seconds_left() == 4
    starved.clock.advance(4)
    await starved.pressure.tick()
    assert starved.broker.paused() == []
    starved.zzy.will("create", CREATED)
    starved.zzy.will("pay", PAID)
    await starved.commands.handle(create_message(number="probe"))
    assert (await phases(starved))["probe"] == "awaiting_ticket"
    assert starved.gate.state() is State.CLOSED


async def test_a_probe_that_fails_costs_one_try_and_pauses_again(starved: World) -> None:
    await take_down(starved)
    starved.clock.advance(2)
    starved.zzy.will("probe", NO_CODES)
    await starved.pressure.tick()
    starved.zzy.will("create", TIMEOUT)
    await starved.commands.handle(create_message())
    await starved.pressure.tick()
    assert starved.gate.state() is State.OPEN
    assert starved.broker.paused() == [queues.ORDERS]
    assert (await starved.order()).attempts.create == 1


async def test_zzy_is_left_alone_for_as_long_as_it_asks(starved: World) -> None:
    starved.zzy.will("create", BUSY)
    await starved.commands.handle(create_message())
    assert starved.gate.seconds_left() == 120
    await starved.fire(119)
    assert starved.zzy.calls == ["create"]
    starved.zzy.will("probe", NO_CODES)
    starved.clock.advance(1)
    await starved.pressure.tick()
    starved.zzy.will("create", CREATED)
    starved.zzy.will("pay", PAID)
    await starved.fire(10)
    assert (await starved.order()).phase == "awaiting_ticket"


async def test_a_429_that_asks_for_no_time_gets_a_moment(starved: World) -> None:
    starved.zzy.will("create", Unknown("http_429"))
    await starved.commands.handle(create_message())
    assert starved.gate.seconds_left() == ORDERS_PLAN.first_delay


async def test_the_queue_is_looked_through_now_and_then_and_what_is_late_ends(
    starved: World,
) -> None:
    await starved.broker.consume(queues.ORDERS, starved.commands.handle, concurrency=8)
    await take_down(starved)
    await starved.pressure.tick()
    assert starved.broker.paused() == [queues.ORDERS]
    for number in range(20):
        await starved.broker.publish(create_message(number=f"late {number}"))
    starved.clock.advance(601)
    fresh = [create_message(number=f"new {n}", at=starved.clock.now()) for n in range(20)]
    for message in fresh:
        await starved.broker.publish(message)
    await keep_silent(starved)
    await starved.pressure.tick()
    async with asyncio.timeout(PATIENCE):
        while starved.broker.paused() == []:
            await starved.pressure.tick()
            await asyncio.sleep(0.01)
    found = await phases(starved)
    assert {found[f"late {number}"] for number in range(20)} == {"refused"}
    assert sum(name.startswith("new") for name in found) == 1
    assert await starved.broker.depth(queues.ORDERS) >= 18
    assert starved.zzy.calls.count("create") == 5


async def keep_silent(world: World) -> None:
    """Have every knock that comes now stay without an answer."""
    world.zzy.will("probe", *[TIMEOUT] * 50)
    while world.gate.state() is not State.OPEN:
        await world.pressure.tick()


async def test_without_a_plan_every_call_is_made(world: World) -> None:
    world.zzy.will("create", *[TIMEOUT] * 9)
    for number in range(9):
        await world.commands.handle(create_message(number=str(number)))
    assert world.gate.state() is State.CLOSED
    assert world.broker.paused() == []

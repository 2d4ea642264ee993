"""ZZY goes away and comes back: orders wait meanwhile, none fails for it, none is paid twice."""

import asyncio
import time

import pytest
from aiohttp import ClientSession

from tests.e2e.world import Choice, World, codes, delivered, until

WORLD = Choice(settings={"reply_wait_seconds": "1", "concurrency": "8"})
ORDERS = 12

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def gauge(world: World, name: str) -> float:
    """Return one metric of the worker."""
    async with ClientSession() as session, session.get(f"{world.place.url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return float(next(line.rpartition(" ")[2] for line in lines if line.startswith(name)))


async def test_orders_wait_for_zzy_and_go_through_when_it_is_back(bridged: World) -> None:
    bridged.zzy.lots.change(drop_before=1.0)
    early = [bridged.fresh() for _ in range(ORDERS)]
    answers = await asyncio.gather(*(bridged.k.order(number) for number in early))
    assert {answer.code for answer in answers} == {"1000"}, "the work goes on: no failure is told"
    await until(lambda: is_down(bridged))
    late = [bridged.fresh() for _ in range(ORDERS)]
    answers = await asyncio.gather(*(bridged.k.order(number) for number in late))
    assert {answer.code for answer in answers} == {"1000"}
    assert await gauge(bridged, 'ticketbridge_queue_paused{queue="ticketbridge.orders"}') == 1

    bridged.zzy.lots.change(drop_before=0.0)
    back = time.monotonic()
    for number in early + late:
        ours = bridged.k.number(number)
        assert await delivered(bridged, number) == codes(bridged, ours)
        assert bridged.book(ours).times_paid == 1
        assert bridged.k.news(number) == ["voucher"]
    assert time.monotonic() - back < 15
    assert await gauge(bridged, "ticketbridge_zzy_down") == 0


async def is_down(world: World) -> bool:
    return await gauge(world, "ticketbridge_zzy_down") == 1


def knocks(world: World) -> int:
    return world.zzy.lots.seen["drop_before"]


async def _has_come(world: World, number: int) -> bool:
    return knocks(world) >= number


async def test_zzy_is_knocked_at_rarely_while_it_is_silent(bridged: World) -> None:
    bridged.zzy.lots.change(drop_before=1.0)
    numbers = [bridged.fresh() for _ in range(ORDERS)]
    await asyncio.gather(*(bridged.k.order(number) for number in numbers))
    await until(lambda: is_down(bridged))
    before = knocks(bridged)
    for knock in range(1, 4):
        await until(lambda: _has_come(bridged, before + knock))  # noqa: B023  (awaited here)
        assert knocks(bridged) - before < ORDERS, "one knock at a time, not all who wait"
    bridged.zzy.lots.change(drop_before=0.0)
    for number in numbers:
        await delivered(bridged, number)

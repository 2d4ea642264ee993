"""Many orders while ZZY does everything wrong, and the worker is killed besides."""

import asyncio
from collections import Counter
from dataclasses import dataclass

import pytest

from tests.e2e.bridge import Bridge, Place, started
from tests.e2e.conftest import ONE_NOW, scale
from tests.e2e.load import Load, place_orders
from tests.e2e.verdict import Verdict, until_quiet
from worker import app
from worker.settings import load_settings
from worker.simulators.channel import ChannelSimulator
from worker.simulators.channel_driver import ChannelDriver
from worker.simulators.zzy import ZzySimulator
from worker.simulators.zzy_faults import ZzyFaults

IN_FLIGHT = 64
CHANCE = 0.05
SEED = 7
MOST_HUMANS = 0.08
"""Each of them is justified by ZZY's books; this catches a worker that gives orders away.

A quiet machine has 1 to 2 %. A busy one has more: where more answers come too late, more
orders are given back, and ZZY refuses or forgets its share of the refunds.
"""
HONEST = {"503 3000", "504 9999"}
"""What a channel may be told where the machine is too busy for the broker to confirm in time."""


@dataclass(frozen=True)
class Size:
    """How many orders are placed, and how often the worker is killed meanwhile."""

    orders: int
    kills: int

    def numbers(self) -> list[str]:
        return [f"n{number}" for number in range(scale(self.orders))]

    def __str__(self) -> str:
        return str(self.orders)


SIZES = [Size(250, 3), pytest.param(Size(1000, 10), marks=pytest.mark.acceptance)]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.parametrize("size", SIZES, ids=str),
]


async def judge(place: Place, zzy: ZzySimulator, channel: ChannelSimulator, load: Load) -> Verdict:
    async with app.opened_store(load_settings(place.config, {})) as store:
        rows = await until_quiet(store, load)
    verdict = Verdict(zzy, channel, load, rows)
    broken = verdict.broken()
    assert not broken, "\n".join(broken)
    humans = Counter(row.human for row in rows.values() if row.human)
    assert verdict.ends["human"] <= MOST_HUMANS * len(load.answers), humans
    assert verdict.ends["issued"] > len(load.answers) / 2
    return verdict


async def test_every_order_is_delivered_or_ended_with_its_reason_told(
    size: Size,
    place: Place,
    zzy: ZzySimulator,
    channel: ChannelSimulator,
    driver: ChannelDriver,
) -> None:
    zzy.lots.set(ZzyFaults.everything(CHANCE, seed=SEED, hang_seconds=3))
    async with started(place) as bridge:
        load = await place_orders(driver, size.numbers(), IN_FLIGHT)
        await judge(place, zzy, channel, load)
        assert await bridge.stop() == 0
    assert not load.lost
    assert load.unsure.keys() <= HONEST


@pytest.mark.parametrize("place", ONE_NOW, indirect=True)
async def test_the_same_while_the_worker_is_killed_again_and_again(
    size: Size,
    place: Place,
    zzy: ZzySimulator,
    channel: ChannelSimulator,
    driver: ChannelDriver,
) -> None:
    zzy.lots.set(ZzyFaults.everything(CHANCE, seed=SEED, hang_seconds=3))
    wanted = size.numbers()
    async with started(place) as bridge:
        placing = asyncio.ensure_future(place_orders(driver, wanted, IN_FLIGHT))
        for kill in range(1, size.kills + 1):
            await paid(zzy, kill * len(wanted) // (2 * size.kills))
            await again(bridge)
        load = await placing
        await judge(place, zzy, channel, load)
    assert load.lost


async def paid(zzy: ZzySimulator, count: int) -> None:
    """Wait until so many orders were made at ZZY."""
    await zzy.changes.until(lambda: len(zzy.ledger.orders) >= count, seconds=60)


async def again(bridge: Bridge) -> None:
    await bridge.kill()
    await bridge.start()

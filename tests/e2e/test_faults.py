"""A thousand orders while ZZY does everything wrong, and the worker is killed besides."""

import asyncio

import pytest

from tests.e2e.bridge import Bridge, Place, started
from tests.e2e.conftest import scale
from tests.e2e.load import Load, place_orders
from tests.e2e.verdict import Verdict, until_quiet
from worker import app
from worker.settings import load_settings
from worker.simulators.channel import ChannelSimulator
from worker.simulators.channel_driver import ChannelDriver
from worker.simulators.zzy import ZzySimulator
from worker.simulators.zzy_faults import ZzyFaults

ORDERS = 1000
IN_FLIGHT = 64
CHANCE = 0.05
SEED = 7
KILLS = 10
MOST_HUMANS = 0.03

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def numbers() -> list[str]:
    return [f"n{number}" for number in range(scale(ORDERS))]


async def judge(place: Place, zzy: ZzySimulator, channel: ChannelSimulator, load: Load) -> Verdict:
    async with app.opened_store(load_settings(place.config, {})) as store:
        rows = await until_quiet(store, load)
    verdict = Verdict(zzy, channel, load, rows)
    broken = verdict.broken()
    assert not broken, "\n".join(broken)
    assert verdict.ends["human"] <= MOST_HUMANS * len(load.answers)
    assert verdict.ends["issued"] > len(load.answers) / 2
    return verdict


async def test_every_order_is_delivered_or_ended_with_its_reason_told(
    place: Place, zzy: ZzySimulator, channel: ChannelSimulator, driver: ChannelDriver
) -> None:
    zzy.lots.set(ZzyFaults.everything(CHANCE, seed=SEED, hang_seconds=3))
    async with started(place) as bridge:
        load = await place_orders(driver, numbers(), IN_FLIGHT)
        await judge(place, zzy, channel, load)
        assert await bridge.stop() == 0
    assert load.unanswered == 0


async def test_the_same_while_the_worker_is_killed_ten_times(
    place: Place, zzy: ZzySimulator, channel: ChannelSimulator, driver: ChannelDriver
) -> None:
    zzy.lots.set(ZzyFaults.everything(CHANCE, seed=SEED, hang_seconds=3))
    wanted = numbers()
    async with started(place) as bridge:
        placing = asyncio.ensure_future(place_orders(driver, wanted, IN_FLIGHT))
        for kill in range(1, KILLS + 1):
            await paid(zzy, kill * len(wanted) // (2 * KILLS))
            await again(bridge)
        load = await placing
        await judge(place, zzy, channel, load)
    assert load.unanswered > 0


async def paid(zzy: ZzySimulator, count: int) -> None:
    """Wait until so many orders were made at ZZY."""
    await zzy.changes.until(lambda: len(zzy.ledger.orders) >= count, seconds=60)


async def again(bridge: Bridge) -> None:
    await bridge.kill()
    await bridge.start()

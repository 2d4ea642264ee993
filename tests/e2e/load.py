"""Orders placed as a real channel would: until it has an answer, with the same number."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import aiohttp

from worker.simulators.channel_driver import ChannelDriver, DriverAnswer, sample_order

PATIENCE_SECONDS = 120
PAUSE_SECONDS = 0.2


@dataclass
class Load:
    """What was ordered and answered."""

    answers: dict[str, DriverAnswer] = field(default_factory=dict)
    """By channel_order_num: the first answer that was one."""
    lost: Counter[str] = field(default_factory=Counter)
    """Requests that ended without an answer, by how: the channel asked again."""
    unsure: Counter[str] = field(default_factory=Counter)
    """Answers that told the channel to ask again (503, 504), by status and code."""


async def place_orders(driver: ChannelDriver, numbers: Sequence[str], in_flight: int) -> Load:
    """Place one order for each number, ``in_flight`` at a time."""
    load = Load()
    waiting = iter(numbers)
    tomorrow = datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=1)

    async def work() -> None:
        for number in waiting:
            order = sample_order(number, tomorrow)
            load.answers[number] = await _until_answered(driver, order, load)

    await asyncio.gather(*(work() for _ in range(in_flight)))
    return load


async def _until_answered(
    driver: ChannelDriver, order: dict[str, object], load: Load
) -> DriverAnswer:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                answer = await driver.create(order)
            except (aiohttp.ClientError, TimeoutError) as error:
                load.lost[type(error).__name__] += 1
            else:
                if answer.status == 200:
                    return answer
                load.unsure[f"{answer.status} {answer.code}"] += 1
            await asyncio.sleep(PAUSE_SECONDS)

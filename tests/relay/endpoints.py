"""Channels that answer as a story wants, and the numbers of most stories."""

import asyncio

from tests.doubles import DELIVERED
from tests.relay.virtual import VirtualWorld
from worker.runtime.breaker import BreakerPlan
from worker.translation.delivery import Answered, DeliveryResult, NoAnswer

HOUR = 3_600.0
QUICK = BreakerPlan(in_row=3, least=0, first_delay=5, longest_delay=300)
SHORT = (1, 5, 30)
"""Retry delays: 36 seconds together."""


async def well(_name: str) -> DeliveryResult:
    await asyncio.sleep(0.05)
    return DELIVERED


async def dead(_name: str) -> DeliveryResult:
    await asyncio.sleep(10)
    return NoAnswer("timeout", 10)


async def refusing(_name: str) -> DeliveryResult:
    return Answered(500, b"Internal Server Error", None, 0.01)


async def slow(_name: str) -> DeliveryResult:
    await asyncio.sleep(3)
    return DELIVERED


class Tired:
    """Takes one notification in two seconds and answers 429 to more."""

    def __init__(self, retry_after: float | None = 2) -> None:
        self._free_at = 0.0
        self._retry_after = retry_after

    async def __call__(self, _name: str) -> DeliveryResult:
        now = asyncio.get_running_loop().time()
        if now < self._free_at:
            return Answered(429, b"", self._retry_after, 0.01)
        self._free_at = now + 2
        return DELIVERED


def one(answer: object) -> VirtualWorld:
    """Return a world with one channel k."""
    return VirtualWorld({"k": answer}, breaker=QUICK)  # type: ignore[dict-item]

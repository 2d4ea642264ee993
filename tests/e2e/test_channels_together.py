"""A dead, a tired and a slow channel beside a healthy one, on both set-ups, for some time."""

import asyncio
import time

import pytest

from tests.e2e.world import Choice, Other, Party, World
from worker.simulators.channel import Credentials

WORLD = Choice(
    others=tuple(Other(Credentials(key)) for key in ("dead", "tired", "slow")),
    retry_delays='["1s", "5s", "30s", "2m"]',
    relay={
        "breaker_failures": "5",
        "breaker_first_seconds": '"1s"',
        "breaker_longest_seconds": '"4s"',
    },
)
ROUNDS = 20
PATIENCE = 60.0

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.acceptance]


async def test_nobody_waits_for_another_and_nothing_dies(bridged: World) -> None:
    dead, tired, slow = (bridged.parties[key] for key in ("dead", "tired", "slow"))
    dead.simulator.lots.change(http_500=1.0)
    tired.simulator.lots.change(too_many=0.5, retry_after=1)
    slow.simulator.lots.change(slow=1.0, slow_seconds=1.0)
    placed: list[tuple[Party, str]] = []
    waits = []
    for _ in range(ROUNDS):
        for party in (dead, tired, slow):
            await party.order(number := bridged.fresh())
            placed.append((party, number))
        await bridged.k.order(number := bridged.fresh())
        began = time.monotonic()
        await bridged.k.told("voucher", number)
        waits.append(time.monotonic() - began)
    assert sorted(waits)[ROUNDS // 2] < 1
    assert len(dead.simulator.deliveries) < ROUNDS, "its attempts are not spent"
    dead.simulator.lots.change(http_500=0.0)
    await asyncio.gather(
        *(party.told("voucher", number, seconds=PATIENCE) for party, number in placed)
    )
    assert await bridged.letters() == []

"""What a dead channel does to the others: their vouchers beside one that never answers.

The same orders at the same rate, four of five for a channel that lives. The fifth goes to another
one that lives, or to one that takes the connection and is silent.
"""

import asyncio
import sys

import uvloop

from bench.figures import DEAD_CHANNEL, OURS, Figure, compared
from bench.load import ACCEPTED, GIVE_UP_SECONDS, SECRET, Placing, bodies
from bench.rounds import percentile
from bench.setups import House, Setup

RATE = 40.0
EVERY = 5
DEAD, LIVING = "dead", "living"
BESIDE = {LIVING: "/notify", DEAD: "/dead"}
CHANNEL = """
[[channels]]
app_key = "{name}"
app_secrets = ["{secret}"]
notify_url = "WORLD{path}"
reply_on = "accepted"
"""


def dead_channel(house: House, rounds: int, orders: int) -> Figure:
    """Return the others' p99 from request to voucher beside a dead channel, to that beside none."""
    setups = {name: _with_channel(house, name, path) for name, path in BESIDE.items()}
    p99: dict[str, list[float]] = {name: [] for name in setups}
    for name, setup in setups.items():
        _beside(setup, name, orders)
    for _ in range(rounds):
        for name, setup in setups.items():
            p99[name].append(_beside(setup, name, orders))
            sys.stderr.write(f"beside a {name} channel: p99 {p99[name][-1] * 1000:.0f} ms\n")
    return compared(DEAD_CHANNEL, p99[DEAD], p99[LIVING])


def _with_channel(house: House, name: str, path: str) -> Setup:
    more = CHANNEL.format(name=name, secret=SECRET, path=path)
    return house.whole(house.our_site(OURS, embedded=False, more=more))


def _beside(setup: Setup, name: str, orders: int) -> float:
    """Return the p99 of the vouchers of the channel that lives."""
    measured, others = bodies(orders - orders // EVERY, ACCEPTED), bodies(orders // EVERY, name)
    requests: dict[str, bytes] = {}
    one, other = iter(measured.items()), iter(others.items())
    for place in range(orders):
        number, body = next(other if place % EVERY == EVERY - 1 else one)
        requests[number] = body

    async def play() -> float:
        async with asyncio.timeout(GIVE_UP_SECONDS):
            load = await Placing(setup.url, setup.world_url).at_rate(requests, RATE, measured)
        return percentile(load.vouchers, 0.99)

    return uvloop.run(play())

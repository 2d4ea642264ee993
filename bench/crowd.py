"""Five hundred channels, of which fifty are dead: what they hold, and what the others notice.

Three set-ups with all roles in one process: a few channels, many that live, and many of which
one in ten takes a connection and never answers. The same orders at the same rate, spread over
all channels; the dead ones got more than their breakers bear before that.
"""

import itertools
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import uvloop

from bench.figures import OURS
from bench.load import SECRET, Placing, bodies
from bench.neighbours import CHANNEL, RATE
from bench.processes import cpu_seconds, memory_mb, sockets
from bench.rounds import percentile
from bench.setups import House, Setup

FEW, MANY, DEAD = 5, 500, 50
NAMES = ("few", "many", "many, some dead")
BEFORE = 12
"""Orders that each dead channel gets before: more failures than a breaker bears."""
REST_SECONDS = 10.0
AT_A_TIME = 32


@dataclass
class Crowd:
    """A set-up with so many channels, and what was seen of it."""

    name: str
    living: Sequence[str]
    dead: Sequence[str]
    setup: Setup
    seen: dict[str, float] = field(default_factory=dict)
    p99: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)


def crowd(house: House, rounds: int, orders: int) -> dict[str, dict[str, float]]:
    """Return what each set-up was like: seconds, MiB, sockets, milliseconds."""
    crowds = [
        _opened(house, NAMES[0], FEW, 0),
        _opened(house, NAMES[1], MANY, 0),
        _opened(house, NAMES[2], MANY - DEAD, DEAD),
    ]
    for one in crowds:
        _let_die(one)
        _play(one, orders)
        _at_rest(one)
    for one in crowds:
        one.p99.clear()
        one.cpu_ms.clear()
    for _ in range(rounds):
        for one in crowds:
            _play(one, orders)
            sys.stderr.write(f"{one.name} channels: p99 {one.p99[-1]:.0f} ms\n")
    for one in crowds:
        _hold(one)
        one.seen["vouchers of the living, p99, ms"] = statistics.median(one.p99)
        one.seen["own CPU, ms an order"] = statistics.median(one.cpu_ms)
    return {one.name: one.seen for one in crowds}


def _opened(house: House, name: str, living: int, dead: int) -> Crowd:
    alive = [f"alive-{number}" for number in range(living)]
    gone = [f"dead-{number}" for number in range(dead)]
    more = "".join(
        CHANNEL.format(name=key, secret=SECRET, path=path)
        for keys, path in ((alive, "/notify"), (gone, "/dead"))
        for key in keys
    )
    site = house.our_site(OURS, embedded=False, more=more)
    before = memory_mb(house.rabbit.pids)[0]
    began = time.monotonic()
    setup = house.whole(site)
    one = Crowd(name, alive, gone, setup)
    one.seen["start, s"] = time.monotonic() - began
    one.seen["first start, RabbitMQ MiB more"] = memory_mb(house.rabbit.pids)[0] - before
    return one


def _let_die(one: Crowd) -> None:
    """Give the dead channels what they do not take, and do not wait for it."""
    if one.dead:
        requests = _spread(one.dead, BEFORE * len(one.dead))
        uvloop.run(_place(one, requests, ()))


def _spread(keys: Sequence[str], orders: int) -> dict[str, bytes]:
    """Return orders that go round the channels."""
    each = [iter(bodies(-(-orders // len(keys)), key).items()) for key in keys]
    return dict(itertools.islice(itertools.chain.from_iterable(zip(*each, strict=True)), orders))


def _play(one: Crowd, orders: int) -> None:
    keys = [*one.living, *one.dead]
    requests = _spread(sorted(keys, key=lambda key: key.rpartition("-")[2]), orders)
    told = {number for number, body in requests.items() if b"alive-" in body}
    before = cpu_seconds(one.setup.pids)
    vouchers = uvloop.run(_place(one, requests, told))
    one.cpu_ms.append((cpu_seconds(one.setup.pids) - before) * 1000 / orders)
    one.p99.append(percentile(vouchers, 0.99) * 1000)


async def _place(
    one: Crowd, requests: Mapping[str, bytes], awaited: Sequence[str] | set[str]
) -> Sequence[float]:
    load = await Placing(one.setup.url, one.setup.world_url).at_rate(requests, RATE, awaited)
    return load.vouchers


def _at_rest(one: Crowd) -> None:
    """Look at what it costs while no order comes."""
    before = cpu_seconds(one.setup.pids)
    time.sleep(REST_SECONDS)
    used = cpu_seconds(one.setup.pids) - before
    one.seen["own CPU at rest, ms a second"] = used * 1000 / REST_SECONDS


def _hold(one: Crowd) -> None:
    one.seen["memory, MiB"] = memory_mb(one.setup.pids)[0]
    one.seen["sockets"] = sockets(one.setup.pids)

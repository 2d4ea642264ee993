"""Commands that wait: how soon a saga is back among them, and what a second saga adds.

The commands lie in the queue of orders before anything takes them. A saga is started among
them, joined by a second one, left alone again, in turns; at the end it is killed, and another
takes over what it had in hand. The embedded set-up does the same with all roles in one process,
which has no second one.
"""

import asyncio
import itertools
import json
import signal
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvloop

from bench.figures import EMBEDDED, OURS
from bench.load import ACCEPTED
from bench.processes import cpu_seconds, memory_mb
from bench.setups import House, Site
from bench.wire import Client
from contracts import queues
from contracts.commands import CreateOrderCommand
from contracts.envelope import wrap
from worker import app
from worker.runtime.ports import Message
from worker.settings import load_settings
from worker.simulators.channel_driver import made_up_id_card, sample_order

WINDOW_SECONDS = 10.0
AT_ONCE = 200
"""How many commands are being published at a time."""
POLL_SECONDS = 0.02
GIVE_UP_SECONDS = 60.0
_numbers = itertools.count(1)

Seen = dict[str, float]


def backlog(house: House, commands: int, rounds: int) -> dict[str, Seen]:
    """Return seconds, speeds and MiB of both set-ups."""
    return {OURS: _served(house, commands, rounds), EMBEDDED: _embedded(house, commands)}


def _served(house: House, commands: int, rounds: int) -> Seen:
    site = house.our_site(OURS, embedded=False)
    house.start(site, "ingress")
    idle = house.start(site, "saga")
    house.stop(idle)
    seen: Seen = {}
    _fill(site, 1)
    house.stop(_among(house, site, "saga", seen, "none waiting"))
    _fill(site, commands)
    first = _among(house, site, "saga", seen, "so many waiting")
    one, two = [], []
    for _ in range(rounds):
        one.append(_speed(site, [first]))
        second = house.start(site, "saga")
        two.append(_speed(site, [first, second]))
        house.stop(second)
        sys.stderr.write(f"one saga {one[-1][0]:.0f}, two {two[-1][0]:.0f} orders/s\n")
    for name, speeds in (("one saga", one), ("two sagas", two)):
        seen[f"{name}, orders/s"] = statistics.median(speed for speed, _ in speeds)
        seen[f"{name}, own CPU, ms an order"] = statistics.median(cpu for _, cpu in speeds)
    _again(house, site, "saga", first, seen)
    return seen


def _embedded(house: House, commands: int) -> Seen:
    site = house.our_site(EMBEDDED, embedded=True)
    seen: Seen = {}
    _fill(site, 1)
    house.stop(_among(house, site, "", seen, "none waiting"))
    _fill(site, commands)
    pid = _among(house, site, "", seen, "so many waiting")
    seen["all roles, orders/s"], seen["all roles, own CPU, ms an order"] = _speed(site, [pid])
    _again(house, site, "", pid, seen)
    return seen


def _among(house: House, site: Site, role: str, seen: Seen, name: str) -> int:
    """Start a role, and see how long it takes until it is ready, and to the first paid order."""
    before, began = _paid(site), time.monotonic()
    pid = house.start(site, role)
    seen[f"{name}: ready after, s"] = time.monotonic() - began
    _until_paid(site, before + 1)
    seen[f"{name}: first order paid after, s"] = time.monotonic() - began
    seen[f"{name}: memory then, MiB"] = memory_mb([pid])[0]
    return pid


def _again(house: House, site: Site, role: str, pid: int, seen: Seen) -> None:
    """Kill it in the middle of its work, and start another."""
    seen["at the end: memory, MiB"] = memory_mb([pid])[0]
    house.stop(pid, signal.SIGKILL)
    _among(house, site, role, seen, "after a kill")


def _speed(site: Site, pids: list[int]) -> tuple[float, float]:
    """Return the orders paid a second, and the CPU of one, over a window."""
    before, cpu, began = _paid(site), cpu_seconds(pids), time.monotonic()
    time.sleep(WINDOW_SECONDS)
    paid = _paid(site) - before
    return paid / (time.monotonic() - began), (cpu_seconds(pids) - cpu) * 1000 / max(paid, 1)


def _until_paid(site: Site, wanted: int) -> None:
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while _paid(site) < wanted:
        if time.monotonic() > deadline:
            raise TimeoutError("no order is paid")
        time.sleep(POLL_SECONDS)


def _paid(site: Site) -> int:
    async def ask() -> int:
        client = Client(site.world_url)
        totals = json.loads(await client.get("/_control/totals"))
        client.close()
        return int(totals["paid"])

    return uvloop.run(ask())


def _fill(site: Site, commands: int) -> None:
    """Put commands into the queue of orders, as an ingress would."""

    async def publish() -> None:
        async with app.opened(load_settings(Path(site.words[-1]), {})) as parts:
            for begin in range(0, commands, AT_ONCE):
                batch = range(begin, min(begin + AT_ONCE, commands))
                await asyncio.gather(*(parts.broker.publish(_command()) for _ in batch))

    uvloop.run(publish())


def _command() -> Message:
    number = next(_numbers)
    now = datetime.now(UTC)
    people = {made_up_id_card(2 * number): "张三", made_up_id_card(2 * number + 1): "李四"}
    order = sample_order(f"waits-{number}", (now + timedelta(days=1)).date(), tourist_info=people)
    data = CreateOrderCommand(app_key=ACCEPTED, received_at=now, reply_on="accepted", order=order)
    return Message(queues.ORDERS, data.TYPE, wrap(data, id=f"w{number}", time=now), f"w{number}")

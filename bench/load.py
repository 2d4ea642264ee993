"""Places orders and waits until they are delivered: a bounded number at a time, or at a rate.

A latency at a rate counts from the moment at which the request was due, so that a set-up that
stalls is not spared the requests that it held up.
"""

import asyncio
import itertools
import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bench.wire import Client
from worker.simulators.channel_driver import ChannelDriver, made_up_id_card, sample_order

PAID, ACCEPTED = "k", "a"
"""The channels' app_keys: answered when the order is paid, or when it is safe."""
SECRET = "bench-secret-of-the-channel"
SUCCESS, UNKNOWN = "1000", "9999"
POLL_SECONDS = 0.02
GIVE_UP_SECONDS = 240.0
_numbers = itertools.count(1)


class LostOrdersError(RuntimeError):
    """Orders were refused, or not delivered in time, or more was done than was ordered."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one round showed; latencies in seconds, sorted."""

    seconds: float
    """From the first request to the last delivery."""
    answers: Sequence[float]
    """Of each createOrder."""
    vouchers: Sequence[float]
    """From each request to the voucher at the channel."""
    repeated: int
    """Requests that were sent again after the answer 9999, as the protocol says."""


def bodies(count: int, app_key: str = PAID) -> dict[str, bytes]:
    """Return signed requests for ``count`` new orders by number, valid for five minutes."""
    driver = ChannelDriver("http://unused", app_key, SECRET)
    day = (datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=1)).date()
    stamp = time.time_ns()
    made = {}
    for number in itertools.islice(_numbers, count):
        people = {made_up_id_card(2 * number): "张三", made_up_id_card(2 * number + 1): "李四"}
        name = f"bench-{stamp}-{number}"
        made[name] = driver.envelope(sample_order(name, day, tourist_info=people))
    return made


class Placing:
    """One round: its connections, and what it saw."""

    def __init__(self, ingress_url: str, world_url: str) -> None:
        self._ingress = Client(ingress_url)
        self._world = Client(world_url)
        self._began: dict[str, float] = {}
        self._answers: list[float] = []
        self._repeated = 0

    async def in_flight(self, requests: Mapping[str, bytes], number: int) -> Load:
        """Keep ``number`` orders under way until all are answered and delivered."""
        started = await self._start()
        waiting = iter(requests.items())

        async def order_on() -> None:
            for name, body in waiting:
                await self._place(name, body, time.monotonic())

        await asyncio.gather(*(order_on() for _ in range(number)))
        return await self._end(started)

    async def at_rate(
        self, requests: Mapping[str, bytes], rate: float, awaited: Collection[str] = ()
    ) -> Load:
        """Send one request every ``1 / rate`` seconds, whatever became of those before.

        Of the orders only the vouchers of those ``awaited`` are waited for and looked at.
        """
        started = await self._start()
        async with asyncio.TaskGroup() as tasks:
            for place, (name, body) in enumerate(requests.items()):
                due = started + place / rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                tasks.create_task(self._place(name, body, due))
        self._began = {name: self._began[name] for name in awaited}
        return await self._end(started)

    async def _start(self) -> float:
        await self._world.get("/_control/forget")
        return time.monotonic()

    async def _place(self, name: str, body: bytes, due: float) -> None:
        self._began[name] = due
        while (code := await self._post(body)) == UNKNOWN:
            self._repeated += 1
        self._answers.append(time.monotonic() - due)
        if code != SUCCESS:
            raise LostOrdersError(f"an order was refused with {code}")

    async def _post(self, body: bytes) -> str:
        _, answer = await self._ingress.post("/public/createOrder", body)
        return str(json.loads(answer)["code"])

    async def _end(self, started: float) -> Load:
        came: dict[str, float] = {}
        while not came.keys() >= self._began.keys():  # the other process has no event for us
            await self._until_as_many()
            came = json.loads(await self._world.get("/_control/vouchers"))
        vouchers = sorted(came[name] - began for name, began in self._began.items())
        seconds = max(came.values(), default=time.monotonic()) - started
        for client in (self._ingress, self._world):
            client.close()
        return Load(seconds, sorted(self._answers), vouchers, self._repeated)

    async def _until_as_many(self) -> None:
        while True:
            totals = json.loads(await self._world.get("/_control/totals"))
            if totals["faults"]:
                raise LostOrdersError(totals["faults"][0])
            if totals["vouchers"] >= len(self._began):
                return
            await asyncio.sleep(POLL_SECONDS)

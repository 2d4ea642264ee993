"""Places orders with a bounded number in flight, and waits until they are delivered."""

import asyncio
import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import aiohttp

from worker.simulators.channel_driver import ChannelDriver, made_up_id_card, sample_order

APP_KEY, SECRET = "k", "bench-secret-of-the-channel"
SUCCESS, UNKNOWN = "1000", "9999"
POLL_SECONDS = 0.02
GIVE_UP_SECONDS = 120.0
_numbers = itertools.count(1)


class LostOrdersError(RuntimeError):
    """Orders were refused, or not delivered in time."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one round showed."""

    seconds: float
    """From the first request to the last delivery."""
    latencies: Sequence[float]
    """Of each createOrder, answered when the order is paid; seconds, sorted."""
    repeated: int
    """Requests that were sent again after the answer 9999, as the protocol says."""


def bodies(count: int) -> list[bytes]:
    """Return signed requests for ``count`` new orders, valid for five minutes."""
    driver = ChannelDriver("http://unused", APP_KEY, SECRET)
    day = (datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=1)).date()
    stamp = time.time_ns()
    made = []
    for number in itertools.islice(_numbers, count):
        people = {made_up_id_card(2 * number): "张三", made_up_id_card(2 * number + 1): "李四"}
        order = sample_order(f"bench-{stamp}-{number}", day, tourist_info=people)
        made.append(driver.envelope(order))
    return made


async def place(
    ingress_url: str, channel_url: str, requests: Sequence[bytes], in_flight: int
) -> Load:
    """Place the orders and return when each was delivered. Raises LostOrdersError."""
    latencies: list[float] = []
    repeated: list[bytes] = []
    waiting = iter(requests)
    connector = aiohttp.TCPConnector(limit=in_flight + 1)
    async with aiohttp.ClientSession(connector=connector) as session:
        wanted = await _taken(session, channel_url) + len(requests)
        started = time.perf_counter()

        async def order_on() -> None:
            for body in waiting:
                at = time.perf_counter()
                while (code := await _post(session, ingress_url, body)) == UNKNOWN:
                    repeated.append(body)
                latencies.append(time.perf_counter() - at)
                if code != SUCCESS:
                    raise LostOrdersError(f"an order was refused with {code}")

        async with asyncio.timeout(GIVE_UP_SECONDS):
            await asyncio.gather(*(order_on() for _ in range(in_flight)))
            while (taken := await _taken(session, channel_url)) < wanted:
                await asyncio.sleep(POLL_SECONDS)  # the other process has no event for us
        if taken > wanted:
            raise LostOrdersError(f"{taken - wanted} notifications too many")
    return Load(time.perf_counter() - started, sorted(latencies), len(repeated))


async def _post(session: aiohttp.ClientSession, ingress_url: str, body: bytes) -> str:
    async with session.post(f"{ingress_url}/public/createOrder", data=body) as response:
        return str(json.loads(await response.read())["code"])


async def _taken(session: aiohttp.ClientSession, channel_url: str) -> int:
    async with session.get(f"{channel_url}/_control/totals") as response:
        return int((await response.json())["taken"])

"""One round of one set-up: what it cost, and how long each order took."""

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import uvloop

from bench.load import GIVE_UP_SECONDS, Load, Placing
from bench.processes import cpu_seconds, forget_peaks, memory_mb
from bench.setups import House, Setup

SETTLE_SECONDS = 0.3
"""Between rounds, so that late acknowledgements count for the round they belong to."""


@dataclass(frozen=True, slots=True)
class Round:
    """CPU in milliseconds an order, latencies in milliseconds, memory in MiB."""

    setup: str
    orders: int
    orders_per_second: float
    cpu_ms: float
    broker_ms: float
    database_ms: float
    all_ms: float
    """What its own processes, the broker and the database used, as far as it has them."""
    answer_p50: float
    answer_p99: float
    answer_p999: float
    voucher_p50: float
    voucher_p99: float
    voucher_p999: float
    memory_mb: float
    """The set-up's own processes at the end of the round, shared pages shared (PSS)."""
    peak_mb: float
    repeated: int


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` of the sorted values lie (nearest rank)."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def in_flight(house: House, setup: Setup, requests: Mapping[str, bytes], number: int) -> Round:
    """Play a round with ``number`` orders at a time. Raises LostOrdersError, TimeoutError."""

    async def play() -> Load:
        async with asyncio.timeout(GIVE_UP_SECONDS):
            return await Placing(setup.url, setup.world_url).in_flight(requests, number)

    groups = (setup.pids, house.rabbit.pids, house.postgres.pids)
    forget_peaks(setup.pids)
    before = [cpu_seconds(pids) for pids in groups]
    load = uvloop.run(play())
    time.sleep(SETTLE_SECONDS)
    after = [cpu_seconds(pids) for pids in groups]
    own, broker, database = (
        (end - start) * 1000 / len(requests) for start, end in zip(before, after, strict=True)
    )
    return _round(setup, load, own, broker * setup.broker, database * setup.database)


def _round(setup: Setup, load: Load, own: float, broker: float, database: float) -> Round:
    memory, peak = memory_mb(setup.pids)
    return Round(
        setup.name,
        len(load.answers),
        len(load.answers) / load.seconds,
        own,
        broker,
        database,
        own + broker + database,
        *_percentiles(load.answers),
        *_percentiles(load.vouchers),
        memory,
        peak,
        load.repeated,
    )


def _percentiles(seconds: Sequence[float]) -> tuple[float, float, float]:
    p50, p99, p999 = (percentile(seconds, share) * 1000 for share in (0.5, 0.99, 0.999))
    return p50, p99, p999

"""A backlog of commands is worked off without growing in memory, and taken little by little."""

import asyncio
import os
import sqlite3
import statistics
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from contracts import queues
from contracts.channel import CreateOrder
from contracts.commands import CreateOrderCommand
from contracts.envelope import wrap
from tests.backlog.fast_zzy import FastZzy, fast_zzy
from tests.e2e.bridge import Bridge, Place, free_port, started
from tests.e2e.conftest import BOTH
from tests.e2e.world import tomorrow
from worker import app
from worker.runtime.ports import Broker, Message
from worker.settings import load_settings

CONCURRENCY = 32
AT_ONCE = 200
"""How many commands are being published at a time."""
GROWTH = 1.15
SLACK_MB = 8.0
"""RSS at the end may be this much above where it stood after the first tenth."""
STALL_SECONDS = 60.0
LARGE = pytest.param(
    int(os.environ.get("BACKLOG", "100000")),
    marks=[pytest.mark.acceptance, pytest.mark.timeout(3_600)],
)


@dataclass
class Course:
    """How the work went: moments, orders paid, megabytes, messages in hand."""

    backlog: int
    seconds: float = 0.0
    samples: list[tuple[int, float]] = field(default_factory=list)
    most_in_hand: int = 0

    def rss(self, begin: float, end: float) -> float:
        """Return the median RSS while this share of the backlog was worked off.

        Where no sample fell into it, for it was worked off too fast, that of the nearest one.
        """
        middle = (begin + end) / 2 * self.backlog
        nearest = min(self.samples, key=lambda sample: abs(sample[0] - middle))
        of = [mb for paid, mb in self.samples if begin <= paid / self.backlog <= end]
        return statistics.median(of or [nearest[1]])

    def __str__(self) -> str:
        tenths = (f"{self.rss(n / 10, (n + 1) / 10):.0f}" for n in range(10))
        return (
            f"{self.backlog} orders in {self.seconds:.0f} s, {self.backlog / self.seconds:.0f}"
            f" a second; RSS by tenths {' '.join(tenths)} MB, at most {self.most_in_hand} in hand"
        )


def command(number: int) -> Message:
    """Return one order, as the ingress would publish it."""
    order = CreateOrder(
        channel_order_num=f"b{number}",
        product_code="P11063",
        take_phone="13456451211",
        tourist_info={"110101199003070134": "张三"},
        date=tomorrow(),
        price=Decimal(60),
        amount=Decimal(60),
        count=1,
    )
    now = datetime.now(UTC)
    data = CreateOrderCommand(app_key="k", received_at=now, reply_on="accepted", order=order)
    return Message(queues.ORDERS, data.TYPE, wrap(data, id=f"m{number}", time=now), f"m{number}")


async def publish(broker: Broker, backlog: int) -> None:
    """Put the whole backlog into the queue."""
    for begin in range(0, backlog, AT_ONCE):
        batch = range(begin, min(begin + AT_ONCE, backlog))
        await asyncio.gather(*(broker.publish(command(number)) for number in batch))


async def rss(bridge: Bridge) -> float:
    """Return what the worker holds in memory, in megabytes."""
    words = ["ps", "-o", "rss=", "-p", str(bridge.pid)]
    told = await asyncio.to_thread(subprocess.check_output, words, text=True)
    return int(told) / 1024


Waiting = Callable[[], Awaitable[int]]
"""How many commands nobody has in hand."""


@asynccontextmanager
async def filled(place: Place, backlog: int) -> AsyncIterator[Waiting]:
    """Fill the queue, and tell from then on how much of it waits."""
    place.write()
    async with app.opened(load_settings(place.config, {})) as parts:
        await publish(parts.broker, backlog)

        async def waiting() -> int:
            if place.broker_url == "embedded:":
                return await asyncio.to_thread(_unowned, place.folder / "bridge.db")
            return await parts.broker.depth(queues.ORDERS)

        yield waiting


def _unowned(path: Path) -> int:
    with closing(sqlite3.connect(path, timeout=30)) as file:
        found = file.execute(
            "SELECT count(*) FROM broker_messages WHERE queue = ? AND owner IS NULL",
            (queues.ORDERS,),
        )
        return int(found.fetchone()[0])


async def watch(zzy: FastZzy, bridge: Bridge, waiting: Waiting, backlog: int) -> Course:
    """Return the course of the work once everything is paid."""
    course, began = Course(backlog), time.monotonic()
    moved, seen = began, 0
    while zzy.paid < backlog:
        await asyncio.sleep(min(1.0, backlog / 5_000))
        in_hand = backlog - await waiting() - zzy.paid  # in this order it is never too high
        course.most_in_hand = max(course.most_in_hand, in_hand)
        course.samples.append((zzy.paid, await rss(bridge)))
        if zzy.paid != seen:
            moved, seen = time.monotonic(), zzy.paid
        assert time.monotonic() - moved < STALL_SECONDS, f"it stands still at {seen}"
    course.seconds = time.monotonic() - began
    return course


@pytest.mark.parametrize("backlog", [1_000, LARGE])
@pytest.mark.parametrize("where", BOTH)
async def test_a_backlog_is_worked_off_without_growing_in_memory(
    where: str, backlog: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    urls = {}
    if where == "servers":
        urls["database_url"] = request.getfixturevalue("postgres_url")
        urls["broker_url"] = request.getfixturevalue("amqp_url")
    async with fast_zzy() as zzy:
        place = Place(
            tmp_path,
            zzy_url=zzy.url,
            channel_url="http://127.0.0.1:1",
            health_port=free_port(),
            settings={"pay_deadline_seconds": '"24h"', "concurrency": str(CONCURRENCY)},
            **urls,
        )
        async with filled(place, backlog) as waiting, started(place, "saga") as bridge:
            course = await watch(zzy, bridge, waiting, backlog)
            print(f"\n{where}: {course}")  # noqa: T201  (the figures; pytest -rP shows them)
            assert zzy.created == zzy.paid == backlog
            assert course.most_in_hand <= (4 if where == "embedded" else 1) * CONCURRENCY
            assert course.rss(0.9, 1) <= course.rss(0.1, 0.3) * GROWTH + SLACK_MB
            assert await bridge.stop() == 0

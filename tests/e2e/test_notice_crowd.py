"""True notices by the hundred, sharing milliseconds and so signatures, at the public door."""

import asyncio
import json
import time
from itertools import count

import aiohttp
import pytest

from tests.e2e.load import place_orders
from tests.e2e.notices import PATH, VERIFY, envelope, signed
from tests.e2e.world import Choice, World, until
from worker.simulators.records import Order

WORLD = Choice(settings={"ticket_deadline_seconds": "60"})
SIGNATURES = 4
"""Of each round: every order has one notice under one of them."""
IN_FLIGHT = 60
PATIENCE = 60.0

pytestmark = pytest.mark.asyncio(loop_scope="module")

_serial = count(1)


def checked(book: Order, number: int) -> bytes:
    """Return a verify notice (核销通知) with this running total."""
    body = {
        "OriginOrderId": book.origin_order_id,
        "OrderId": book.order_id,
        "VoucherCode": [],
        "OrderTotal": book.quantity,
        "CheckedNumber": number,
        "CheckTime": "2025-07-29 10:36:09",
    }
    return envelope(VERIFY, body)


@pytest.mark.parametrize(
    "orders", [60, pytest.param(250, marks=[pytest.mark.acceptance, pytest.mark.slow])]
)
async def test_true_notices_that_share_milliseconds_are_all_taken(
    bridged: World, orders: int
) -> None:
    numbers = [f"crowd-{orders}-{next(_serial)}" for _ in range(orders)]
    load = await place_orders(bridged.k.driver, numbers, IN_FLIGHT)
    assert {answer.code for answer in load.answers.values()} == {"1000"}
    books = [bridged.book(answer.order_num) for answer in load.answers.values()]
    await _told(bridged, "voucher", numbers)
    shared = [  # long before any order's own ticket notice, which may share no millisecond with it
        [signed(age_seconds=100 + second * 0.5 + n) for n in range(SIGNATURES)] for second in (0, 1)
    ]
    posts = [
        (checked(book, total), shared[total - 1][place % SIGNATURES])
        for total in (1, 2)
        for place, book in enumerate(books)
    ]
    began = time.perf_counter()
    answers = await _posted(bridged.place.url, posts)
    rate = len(posts) / (time.perf_counter() - began)
    print(f"{len(posts)} notices, {rate:.0f} a second")  # noqa: T201  (with -s)
    assert answers == [1000] * len(posts)
    await _told(bridged, "check", numbers)
    await until(lambda: _all_checked(bridged, numbers), PATIENCE)
    assert "notice_quarantined" not in {letter["kind"] for letter in await bridged.letters()}


async def _posted(url: str, posts: list[tuple[bytes, dict[str, str]]]) -> list[int]:
    """Post them, many at a time; return the Code of each answer."""
    waiting, answers = iter(enumerate(posts)), [0] * len(posts)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE)) as session:

        async def work() -> None:
            for place, (raw, headers) in waiting:
                async with session.post(url + PATH, data=raw, headers=headers) as response:
                    answers[place] = json.loads(await response.read())["Code"]

        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    return answers


async def _told(world: World, kind: str, numbers: list[str]) -> None:
    simulator = world.k.simulator
    await simulator.changes.until(
        lambda: all(simulator.of_type(kind, number) for number in numbers), seconds=PATIENCE
    )


async def _all_checked(world: World, numbers: list[str]) -> bool:
    """Tell whether the channel knows of both checks of every order."""
    told = {number: world.k.simulator.of_type("check", number)[-1] for number in numbers}
    return all(last.params["check_count"] == "2" for last in told.values())

"""Broker and database fail while orders come: no false answer, nothing lost, nothing twice."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.e2e.bridge import Place, free_port, started
from tests.e2e.conftest import SAGA
from tests.e2e.world import Choice, World, until, world
from tests.servers import Server, private_postgres, private_rabbit
from tests.servers.fresh import VhostPool, create_database, with_path
from tests.servers.rabbit import add_vhosts
from worker.simulators.channel_driver import DriverAnswer
from worker.simulators.zzy_notices import VERIFY

SOON = 5.0
"""Seconds within which a channel is told that the broker is in trouble."""
STOP_SECONDS = 10.0
RECOVERY_SECONDS = 40.0
"""Until a restarted server serves again on a busy machine, and what waited is delivered."""
USUAL = Choice(settings={"reply_wait_seconds": "5"})

pytestmark = [pytest.mark.servers, pytest.mark.slow]


@pytest.fixture(scope="module")
def rabbit() -> Iterator[Server]:
    server = private_rabbit()
    server.start()
    yield server
    server.discard()


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    server = private_postgres()
    server.start()
    yield server
    server.discard()


@pytest.fixture
def broker_url(rabbit: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A virtual host of one's own on the server that the test may stop."""
    names = tmp_path_factory.getbasetemp() / "own-vhosts"
    pool = VhostPool(names, lambda made: add_vhosts(rabbit.folder, made))
    return with_path(rabbit.url, pool.take())


@pytest.fixture
async def one(broker_url: str, postgres_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """All roles in one process."""
    urls = {"broker_url": broker_url, "database_url": postgres_url}
    async with world(USUAL, tmp_path, SAGA, urls) as made:
        yield made


async def ready(url: str) -> tuple[int, list[str]]:
    async with aiohttp.ClientSession() as session, session.get(url + "/readyz") as answer:
        return answer.status, (await answer.json())["problems"]


async def ordered(world: World, number: str) -> DriverAnswer:
    """Order with the same number until there is an answer, as the guide tells channels to."""

    async def again() -> DriverAnswer | None:
        answer = await world.k.order(number)
        return answer if answer.status == 200 else None

    answer = await until(again, seconds=RECOVERY_SECONDS)
    assert answer is not None
    return answer


async def all_delivered(world: World, numbers: list[str]) -> None:
    for number in numbers:
        answer = await ordered(world, number)
        assert answer.code == "1000", answer
    for number in numbers:
        await world.k.told("voucher", number, seconds=RECOVERY_SECONDS)
        assert world.book(world.k.number(number)).times_paid == 1
        assert world.k.news(number) == ["voucher"]
    assert world.zzy.ledger.paid_twice() == []


async def in_time(asking: Any) -> DriverAnswer:  # noqa: ANN401  (a coroutine of the driver's)
    """Return the answer, which must have come soon."""
    began = time.monotonic()
    answer: DriverAnswer = await asking
    assert time.monotonic() - began < SOON
    return answer


# --- RabbitMQ -----------------------------------------------------------------------------


async def test_a_stopped_broker_is_told_as_surely_not_taken(one: World, rabbit: Server) -> None:
    before = (await one.k.order("before")).order_num
    await one.k.told("voucher", "before")
    await asyncio.to_thread(rabbit.stop)
    try:
        for _ in range(2):
            answer = await in_time(one.k.order("during"))
            assert (answer.status, answer.code, answer.data) == (503, "3000", "")
            answer = await in_time(one.k.driver.cancel(before))
            assert (answer.status, answer.code, answer.data) == (503, "4000", "")
        status, problems = await ready(one.place.url)
        assert (status, bool(problems)) == (503, True)
        one.zzy.lots.change(resend_first=0.5, resend_max=0.5)
        one.zzy.platform.check(before, 1)
        await one.at_zzy(lambda: one.zzy.notifier.sent[-1].answers)
    finally:
        await asyncio.to_thread(rabbit.start)
    await all_delivered(one, ["during"])
    [told] = await one.k.told("check", "before")
    assert told.params["check_count"] == "1", "ZZY was refused, and came again"
    [notice] = [sent for sent in one.zzy.notifier.sent if sent.service == VERIFY]
    assert (notice.answers[0], notice.answers[-1]) == ("HTTP 503", "1000")
    await until(lambda: well(one.place.url), seconds=RECOVERY_SECONDS)


async def test_a_frozen_broker_is_told_as_unknown(one: World, rabbit: Server) -> None:
    before = (await one.k.order("before")).order_num
    await one.k.told("voucher", "before")
    numbers = [f"n{n}" for n in range(6)]
    await asyncio.to_thread(rabbit.pause)
    try:
        asked = [in_time(one.k.order(number)) for number in numbers[:-1]]
        answers = await asyncio.gather(*asked, in_time(one.k.driver.cancel(before)))
        assert {(a.status, a.code, a.data) for a in answers} == {(504, "9999", "")}
        later = await in_time(one.k.order(numbers[-1]))
        assert (later.status, later.code) in {(503, "3000"), (504, "9999")}
        assert (await ready(one.place.url))[0] == 503
    finally:
        await asyncio.to_thread(rabbit.resume)
    await all_delivered(one, numbers)
    await until(lambda: cancelled(one, before))


async def cancelled(world: World, ours: str) -> bool:
    """Cancel again; the answer must become the one of a cancelled order."""
    return (await world.k.driver.cancel(ours)).code == "4002"


@pytest.mark.parametrize("frozen", ["rabbit", "postgres"])
async def test_a_frozen_server_does_not_keep_it_from_ending(
    frozen: str, broker_url: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    database: Server = request.getfixturevalue("postgres")
    urls = {"broker_url": broker_url, "database_url": create_database(database.url)}
    server: Server = request.getfixturevalue(frozen)
    async with world(USUAL, tmp_path, SAGA, urls) as made:
        await made.k.order("before")
        await made.k.told("voucher", "before")
        await asyncio.to_thread(server.pause)
        try:
            asking = asyncio.ensure_future(made.k.order("during"))
            await ready(made.place.url)  # sent later: so the order has arrived
            began = time.monotonic()
            assert await made.bridge.stop() == 0
            assert time.monotonic() - began < STOP_SECONDS
            await asyncio.gather(asking, return_exceptions=True)
        finally:
            await asyncio.to_thread(server.resume)
        await made.bridge.start()
        await all_delivered(made, ["during"])


async def test_consumption_goes_on_by_itself_after_a_restart(one: World, rabbit: Server) -> None:
    one.zzy.lots.change(latency_min=0.3, latency_max=0.3, resend_max=1)
    numbers = [f"n{n}" for n in range(30)]
    placing = [asyncio.ensure_future(ordered(one, number)) for number in numbers]
    await one.at_zzy(lambda: len(one.zzy.ledger.orders) >= len(numbers) // 2)
    await asyncio.to_thread(rabbit.restart)
    await asyncio.gather(*placing)
    await all_delivered(one, numbers)
    await until(lambda: well(one.place.url), seconds=RECOVERY_SECONDS)


async def well(url: str) -> bool:
    return (await ready(url))[0] == 200


# --- PostgreSQL ---------------------------------------------------------------------------


@asynccontextmanager
async def apart(world: World) -> AsyncIterator[dict[str, Place]]:
    """Run saga and relay each in a process of its own, beside the world's ingress."""
    places = {}
    async with AsyncExitStack() as stack:
        for role in ("saga", "relay"):
            folder = world.place.folder / role
            folder.mkdir()
            places[role] = replace(world.place, folder=folder, health_port=free_port())
            await stack.enter_async_context(started(places[role], role))
        yield places


async def test_orders_go_on_after_a_stop_of_the_database(
    broker_url: str, postgres: Server, tmp_path: Path
) -> None:
    urls = {"broker_url": broker_url, "database_url": create_database(postgres.url)}
    choice = Choice(settings={"reply_wait_seconds": "1"}, roles=("ingress",))
    numbers = [f"n{n}" for n in range(10)]
    async with world(choice, tmp_path, SAGA, urls) as made, apart(made) as places:
        saga = f"http://127.0.0.1:{places['saga'].health_port}"
        before = (await made.k.order("before")).order_num
        await made.k.told("voucher", "before")
        await asyncio.to_thread(postgres.stop)
        try:
            answers = await asyncio.gather(*(made.k.order(number) for number in numbers))
            assert {answer.code for answer in answers} == {"1000"}
            made.zzy.platform.check(before, 2)
            await until(lambda: unwell(saga))
            assert (await ready(made.place.url))[0] == 200, "an ingress needs no database"
        finally:
            await asyncio.to_thread(postgres.start)
        await all_delivered(made, numbers)
        [told] = await made.k.told("check", "before")
        assert told.params["check_count"] == "2"
        await until(lambda: well(saga))


async def unwell(url: str) -> bool:
    return (await ready(url))[0] == 503


async def test_a_database_that_freezes_for_a_while_loses_nothing(
    broker_url: str, postgres: Server, tmp_path: Path
) -> None:
    urls = {"broker_url": broker_url, "database_url": create_database(postgres.url)}
    choice = Choice(settings={"reply_wait_seconds": "1"})
    numbers = [f"n{n}" for n in range(10)]
    async with world(choice, tmp_path, SAGA, urls) as made:
        placing = [asyncio.ensure_future(made.k.order(number)) for number in numbers]
        await made.at_zzy(lambda: made.zzy.ledger.orders)
        await asyncio.to_thread(postgres.pause)
        try:
            await asyncio.gather(*placing)
            await until(lambda: unwell(made.place.url))
        finally:
            await asyncio.to_thread(postgres.resume)
        await all_delivered(made, numbers)

"""The roles as processes of their own, started and stopped as an operator does."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from tests.e2e.bridge import Bridge, Place, free_port, started
from tests.e2e.load import place_orders
from tests.e2e.world import Party, cli, tomorrow
from worker.simulators.channel import ChannelSimulator
from worker.simulators.channel_driver import ChannelDriver, sample_order
from worker.simulators.zzy import ZzySimulator

STOP_SECONDS = 10.0
ORDERS = 48


@pytest.fixture
def served(amqp_url: str, postgres_url: str, place_of: "Places") -> Place:
    """A place on RabbitMQ and PostgreSQL, whatever else."""
    return place_of(broker_url=amqp_url, database_url=postgres_url)


class Places:
    """Makes places between the two simulators."""

    def __init__(self, folder: Path, zzy: ZzySimulator, channel: ChannelSimulator) -> None:
        self._folder = folder
        self._zzy = zzy
        self._channel = channel

    def __call__(self, **urls: str) -> Place:
        place = Place(self._folder, zzy_url=self._zzy.url, channel_url=self._channel.url, **urls)  # type: ignore[arg-type]
        self._zzy.notify(place.url + "/zzy/notify")
        return place


@pytest.fixture
def place_of(tmp_path: Path, zzy: ZzySimulator, channel: ChannelSimulator) -> Places:
    return Places(tmp_path, zzy, channel)


def another(place: Place, name: str) -> Place:
    """Return the same set-up with a folder and a health port of its own."""
    folder = place.folder / name
    folder.mkdir()
    return replace(place, folder=folder, health_port=free_port())


@asynccontextmanager
async def apart(place: Place, *roles: str) -> AsyncIterator[list[Bridge]]:
    """Run each role in a process of its own."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(started(another(place, f"{n}-{role}"), role))
            for n, role in enumerate(roles)
        ]


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def ended(bridge: Bridge) -> None:
    """Stop it with SIGTERM: it must end well, and soon."""
    began = time.monotonic()
    assert await bridge.stop() == 0
    assert time.monotonic() - began < STOP_SECONDS


async def delivered(channel: ChannelSimulator, zzy: ZzySimulator, numbers: list[str]) -> None:
    """Wait until the channel has every order's vouchers, each once."""
    await channel.changes.until(
        lambda: all(channel.of_type("voucher", number) for number in numbers), seconds=30
    )
    assert all(len(channel.of_type("voucher", number)) == 1 for number in numbers)
    assert zzy.ledger.paid_twice() == []
    assert len(zzy.ledger.paid_orders()) == len(numbers)


# --- one role a process -------------------------------------------------------------------


async def test_roles_apart_and_two_sagas_at_once_serve_orders_as_one(
    served: Place, zzy: ZzySimulator, channel: ChannelSimulator
) -> None:
    numbers = [f"n{n}" for n in range(ORDERS)]
    async with apart(served, "ingress", "saga", "saga", "relay") as bridges:
        driver = ChannelDriver(served.url, "k", "s3cret")
        load = await place_orders(driver, numbers, 16)
        await driver.close()
        assert {answer.code for answer in load.answers.values()} == {"1000"}
        await delivered(channel, zzy, numbers)
        for bridge in bridges:
            assert (await get(bridge.url + "/healthz"))[0] == 200
            assert (await get(bridge.url + "/readyz"))[0] == 200
        worked = [
            (await get(b.url + "/metrics"))[1].count("saga_transitions_total{") for b in bridges
        ]
        assert [bool(count) for count in worked] == [False, True, True, False]
        for bridge in bridges:
            await ended(bridge)


async def test_an_ingress_alone_answers_and_others_take_over_later(
    served: Place, zzy: ZzySimulator, channel: ChannelSimulator
) -> None:
    alone = replace(served, settings={"reply_wait_seconds": "0.3"})
    async with started(alone, "ingress"):
        party = Party(channel, alone.url)
        assert (await party.order("waits")).order_num == party.number("waits")
        await party.driver.close()
        assert zzy.ledger.orders == {}
        async with apart(alone, "saga", "relay"):
            await delivered(channel, zzy, ["waits"])


async def test_a_role_without_a_health_port_serves_nothing(served: Place) -> None:
    place = another(served, "silent")
    replace(place, health_port=0).write()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker", "run", "relay", "--config", str(place.config)),
        stderr=asyncio.subprocess.PIPE,
    )
    async with started(another(served, "saga"), "saga"):
        process.terminate()
        async with asyncio.timeout(STOP_SECONDS):
            await process.communicate()
    assert process.returncode == 0


# --- SIGTERM ------------------------------------------------------------------------------


async def test_stopped_under_load_it_ends_well_and_loses_nothing(
    place: Place, zzy: ZzySimulator, channel: ChannelSimulator, driver: ChannelDriver
) -> None:
    numbers = [f"n{n}" for n in range(ORDERS)]
    zzy.lots.change(latency_min=0.02, latency_max=0.2, resend_max=0.5)
    async with started(place) as bridge:
        placing = asyncio.ensure_future(place_orders(driver, numbers, 16))
        for part in (1, 2):
            await zzy.changes.until(lambda p=part: len(zzy.ledger.orders) >= ORDERS * p // 3)  # type: ignore[misc]
            await ended(bridge)
            await bridge.start()
        load = await placing
        assert {answer.code for answer in load.answers.values()} == {"1000"}
        await delivered(channel, zzy, numbers)
        await ended(bridge)


async def test_each_role_stopped_under_load_ends_well_and_loses_nothing(
    served: Place, zzy: ZzySimulator, channel: ChannelSimulator
) -> None:
    numbers = [f"n{n}" for n in range(ORDERS)]
    zzy.lots.change(latency_min=0.02, latency_max=0.2, resend_max=0.5)
    async with apart(served, "ingress", "saga", "relay") as bridges:
        driver = ChannelDriver(served.url, "k", "s3cret")
        placing = asyncio.ensure_future(place_orders(driver, numbers, 16))
        for part, bridge in enumerate(bridges, start=1):
            await zzy.changes.until(lambda p=part: len(zzy.ledger.orders) >= ORDERS * p // 4)  # type: ignore[misc]
            await ended(bridge)
            await bridge.start()
        load = await placing
        await driver.close()
        assert {answer.code for answer in load.answers.values()} == {"1000"}
        await delivered(channel, zzy, numbers)


async def test_a_hanging_zzy_does_not_keep_it_from_ending(
    place: Place, zzy: ZzySimulator, driver: ChannelDriver
) -> None:
    # As by default: a call may take longer than the whole stop.
    patient = {**place.settings, "reply_wait_seconds": "5"}
    usual = replace(place, zzy_timeout=15, settings=patient)
    for endpoint in ("create", "pay"):
        zzy.lots.force("hang_after", at=endpoint)
    async with started(usual) as bridge:
        orders = [sample_order(name, tomorrow()) for name in ("hangs", "hangs too")]
        asking = [asyncio.ensure_future(driver.create(order)) for order in orders]
        await zzy.changes.until(lambda: zzy.lots.seen["hang_after"] == len(orders))
        await ended(bridge)
        answers = await asyncio.gather(*asking, return_exceptions=True)
        for answer in answers:
            assert isinstance(answer, aiohttp.ClientError) or answer.code == "1000"  # type: ignore[union-attr]
    assert zzy.ledger.paid_twice() == []


# --- the tables ---------------------------------------------------------------------------


async def test_migrate_makes_the_tables_and_again_does_nothing(place: Place) -> None:
    place.write()
    for _ in range(2):
        ran = await cli(place.config, "migrate", first=False)
        assert (ran.code, ran.out) == (0, ""), ran.err
    listed = await cli(place.config, "orders", "list", "--json")
    assert (listed.code, listed.out) == (0, "")
    async with started(place):
        pass


async def test_two_processes_begin_on_an_empty_database_at_once(
    served: Place, zzy: ZzySimulator, channel: ChannelSimulator
) -> None:
    async with AsyncExitStack() as stack:
        roles = ("saga", "relay", "saga", "ingress")
        await asyncio.gather(
            *(
                stack.enter_async_context(started(another(served, f"{n}-{role}"), role))
                for n, role in enumerate(roles)
            )
        )
        party = Party(channel, served.url)
        assert (await party.order("first")).code == "1000"
        await party.driver.close()
        await delivered(channel, zzy, ["first"])


# --- what keeps it from starting ----------------------------------------------------------


async def test_what_keeps_it_from_starting_is_one_line(place_of: Places, amqp_url: str) -> None:
    nowhere = f"postgresql://postgres@127.0.0.1:{free_port()}/none"
    cases = {
        "broker": place_of(broker_url=f"amqp://guest:guest@127.0.0.1:{free_port()}/"),
        "database": place_of(broker_url=amqp_url, database_url=nowhere),
    }
    for place in cases.values():
        place.write()
        ran = await cli(place.config, "run")
        assert ran.code == 1
        last = ran.err.strip().splitlines()[-1]
        assert last.startswith("ticketbridge: "), ran.err
        assert "Traceback" not in ran.err
        assert "guest:guest" not in ran.err


async def test_a_port_that_is_taken_is_one_line(place_of: Places) -> None:
    place = place_of()
    async with started(place):
        twin = another(place, "twin")
        twin.write()
        ran = await cli(twin.config, "run")
        assert ran.code == 1
        assert "Traceback" not in ran.err
        assert str(place.port) in ran.err


async def test_an_unknown_setting_is_refused_with_the_nearest_name(place_of: Places) -> None:
    place = replace(place_of(), settings={"reply_wait_second": "5"})
    place.write()
    ran = await cli(place.config, "run")
    assert ran.code == 1
    assert "reply_wait_seconds" in ran.err
    assert "Traceback" not in ran.err

"""A whole world for one test: simulators, a place for the worker, on both set-ups."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.bridge import Place
from tests.e2e.world import World, world
from tests.servers.fresh import create_database, drop_database
from tests.servers.shared import Shared
from worker.simulators.channel import ChannelSimulator
from worker.simulators.channel_driver import ChannelDriver
from worker.simulators.zzy import ZzySimulator

BOTH = ["embedded", pytest.param("servers", marks=pytest.mark.servers)]
ONE_NOW = [
    "embedded",
    pytest.param("servers", marks=[pytest.mark.servers, pytest.mark.acceptance]),
]
"""For what takes long on both, and whose half with servers the short chaos or a sister has too."""

SAGA = {
    "unknown_retry_delays": '["0.2s", "0.5s", "1s", "1s", "1s"]',
    "ticket_deadline_seconds": "3",
    "ticket_probe_delays": '["1s", "1s", "2s", "2s", "2s", "4s"]',
    "audit_deadline_seconds": "4",
}


@pytest.fixture
async def zzy() -> AsyncIterator[ZzySimulator]:
    simulator = ZzySimulator()
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def channel() -> AsyncIterator[ChannelSimulator]:
    simulator = ChannelSimulator()
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture(params=BOTH)
def place(
    request: pytest.FixtureRequest, tmp_path: Path, zzy: ZzySimulator, channel: ChannelSimulator
) -> Place:
    urls = {}
    if request.param == "servers":
        urls["database_url"] = request.getfixturevalue("postgres_url")
        urls["broker_url"] = request.getfixturevalue("amqp_url")
    place = Place(tmp_path, zzy_url=zzy.url, channel_url=channel.url, settings=SAGA, **urls)
    zzy.notify(place.url + "/zzy/notify")
    return place


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=BOTH)
async def shared_world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """One running bridge for a module, as its WORLD chooses."""
    folder = tmp_path_factory.mktemp("world")
    choice = request.module.WORLD
    if request.param == "embedded":
        async with world(choice, folder, SAGA, {}) as made:
            yield made
        return
    servers: Shared = request.getfixturevalue("servers")
    database_url = create_database(servers.postgres_url)
    with servers.vhost() as broker_url:
        urls = {"database_url": database_url, "broker_url": broker_url}
        async with world(choice, folder, SAGA, urls) as made:
            yield made
    drop_database(servers.postgres_url, database_url)


@pytest.fixture
def bridged(shared_world: World) -> World:
    """Return the module's world, with everybody behaving."""
    shared_world.calm()
    return shared_world


@pytest.fixture
async def driver(place: Place) -> AsyncIterator[ChannelDriver]:
    driver = ChannelDriver(place.url, "k", "s3cret")
    yield driver
    await driver.close()


def scale(count: int) -> int:
    """Return how many orders to place: all, or what TICKETBRIDGE_TEST_ORDERS says."""
    return int(os.environ.get("TICKETBRIDGE_TEST_ORDERS", count))

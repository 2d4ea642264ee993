"""Faults of a server's disk: too little is left, or nothing at all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.chaos.disk import MEGABYTE, SmallDisk
from tests.chaos.town import Town
from tests.e2e.world import until
from tests.servers import Server
from tests.servers.process import wait_until
from worker.broker.look import look_at_rabbitmq
from worker.errors import BrokerUnavailableError

NOTICED_SECONDS = 20.0
ASK_SECONDS = 5.0
TIGHT = 0.5


@asynccontextmanager
async def rabbit_disk_low(town: Town, _fault: object) -> AsyncIterator[None]:
    """RabbitMQ has less disk left than its limit (disk_free_limit): its alarm goes off."""
    disk = town.disks["rabbit"]
    async with _alarmed(town):
        disk.fill(leave=25 * MEGABYTE)
        try:
            await _until_refused(town)
            yield
        finally:
            disk.clear()


@asynccontextmanager
async def rabbit_disk_full(town: Town, _fault: object) -> AsyncIterator[None]:
    """RabbitMQ's disk is full to the last byte; where it dies of that, it is started again.

    Its queues do not, as docs/operations.md has them set up; its own tables (Mnesia) do
    where they happen to be written anew meanwhile, which is every three minutes.
    """
    async with _alarmed(town), _full(town.disks["rabbit"]):
        await _until_refused(town)
        yield
    try:
        async with asyncio.timeout(ASK_SECONDS):
            await look_at_rabbitmq(town.rabbit.url, [])
    except (BrokerUnavailableError, TimeoutError):
        await asyncio.to_thread(_begin_again, town.rabbit)


@asynccontextmanager
async def postgres_disk_full(town: Town, _fault: object) -> AsyncIterator[None]:
    """PostgreSQL's disk is full to the last byte; where it dies of that, it is started again."""
    async with _full(town.disks["postgres"]):
        yield
    if not await asyncio.to_thread(_serves, town.postgres):
        await asyncio.to_thread(_begin_again, town.postgres)


@asynccontextmanager
async def embedded_disk_full(town: Town, _fault: object) -> AsyncIterator[None]:
    """The disk below the one SQLite file is full to the last byte."""
    async with _full(town.disks["embedded"]):
        yield


@asynccontextmanager
async def _alarmed(town: Town) -> AsyncIterator[None]:
    """Let a fault of its disk last until RabbitMQ sees the end: it looks every ten seconds."""
    before = _alarms_cleared(town.rabbit)
    yield
    await asyncio.to_thread(
        wait_until, lambda: _alarms_cleared(town.rabbit) > before, town.rabbit.name
    )


def _alarms_cleared(rabbit: Server) -> int:
    log = (rabbit.folder / "log" / "rabbit.log").read_text(errors="replace")
    return log.count("disk resource limit alarm cleared")


async def _until_refused(town: Town) -> None:
    """Wait until an ingress says that RabbitMQ takes nothing any more."""
    [watched, *_] = town.of("ingress")
    await until(watched.problems, seconds=NOTICED_SECONDS)


@asynccontextmanager
async def _full(disk: SmallDisk) -> AsyncIterator[None]:
    filling = asyncio.ensure_future(_keep_full(disk))
    try:
        yield
    finally:
        filling.cancel()
        disk.clear()


async def _keep_full(disk: SmallDisk) -> None:
    while True:
        disk.fill()
        await asyncio.sleep(TIGHT)


def _serves(server: Server) -> bool:
    return server.alive and server._ready()


def _begin_again(server: Server) -> None:
    server.kill()
    server.start()

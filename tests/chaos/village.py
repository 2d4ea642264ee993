"""The embedded set-up: one process with all roles, one SQLite file, on a disk that may be full."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.chaos.disk import SmallDisk, small_disk
from tests.chaos.load import Asked, Load, watch
from tests.chaos.proxy import Proxy
from tests.chaos.setup import CHOICE, PATIENCE, PAY_DEADLINE, SETTINGS, ZZY_TIMEOUT, channel_faults
from tests.chaos.town import Town
from tests.chaos.workers import Worker, until_ready
from tests.e2e.world import surroundings
from tests.ledger.lots import install
from tests.ledger.run import top_up
from tests.ledger.stage import Stage
from tests.servers import ServerError
from worker import app
from worker.settings import load_settings

MEGABYTES = 120


@asynccontextmanager
async def village(folder: Path, seed: int, rate: float) -> AsyncIterator[Town]:
    """Set it up, its database on a small disk, and take it down whatever happens."""
    async with AsyncExitStack() as stack:
        disks: dict[str, SmallDisk] = {
            "embedded": stack.enter_context(small_disk("embedded-disk", MEGABYTES))
        }
        home, logs = disks["embedded"].folder / "bridge", folder / "logs"
        home.mkdir()
        logs.mkdir()
        world = await stack.enter_async_context(
            surroundings(CHOICE, home, SETTINGS, {"zzy_timeout": ZZY_TIMEOUT})
        )
        worker = Worker("embedded", world.place, logs=logs)
        worker.write({})
        stack.push_async_callback(worker.close)
        await worker.start()
        if problems := await until_ready([worker]):
            raise ServerError(f"the bridge did not begin: {problems}")
        parts = await stack.enter_async_context(app.opened(load_settings(world.place.config, {})))
        await top_up(parts.store, 1000)
        asked: list[Asked] = []
        for driver in watch(world, asked):
            stack.push_async_callback(driver.close)
        stage = Stage(world, parts.broker, install(world.zzy), crashes=True, logs_in=logs)
        stage.pay_deadline, stage.patience = PAY_DEADLINE, PATIENCE
        for party in world.parties.values():
            party.simulator.lots.set(channel_faults(seed))
        yield Town(
            world=world,
            workers=[worker],
            load=Load(stage, seed, rate),
            store=parts.store,
            stage=stage,
            asked=asked,
            front=Proxy(),
            disks=disks,
        )

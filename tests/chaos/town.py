"""The whole scene: servers of its own, simulators, and every role as processes with proxies."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from tests.chaos.disk import SmallDisk, small_disk
from tests.chaos.load import Asked, Load, watch
from tests.chaos.netns import Machine, machines
from tests.chaos.proxy import Address, Proxy
from tests.chaos.setup import (
    CHOICE,
    MORE_QUEUES,
    PATIENCE,
    PAY_DEADLINE,
    SETTINGS,
    ZZY_TIMEOUT,
    channel_faults,
)
from tests.chaos.workers import Worker, until_ready
from tests.e2e.bridge import free_port
from tests.e2e.world import World, surroundings
from tests.ledger.lots import install
from tests.ledger.run import top_up
from tests.ledger.stage import Stage
from tests.servers import Server, ServerError, private_postgres, private_rabbit
from tests.servers.container import ContainerServer
from worker import app
from worker.runtime.ports import Store
from worker.settings import load_settings

RABBIT_MEGABYTES, POSTGRES_MEGABYTES = 220, 420
RABBIT_SETTINGS = """\
log.console = false
disk_free_limit.absolute = 40MB
raft.wal_max_size_bytes = 50331648
"""
ADVANCED = Path(__file__).parents[2] / "docker" / "advanced.config"
"""RabbitMQ as docs/operations.md has it set up, and docker-compose sets it up."""
LINKS = {
    "ingress": ("broker",),
    "saga": ("broker", "database", "zzy"),
    "relay": ("broker", "database", "channels"),
}


@dataclass(frozen=True)
class Size:
    """How many processes there are of each role beside each other, and what else there is."""

    ingress: int = 2
    saga: int = 2
    relay: int = 2
    small_disks: bool = True
    """Below the servers; needs root."""
    machines: Mapping[str, Sequence[str]] = field(default_factory=lambda: {"apart": ("saga",)})
    """By name the roles of each machine in a network namespace of its own; needs root."""


TWO_MACHINES = Size(
    ingress=0,
    saga=0,
    relay=0,
    small_disks=False,
    machines=dict.fromkeys(("one", "two"), tuple(LINKS)),
)
"""All roles on each of two, RabbitMQ, PostgreSQL and everybody else on a third side."""


@dataclass
class Town:
    """Everything that a fault can get at, and the load."""

    world: World
    workers: list[Worker]
    front: Proxy
    """What channels and ZZY know as the address of the bridge."""
    load: Load
    store: Store
    stage: Stage
    asked: list[Asked]
    servers: Mapping[str, Server] = field(default_factory=dict)
    """RabbitMQ as rabbit, PostgreSQL as postgres."""
    disks: Mapping[str, SmallDisk] = field(default_factory=dict)
    machines: Mapping[str, Machine] = field(default_factory=dict)
    """By name those in a namespace of their own."""
    broken: list[str] = field(default_factory=list)
    """What a fault itself saw go wrong."""

    @property
    def rabbit(self) -> Server:
        return self.servers["rabbit"]

    @property
    def postgres(self) -> Server:
        return self.servers["postgres"]

    def of(self, role: str) -> list[Worker]:
        """Return the processes of a role, or the one of that name; "" is all of them."""
        return [worker for worker in self.workers if role in {"", worker.role, worker.name}]

    def join_front(self, *ingresses: Worker) -> None:
        """Let what channels and ZZY send pass on to these, too."""
        for one in ingresses:
            address = one.place.host, one.place.port
            self.front.targets = [*self.front.targets, address]
            if one.machine is not None:
                self.front.sockets = {**self.front.sockets, address: one.machine.hosts_socket}

    def leave_front(self, *ingresses: Worker) -> None:
        """Take them away again, as a load balancer does whose checks have failed."""
        self.front.leave_out(*((one.place.host, one.place.port) for one in ingresses))

    def on(self, machine: str) -> list[Worker]:
        """Return the processes on a machine in a namespace of its own."""
        return [worker for worker in self.workers if worker.machine is self.machines[machine]]

    def links(self, kind: str, of: str = "") -> Iterator[Proxy]:
        """Return the proxies of one kind of link, of a role, of one process, or of all."""
        if kind == "front":
            yield self.front
        for worker in self.of(of):
            yield from worker.links.get(kind, ())


@asynccontextmanager
async def town(size: Size, folder: Path, seed: int, rate: float) -> AsyncIterator[Town]:
    """Set all of it up, and take it down whatever happens."""
    async with AsyncExitStack() as stack:
        disks: dict[str, SmallDisk] = {}
        if size.small_disks:
            disks["rabbit"] = stack.enter_context(small_disk("rabbit-disk", RABBIT_MEGABYTES))
            disks["postgres"] = stack.enter_context(small_disk("postgres-disk", POSTGRES_MEGABYTES))
        apart = stack.enter_context(machines(len(size.machines))) if size.machines else ()
        rabbit, postgres = await asyncio.gather(
            _started(stack, "rabbit", disks.get("rabbit"), folder),
            _started(stack, "postgres", disks.get("postgres"), folder),
        )
        urls = {"broker_url": rabbit.url, "database_url": postgres.url}
        world = await stack.enter_async_context(
            surroundings(CHOICE, folder, SETTINGS, {**urls, "zzy_timeout": ZZY_TIMEOUT})
        )
        world.place.write()
        parts = await stack.enter_async_context(app.opened(load_settings(world.place.config, {})))
        await top_up(parts.store, 3000)
        asked: list[Asked] = []
        for driver in watch(world, asked):
            stack.push_async_callback(driver.close)
        stage = Stage(world, parts.broker, install(world.zzy), crashes=True)
        stage.pay_deadline, stage.patience, stage.more_queues = PAY_DEADLINE, PATIENCE, MORE_QUEUES
        for party in world.parties.values():
            party.simulator.lots.set(channel_faults(seed))
        front = Proxy()
        made = Town(
            servers={"rabbit": rabbit, "postgres": postgres},
            world=world,
            workers=[],
            front=front,
            load=Load(stage, seed, rate),
            store=parts.store,
            stage=stage,
            asked=asked,
            disks=disks,
            machines=dict(zip(size.machines, apart, strict=True)),
        )
        stack.push_async_callback(front.close)
        await _settle(made, size, stack)
        yield made


async def _started(stack: AsyncExitStack, name: str, disk: SmallDisk | None, logs: Path) -> Server:
    place = disk.folder if disk else None
    server = private_rabbit(place) if name == "rabbit" else private_postgres(place)
    stack.callback(server.discard)
    if disk is not None and isinstance(server, ContainerServer):
        raise ServerError("small disks need RabbitMQ and PostgreSQL installed, not in containers")
    if name == "rabbit":
        (server.folder / "rabbitmq.conf").write_text(RABBIT_SETTINGS)
        (server.folder / "advanced.config").write_text(ADVANCED.read_text())
        # Elsewhere, as on most machines: what is said while the disk is full is then readable.
        (logs / "rabbitmq").mkdir()
        (server.folder / "log").symlink_to(logs / "rabbitmq")
    await asyncio.to_thread(server.start)
    return server


async def _settle(made: Town, size: Size, stack: AsyncExitStack) -> None:
    """Start the roles, and wait until they are ready."""
    for role in ("ingress", "saga", "relay"):
        for n in range(1, getattr(size, role) + 1):
            made.workers.append(await _worker(made, f"{role}-{n}", role, None))
    for name, roles in size.machines.items():
        for role in roles:
            made.workers.append(await _worker(made, f"{role}-{name}", role, made.machines[name]))
    made.join_front(*made.of("ingress"))
    await made.front.start(made.world.place.port)
    made.stage.processes = [one.url for one in made.workers if one.machine is None]
    for worker in made.workers:
        stack.push_async_callback(worker.close)
        await worker.start()
    if problems := await until_ready(made.workers):
        raise ServerError(f"the bridge did not begin: {problems}")


async def _worker(made: Town, name: str, role: str, machine: Machine | None) -> Worker:
    """Make one, its links led through proxies."""
    place = replace(
        made.world.place,
        folder=made.world.place.folder / name,
        host=machine.address if machine else "127.0.0.1",
        port=free_port(),
        health_port=free_port(),
    )
    links: dict[str, Sequence[Proxy]] = {}
    moved: dict[str, str] = {}
    for kind, targets in _targets(made).items():
        if kind not in LINKS[role]:
            continue
        links[kind] = [Proxy(target) for target in targets]
        for proxy, (host, port) in zip(links[kind], targets, strict=True):
            await proxy.start(listener=machine.listener() if machine else None)
            moved[f"{host}:{port}"] = "{}:{}".format(*proxy.address)
    worker = Worker(name, place, role, links, machine)
    worker.write(moved)
    return worker


def _targets(made: Town) -> dict[str, list[Address]]:
    world = made.world
    channels = [party.simulator.url for party in world.parties.values()]
    urls = {
        "broker": [made.rabbit.url],
        "database": [made.postgres.url],
        "zzy": [world.zzy.url],
        "channels": [*channels, world.sms.url],
    }
    return {kind: [_address(url) for url in found] for kind, found in urls.items()}


def _address(url: str) -> Address:
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port

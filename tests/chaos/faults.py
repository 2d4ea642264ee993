"""What is done to the parts: one function each, a context that begins a fault and ends it.

Each ends by itself: when its context is left, what it did is undone, and what somebody would
have to start again has been started; from then on the time to recovery counts.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from random import Random

from tests.chaos.full_disks import (
    embedded_disk_full,
    postgres_disk_full,
    rabbit_disk_full,
    rabbit_disk_low,
)
from tests.chaos.proxy import Way
from tests.chaos.town import Town
from tests.chaos.workers import STOP_SECONDS, until_ready, until_unready
from tests.servers.process import wait_until
from tests.servers.rabbit import control

LEASE_SECONDS = 30.0
"""How long the saga's leases last: a process that sleeps longer has lost them."""
CHECKED_SECONDS = 3.0
"""After so long a load balancer's checks have failed, and it leaves a machine out."""
SLACK = 4.0
"""By how much a busy machine may make an end take longer than the ten seconds promised."""


@dataclass(frozen=True)
class Fault:
    """One fault: what, to whom, for how long."""

    kind: str
    target: str = ""
    way: Way = Way.BOTH
    seconds: float = 0.0

    def __str__(self) -> str:
        way = f", {self.way}" if self.kind.startswith("frozen") else ""
        return f"{self.kind} {self.target}".strip() + f"{way} ({self.seconds:.1f} s)"


Context = AbstractAsyncContextManager[float | None]
"""Gives how many seconds after its beginning orders moved nevertheless, where that is its point."""


# --- servers ------------------------------------------------------------------------------


@asynccontextmanager
async def rabbit_killed(town: Town, _fault: Fault) -> AsyncIterator[None]:
    """RabbitMQ is killed with -9, and started again."""
    await asyncio.to_thread(town.rabbit.kill)
    yield
    await asyncio.to_thread(town.rabbit.start)


@asynccontextmanager
async def rabbit_stopped(town: Town, _fault: Fault) -> AsyncIterator[None]:
    """RabbitMQ is stopped in order, and started again."""
    await asyncio.to_thread(town.rabbit.stop)
    yield
    await asyncio.to_thread(town.rabbit.start)


@asynccontextmanager
async def postgres_killed(town: Town, _fault: Fault) -> AsyncIterator[None]:
    """PostgreSQL and all its processes are killed with -9, and it is started again."""
    await asyncio.to_thread(town.postgres.kill)
    yield
    await asyncio.to_thread(town.postgres.start)


@asynccontextmanager
async def postgres_immediate(town: Town, _fault: Fault) -> AsyncIterator[None]:
    """PostgreSQL ends at once (an immediate shutdown), and recovers from its log."""
    for pid in town.postgres.pids[:1]:
        os.kill(pid, signal.SIGQUIT)
        await asyncio.to_thread(wait_until, lambda: not town.postgres.alive, town.postgres.name)
    await asyncio.to_thread(town.postgres.kill)  # forgets it; in a container, ends it
    yield
    await asyncio.to_thread(town.postgres.start)


@asynccontextmanager
async def memory_alarm(town: Town, _fault: Fault) -> AsyncIterator[None]:
    """RabbitMQ counts its memory as used up: it reads nothing that is published."""
    await _watermark(town, "0.000001")
    try:
        yield
    finally:
        await _watermark(town, "0.6")


async def _watermark(town: Town, share: str) -> None:
    words = ("set_vm_memory_high_watermark", share)
    await asyncio.to_thread(control, town.rabbit.folder, *words)


# --- links --------------------------------------------------------------------------------


@asynccontextmanager
async def frozen(town: Town, fault: Fault) -> AsyncIterator[None]:
    """Links stay open and carry nothing: of all processes, of a role's, or of one."""
    links = list(town.links(fault.kind.removeprefix("frozen_"), fault.target))
    for link in links:
        link.freeze(fault.way)
    try:
        yield
    finally:
        for link in links:
            link.thaw()


@asynccontextmanager
async def partition(town: Town, fault: Fault) -> AsyncIterator[None]:
    """The saga in its own network namespace reaches nobody; packets vanish."""
    machine = town.machines[fault.target]
    await asyncio.to_thread(machine.cut)
    try:
        yield
    finally:
        await asyncio.to_thread(machine.heal)


@asynccontextmanager
async def machine_cut(town: Town, fault: Fault) -> AsyncIterator[float]:
    """All roles of a machine reach nobody, nor are they reached; the other's go on.

    Yields how many seconds after the cut orders moved that were placed meanwhile.
    """
    since = time.monotonic()
    async with partition(town, fault):
        await asyncio.sleep(CHECKED_SECONDS)
        town.leave_front(*town.on(fault.target))
        moved = await town.load.recovered(since)
        if ready := await until_unready(town.on(fault.target)):
            town.broken.append(f"ready though cut off: {ready}")
        yield moved
    if problems := await until_ready(town.on(fault.target)):
        town.broken.append(f"not ready though the machine is back: {problems}")
    town.join_front(*(one for one in town.on(fault.target) if one.role == "ingress"))


# --- roles --------------------------------------------------------------------------------


@asynccontextmanager
async def role_killed(town: Town, fault: Fault) -> AsyncIterator[None]:
    """One process, all of a role or all of the bridge die with -9, and are started again."""
    hit = town.of(fault.target)
    await asyncio.gather(*(worker.kill() for worker in hit))
    yield
    await asyncio.gather(*(worker.start() for worker in hit))


@asynccontextmanager
async def zombie(town: Town, fault: Fault) -> AsyncIterator[None]:
    """A process sleeps (SIGSTOP) longer than its leases, and then goes on as if nothing were."""
    hit = town.of(fault.target)
    for worker in hit:
        worker.send(signal.SIGSTOP)
    try:
        yield
    finally:
        for worker in hit:
            worker.send(signal.SIGCONT)


@asynccontextmanager
async def rolling_restart(town: Town, fault: Fault) -> AsyncIterator[None]:
    """A role's processes are stopped with SIGTERM and started, one by one; nobody is refused."""
    first = len(town.asked)
    for worker in town.of(fault.target):
        took = await worker.stop()
        if took > STOP_SECONDS + SLACK:
            town.broken.append(f"{worker.name} took {took:.1f} s to stop")
        await worker.start()
        if problems := await until_ready([worker]):
            town.broken.append(f"not ready after a restart: {problems}")
    yield
    for asked in town.asked[first:]:
        if asked.status not in {0, 200}:
            town.broken.append(f"refused during a rolling restart: {asked.status} {asked.text}")


# --- the table ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """A kind of fault: how it is drawn, and how it is done."""

    apply: Callable[[Town, Fault], Context]
    seconds: tuple[float, float]
    targets: tuple[str, ...] = ("",)
    ways: tuple[Way, ...] = (Way.BOTH,)
    privileged: bool = False

    def draw(self, name: str, dice: Random) -> Fault:
        """Return one of its faults."""
        seconds = round(dice.uniform(*self.seconds), 1)
        return Fault(name, dice.choice(self.targets), dice.choice(self.ways), seconds)


EMBEDDED = {
    "embedded_killed": Kind(role_killed, (0, 2)),
    "embedded_disk_full": Kind(embedded_disk_full, (3, 8), privileged=True),
    "embedded_asleep": Kind(zombie, (4, 10)),
}
WAYS = (Way.BOTH, Way.BOTH, Way.THERE, Way.BACK)
KINDS = {
    "rabbit_killed": Kind(rabbit_killed, (0.5, 3)),
    "rabbit_stopped": Kind(rabbit_stopped, (0.5, 3)),
    "postgres_killed": Kind(postgres_killed, (0.5, 5)),
    "postgres_immediate": Kind(postgres_immediate, (0.5, 5)),
    "memory_alarm": Kind(memory_alarm, (3, 7)),
    "rabbit_disk_low": Kind(rabbit_disk_low, (2, 5), privileged=True),
    "rabbit_disk_full": Kind(rabbit_disk_full, (4, 8), privileged=True),
    "postgres_disk_full": Kind(postgres_disk_full, (4, 8), privileged=True),
    "frozen_broker": Kind(frozen, (4, 11), ("", "saga", "saga-1", "relay", "ingress"), WAYS),
    "frozen_database": Kind(frozen, (4, 9), ("", "saga", "saga-1", "relay"), WAYS),
    "frozen_zzy": Kind(frozen, (4, 9), ("", "", "saga-1"), WAYS),
    "frozen_channels": Kind(frozen, (4, 9), ("", "relay-1"), WAYS),
    "frozen_front": Kind(frozen, (2, 6), ways=WAYS),
    "role_killed": Kind(
        role_killed, (0, 2), ("ingress-1", "saga-1", "saga", "relay", "relay-1", "ingress", "")
    ),
    "zombie": Kind(zombie, (LEASE_SECONDS + 2, LEASE_SECONDS + 4), ("saga-1", "saga-1", "relay-1")),
    "partition": Kind(partition, (8, 13), ("apart",), privileged=True),
    "rolling_restart": Kind(rolling_restart, (0, 0), ("ingress", "saga", "relay")),
}
MACHINES = {"machine_cut": Kind(machine_cut, (3, 6), ("one", "two"), privileged=True)}
"""Of two machines with all roles each; only if they are named."""
ALL = KINDS | EMBEDDED | MACHINES

"""The machine that the worker runs on: its processes, how they die, and who starts them again.

A kill -9 is what it says: from one step to the next nothing of the process runs any more, no
``finally`` and no ``except``; the kernel lets go of its file locks and cuts its connections.
"""

import asyncio
import contextvars
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.simulation.loop import OWNER, VirtualLoop
from worker import app
from worker.broker import embedded_hands
from worker.broker.embedded_owner import Owner
from worker.errors import TicketbridgeError
from worker.roles import Role
from worker.settings import Settings
from worker.surroundings import Surroundings

EPOCH = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
FOR_EVER = 10**12


class SkewedClock:
    """The machine's clock: virtual time, and what somebody has set it forward or back."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self.skew = 0.0

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=self._loop.time() + self.skew)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(eq=False)
class Process:
    """One life of one process."""

    name: str
    roles: frozenset[Role]
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    steps: int = 0
    fatal_step: int = FOR_EVER
    """The step before which it is killed."""
    alive: bool = True
    ready: bool = False
    main: asyncio.Task[None] | None = None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)
    """Every task that it ever started: a killed one must not be collected, either."""
    descriptors: list[int] = field(default_factory=list)
    """The files whose locks it holds."""

    def __str__(self) -> str:
        return self.name


class KnownOwner(Owner):
    """A holder of messages whose lock the machine can let go of."""

    def __init__(self, database: Path) -> None:
        super().__init__(database)
        process = OWNER.get()
        if process is not None:
            process.descriptors.append(self._descriptor)

    def close(self) -> None:
        process = OWNER.get()
        if process is not None:
            process.descriptors.remove(self._descriptor)
        super().close()


class Machine:
    """Runs a layout of processes and keeps them running."""

    def __init__(
        self,
        loop: VirtualLoop,
        settings: Settings,
        surroundings: Surroundings,
        on_death: Callable[[Process], None],
    ) -> None:
        self._loop = loop
        self._settings = settings
        self._surroundings = surroundings
        self._on_death = on_death
        self.processes: dict[str, Process] = {}
        self.graveyard: list[Process] = []
        self.lifespan: Callable[[], int] = lambda: FOR_EVER
        """How many steps a process that starts now has to live."""
        self.pause: Callable[[], float] = lambda: 0.5
        """How long one that died stays away."""
        self.fatal_moment: Callable[[Process], bool] = lambda _process: False
        """Asked before each step of a process whether it dies now."""
        self.killed = 0
        self.surprises: list[str] = []
        """Errors with which no process may end."""
        self.observe: Callable[[Process], None] = lambda _process: None
        """Told of each process in the instant of its death."""

    def start(self, name: str, roles: frozenset[Role]) -> Process:
        """Start a process."""
        process = Process(name, roles, fatal_step=self.lifespan())
        process.context.run(OWNER.set, process)
        self.processes[name] = process
        process.main = self._loop.create_task(self._live(process), context=process.context.copy())
        process.main.add_done_callback(lambda _task: self._ended(process), context=OUTSIDE)
        return process

    async def _live(self, process: Process) -> None:
        async with app.running(self._settings, process.roles, self._surroundings):
            process.ready = True
            await process.stopping.wait()
            process.ready = False

    def before(self, process: Process | None) -> bool:
        """Count a step; kill the process instead where its time has come."""
        if process is None:
            return True
        if not process.alive:
            return False
        process.steps += 1
        if process.steps >= process.fatal_step or self.fatal_moment(process):
            self.kill(process)
            return False
        return True

    def kill(self, process: Process) -> None:
        """Kill it with -9."""
        if process.alive:
            self.killed += 1
            self.observe(process)
            self._bury(process)

    def stop(self, name: str) -> None:
        """Send it SIGTERM."""
        self.processes[name].stopping.set()

    def _ended(self, process: Process) -> None:
        """Take note of a process that ended by itself: stopped, or failed at its start."""
        error = process.main.exception() if process.main else None
        if error is not None and not isinstance(error, TicketbridgeError):
            self.surprises.append("".join(traceback.format_exception(error)))
        if process.alive:
            self._bury(process)

    def _bury(self, process: Process) -> None:
        process.alive = process.ready = False
        self._loop.forget(process)
        for descriptor in process.descriptors:
            os.close(descriptor)
        process.descriptors.clear()
        self.graveyard.append(process)
        self._on_death(process)
        self._loop.call_later(self.pause(), self._start_again, process, context=OUTSIDE)

    def _start_again(self, process: Process) -> None:
        if self.processes.get(process.name) is process:
            self.start(process.name, process.roles)


OUTSIDE = contextvars.copy_context()
"""The world outside of all processes."""


def task_factory(
    loop: asyncio.AbstractEventLoop,
    coroutine: Any,  # noqa: ANN401
    context: contextvars.Context | None = None,
) -> asyncio.Task[Any]:
    """Make a task, and let the process that it belongs to remember it."""
    task = asyncio.Task(coroutine, loop=loop, context=context)
    owner = OWNER.get() if context is None else context.get(OWNER)
    if owner is not None:
        owner.tasks.append(task)
    return task


@contextmanager
def locks_known() -> Iterator[None]:
    """Let the machine know who locks which file."""
    with patch.object(embedded_hands, "Owner", KnownOwner):
        yield

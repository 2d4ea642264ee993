"""The only place that starts a task.

Why it exists: a task that nobody holds is collected while it runs, and one that nobody
awaits swallows its error. It must not know what the tasks do.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from worker.clock import Clock

RESTART_SECONDS: Final = 1.0


class TaskGroup:
    """Tasks that live until :meth:`stop`, whose errors reach ``on_error``."""

    def __init__(self, on_error: Callable[[str, BaseException], None]) -> None:
        """Report a task's name and error through ``on_error``."""
        self._on_error = on_error
        self._tasks: dict[asyncio.Task[Any], None] = {}  # in order, so that a run can be repeated
        self._loops: dict[asyncio.Task[Any], None] = {}

    def start(self, coroutine: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run ``coroutine`` until it ends or the group stops."""
        task = asyncio.get_running_loop().create_task(coroutine, name=name)
        self._tasks[task] = None
        task.add_done_callback(self._done)
        return task

    def keep(self, loop: Callable[[], Coroutine[Any, Any, None]], name: str, clock: Clock) -> None:
        """Run ``loop`` until the group stops; one that fails is reported and begun again."""
        self._loops[self.start(self._kept(loop, name, clock), name)] = None

    async def _kept(
        self, loop: Callable[[], Coroutine[Any, Any, None]], name: str, clock: Clock
    ) -> None:
        while True:
            try:
                await loop()
            except Exception as error:  # noqa: BLE001  (reported; a loop must not end)
                self._on_error(name, error)
            await clock.sleep(RESTART_SECONDS)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)
        self._loops.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._on_error(task.get_name(), error)

    async def join(self) -> None:
        """Wait until no task is left."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def wind_up(self, seconds: float) -> None:
        """Cancel the loops, let everything else end by itself for ``seconds``, then stop."""
        for loop in self._loops:
            loop.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)
        await self.stop()

    async def stop(self) -> None:
        """Cancel every task and wait for its end."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

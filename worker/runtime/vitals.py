"""Measures the process itself: its event loop, its readiness, and what waits in the queues.

Why it exists: every role has these, with a database or without one, and whoever watches from
outside wants them by the clock and not by luck. It must not decide who is ready, nor handle a
message.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from worker.clock import Clock
from worker.errors import BrokerUnavailableError
from worker.runtime.ports import Backlog, Broker
from worker.telemetry.metrics import (
    LOOP_LAG,
    QUEUE_CONSUMERS,
    QUEUE_OLDEST_AGE,
    QUEUE_WAITING,
    READY,
)

TICK_SECONDS: Final = 1.0
TICKS_PER_LOOK: Final = 10
"""How often the broker is asked about its queues."""

_log = structlog.get_logger(__name__)


class Vitals:
    """The process's own figures."""

    def __init__(
        self,
        broker: Broker,
        clock: Clock,
        names: Sequence[str],
        problems: Callable[[], Sequence[str]],
    ) -> None:
        """Watch the queues ``names`` of ``broker``; ``problems`` tells what is wrong here."""
        self._broker = broker
        self._clock = clock
        self._names = tuple(names)
        self._problems = problems

    async def run(self) -> None:
        """Measure for ever."""
        ticks = 0
        while True:
            if ticks % TICKS_PER_LOOK == 0:
                await self.look()
            READY.set(not self._problems())
            await self._tick()
            ticks += 1

    async def look(self) -> None:
        """Ask the broker what waits in its queues, and show it."""
        try:
            found = await self._broker.backlogs(self._names)
        except BrokerUnavailableError as error:
            _log.debug("queues_not_looked_at", error=str(error))
            return
        for backlog in found:
            self._show(backlog)

    def _show(self, backlog: Backlog) -> None:
        QUEUE_WAITING.labels(backlog.queue).set(backlog.waiting)
        if backlog.consumers is not None:
            QUEUE_CONSUMERS.labels(backlog.queue).set(backlog.consumers)
        age = 0.0
        if backlog.oldest_at is not None:
            age = max((self._clock.now() - backlog.oldest_at).total_seconds(), 0.0)
        QUEUE_OLDEST_AGE.labels(backlog.queue).set(age)

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self._clock.sleep(TICK_SECONDS)
        LOOP_LAG.observe(max(loop.time() - began - TICK_SECONDS, 0.0))

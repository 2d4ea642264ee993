"""How far each queue is open, where several have a say.

Why it exists: the orders wait for ZZY and for the dead letters' limit, each for reasons of
its own; the queue is as far open as the strictest of them allows. It must not know why
somebody holds a queue.
"""

import asyncio

from worker.runtime.ports import Broker
from worker.telemetry.metrics import QUEUE_PAUSED


class Valve:
    """Pauses and resumes queues of one broker."""

    def __init__(self, broker: Broker) -> None:
        """Begin with every queue open."""
        self._broker = broker
        self._holds: dict[str, dict[str, int]] = {}
        self._stands: dict[str, int | None] = {}
        self._turning = asyncio.Lock()

    async def hold(self, queue: str, holder: str, at_most: int = 0) -> None:
        """Let so many messages of a queue be handled at a time: 0 none, 1 a probe."""
        self._holds.setdefault(queue, {})[holder] = at_most
        await self._turn(queue)

    async def let_go(self, queue: str, holder: str) -> None:
        """Hold a queue no longer; others may still do."""
        self._holds.get(queue, {}).pop(holder, None)
        await self._turn(queue)

    async def _turn(self, queue: str) -> None:
        async with self._turning:
            wanted = min(self._holds.get(queue, {}).values(), default=None)
            if wanted == self._stands.get(queue):
                return
            if wanted == 0:
                await self._broker.pause(queue)
            else:
                await self._broker.resume(queue, at_most=wanted)
            self._stands[queue] = wanted
            QUEUE_PAUSED.labels(queue).set(wanted == 0)

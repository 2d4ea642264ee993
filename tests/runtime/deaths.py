"""A worker that dies at the nth place where it waits: nothing of it runs any more, no ``finally``.

What it had asked of the disk may still be done, as with a real kill -9.
"""

import asyncio
from collections.abc import Coroutine, Generator
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.awaits import Await, points, suspended

_GRAVEYARD: list[object] = []
"""What was killed must not be collected: its ``finally`` blocks would run."""


@dataclass
class Life:
    """One handling, killed where it waits for the ``fatal``-th time; 0: not at all."""

    fatal: int = 0
    waits: int = 0
    killed_at: frozenset[Await] = frozenset()
    result: Any = None
    known: Any = field(default_factory=points)

    @property
    def killed(self) -> bool:
        return bool(self.fatal) and self.waits >= self.fatal

    async def live(self, handling: Coroutine[Any, Any, Any]) -> None:
        """Run it to its end, or to its death."""
        await _Steps(self, handling)


class _Steps:
    def __init__(self, life: Life, handling: Coroutine[Any, Any, Any]) -> None:
        self._life = life
        self._handling = handling

    def __await__(self) -> Generator[Any, Any, None]:
        life, given = self._life, None
        try:
            while True:
                asked = self._handling.send(given)
                life.waits += 1
                if life.killed:
                    life.killed_at = frozenset(suspended(self, life.known))
                    _GRAVEYARD.append(self._handling)
                    if isinstance(asked, asyncio.Future):
                        asked._asyncio_future_blocking = False
                    return
                given = yield asked
        except StopIteration as ended:
            life.result = ended.value

    def get_coro(self) -> Coroutine[Any, Any, Any]:
        return self._handling

"""Lets others wait for what happens inside a simulator, without polling.

Why it exists: the demo and the tests wait for facts, never for time. It must not know
which facts.
"""

import asyncio
from collections.abc import Callable


class Changes:
    """A bell that rings on every change."""

    def __init__(self) -> None:
        """Start with nobody waiting."""
        self._bell = asyncio.Event()

    def tell(self) -> None:
        """Wake everybody who waits, to look again."""
        bell, self._bell = self._bell, asyncio.Event()
        bell.set()

    async def until(self, condition: Callable[[], bool], *, seconds: float = 10) -> None:
        """Return once ``condition`` holds. Raises TimeoutError after ``seconds``."""
        async with asyncio.timeout(seconds):
            while not condition():
                await self._bell.wait()

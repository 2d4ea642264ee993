"""One reply that somebody waits for, and what was heard of it meanwhile.

Why it exists: both brokers take interim replies in the same way: the last one is kept and
returned when no final one comes in time. It must not know what a reply says.
"""

import asyncio
from collections.abc import Callable

IsFinal = Callable[[bytes], bool]
"""Tells whether nothing more is to be waited for after a reply."""


class AwaitedReply:
    """A reply to come."""

    def __init__(self, final: IsFinal | None = None) -> None:
        """Wait for the first reply that is ``final``; without it every one is."""
        self._final = final
        self._last: bytes | None = None
        self._done = asyncio.Event()

    def take(self, body: bytes) -> None:
        """Take a reply; after a final one none counts."""
        if self._done.is_set():
            return
        self._last = body
        if self._final is None or self._final(body):
            self._done.set()

    def give_up(self) -> None:
        """End the wait: nothing more will come."""
        self._done.set()

    async def wait(self, seconds: float) -> bytes | None:
        """Return the final reply; after ``seconds`` the last one that came, or None."""
        try:
            async with asyncio.timeout(seconds):
                await self._done.wait()
        except TimeoutError:
            pass
        return self._last

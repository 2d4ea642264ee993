"""How many handlers of one queue may be at work, a number that may change.

Why it exists: asyncio's semaphore cannot be made smaller, and a queue that is tried again
after a pause begins with one message at a time. It must not know what a slot is for.
"""

import asyncio
from collections import deque


class Slots:
    """A semaphore whose limit can be changed; who waits is served in order."""

    def __init__(self, limit: int) -> None:
        """Let ``limit`` in at a time."""
        self.limit = limit
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        """Wait for a slot and take it."""
        await self.enter()

    async def __aexit__(self, *_: object) -> None:
        """Give the slot back."""
        self.leave()

    async def enter(self) -> None:
        """Wait for a slot and take it."""
        if self.enter_at_once():
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled():
                self.leave()
            raise

    def enter_at_once(self) -> bool:
        """Take a slot if one is free and nobody waits for it."""
        if self._taken >= self.limit or self._waiting:
            return False
        self._taken += 1
        return True

    def leave(self) -> None:
        """Give a slot back."""
        self._taken -= 1
        self._pass_on()

    def resize(self, limit: int) -> None:
        """Let so many in from now on; who is in stays."""
        self.limit = limit
        self._pass_on()

    def _pass_on(self) -> None:
        """Take slots for those who have waited longest, and let them in."""
        while self._waiting and self._taken < self.limit:
            place = self._waiting.popleft()
            if not place.done():
                self._taken += 1
                place.set_result(None)

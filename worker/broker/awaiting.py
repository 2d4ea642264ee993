"""The replies that somebody waits for, and what was heard of them meanwhile.

Why it exists: both brokers take interim replies in the same way: the last one is kept and
returned when no final one comes in time. It must not know what a reply says.
"""

import asyncio
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

IsFinal = Callable[[bytes], bool]
"""Tells whether nothing more is to be waited for after a reply."""


class AwaitedReply:
    """A reply to come."""

    def __init__(self, final: IsFinal | None = None) -> None:
        """Wait for the first reply that is ``final``; without it every one is."""
        self._final = final
        self._last: bytes | None = None
        self._over = asyncio.get_running_loop().create_future()

    def take(self, body: bytes) -> None:
        """Take a reply; after a final one none counts."""
        if self._over.done():
            return
        self._last = body
        if self._final is None or self._final(body):
            self.give_up()

    def give_up(self) -> None:
        """End the wait: nothing more will come."""
        if not self._over.done():
            self._over.set_result(None)

    async def wait(self, seconds: float) -> bytes | None:
        """Return the final reply; after ``seconds`` the last one that came, or None."""
        timer = self._over.get_loop().call_later(seconds, self.give_up)
        try:
            await self._over
        finally:
            timer.cancel()
        return self._last


class Expected:
    """Who in this process waits for which reply."""

    def __init__(self) -> None:
        """Begin with nobody waiting."""
        self._waiting: dict[str, AwaitedReply] = {}

    def __bool__(self) -> bool:
        """Tell whether somebody waits."""
        return bool(self._waiting)

    @contextmanager
    def expect(
        self, correlation_id: str, final: IsFinal | None
    ) -> Iterator[tuple[str, AwaitedReply]]:
        """Await one reply; yields its correlation id (a fresh one if taken) and the reply."""
        if not correlation_id or correlation_id in self._waiting:
            correlation_id = uuid.uuid4().hex
        reply = AwaitedReply(final)
        self._waiting[correlation_id] = reply
        try:
            yield correlation_id, reply
        finally:
            self._waiting.pop(correlation_id, None)

    def take(self, correlation_id: str, body: bytes) -> None:
        """Hand a reply to whoever waits for it, if somebody still does."""
        reply = self._waiting.get(correlation_id)
        if reply is not None:
            reply.take(body)

    def give_up(self) -> None:
        """Tell everybody that no reply will come."""
        for reply in self._waiting.values():
            reply.give_up()

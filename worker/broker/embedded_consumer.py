"""Hands one queue's messages of the embedded broker to their handler.

Why it exists: a message published in this process goes to its consumer straight after
the commit, without being read again; the table is asked only for what did not fit, was
delayed, or came from elsewhere. It must not hold SQL.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from worker.broker import settle
from worker.broker.embedded_rows import Delivery
from worker.errors import StoreUnavailableError
from worker.runtime.outcome import Outcome
from worker.runtime.ports import Handler
from worker.tasks import TaskGroup

CLAIM_RETRY_SECONDS: Final = 1.0

Claim = Callable[[str, int], Awaitable[list[Delivery]]]
"""Take up to so many messages of a queue. Raises StoreUnavailableError."""

GiveBack = Callable[[Sequence[Delivery]], Awaitable[None]]
"""Put messages back that were not begun; does not raise."""

CarryOut = Callable[[Delivery, Outcome], Awaitable[None]]
"""Make an outcome durable (an acknowledgement may follow shortly after); does not raise."""

_log = structlog.get_logger(__name__)


class LocalConsumer:
    """The consumer of one queue in this process."""

    def __init__(  # noqa: PLR0913  (three collaborators, as callables)
        self,
        queue: str,
        handler: Handler,
        concurrency: int,
        *,
        claim: Claim,
        carry_out: CarryOut,
        give_back: GiveBack,
        tasks: TaskGroup,
        paused: bool = False,
    ) -> None:
        """Give the messages of ``queue`` to ``handler``, at most ``concurrency`` at a time."""
        self.queue = queue
        self._handler = handler
        self._concurrency = concurrency
        self._limit = concurrency
        self._claim = claim
        self._carry_out = carry_out
        self._give_back = give_back
        self._tasks = tasks
        self._waiting: deque[Delivery] = deque()
        self._running = 0
        self._reserved = 0
        self._backlog = False
        self._claiming = False
        self._stopping = False
        self._paused = paused
        self._idle = asyncio.Event()
        self._idle.set()

    def reserve(self) -> bool:
        """Keep a place for a message about to be published; not while older ones wait."""
        if self._rests or self._backlog or self._room() <= 0:
            return False
        self._reserved += 1
        return True

    def cancel_reservation(self) -> None:
        """Give a reserved place back: the publish came to nothing."""
        self._reserved -= 1

    def hand_over(self, delivery: Delivery) -> bool:
        """Take a message into the reserved place; False if it must go back to the table."""
        self._reserved -= 1
        if self._rests:
            return False
        self._waiting.append(delivery)
        self._pump()
        return True

    def look(self) -> None:
        """Take notice that messages wait in the table."""
        self._backlog = True
        self._pump()

    async def pause(self) -> None:
        """Begin no more and give back what was not begun; who is at work goes on."""
        self._paused = True
        await self._return_unbegun()

    def resume(self, at_most: int | None) -> None:
        """Begin again, at most so many at a time."""
        self._paused = False
        self._limit = min(at_most or self._concurrency, self._concurrency)
        self.look()

    async def stop(self) -> list[Delivery]:
        """Begin no more, wait for the handlers at work; return what was not begun."""
        self._stopping = True
        await self._idle.wait()
        unbegun, self._waiting = list(self._waiting), deque()
        return unbegun

    @property
    def _rests(self) -> bool:
        return self._stopping or self._paused

    async def _return_unbegun(self) -> None:
        unbegun, self._waiting = list(self._waiting), deque()
        self._backlog = True
        await self._give_back(unbegun)

    def _room(self) -> int:
        """Return how many more it may hold: as many again as it handles at a time."""
        return 2 * self._limit - self._running - len(self._waiting) - self._reserved

    def _pump(self) -> None:
        while self._waiting and self._running < self._limit and not self._rests:
            delivery = self._waiting.popleft()
            self._running += 1
            self._idle.clear()
            self._tasks.start(self._handle(delivery), f"handle {self.queue}")
        if self._backlog and not self._claiming and not self._rests:
            limit = self._room()
            if limit >= self._limit:
                self._claiming = True
                self._idle.clear()
                self._tasks.start(self._refill(limit), f"claim {self.queue}")

    async def _refill(self, limit: int) -> None:
        self._backlog = False
        try:
            claimed = await self._claim(self.queue, limit)
            self._waiting.extend(claimed)
            self._backlog = self._backlog or len(claimed) == limit
            if self._paused:
                await self._return_unbegun()
        except StoreUnavailableError as error:
            _log.warning("claim_failed", queue=self.queue, error=str(error))
            self._backlog = True
            await asyncio.sleep(CLAIM_RETRY_SECONDS)
        finally:
            self._claiming = False
            self._rest()
            self._pump()

    async def _handle(self, delivery: Delivery) -> None:
        try:
            outcome = await settle.outcome_of(self._handler, delivery.message)
            await self._carry_out(delivery, outcome)
        finally:
            self._running -= 1
            self._rest()
            self._pump()

    def _rest(self) -> None:
        if not self._running and not self._claiming:
            self._idle.set()

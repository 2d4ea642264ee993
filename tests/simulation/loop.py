"""An event loop whose time is virtual and whose order of work follows from a seed.

When nothing is ready the clock jumps to the next timer. What one simulated process has to do
is done in asyncio's own order, for its code may rely on that; whose turn it is of several
processes the dice say. Nothing here waits, and no thread or socket exists.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable
from contextvars import Context, ContextVar
from random import Random
from typing import Any

OWNER: ContextVar[Any] = ContextVar("owner", default=None)
"""The simulated process that a callback belongs to; None: the world outside."""

MANY_CANCELLED = 200


class StuckError(Exception):
    """Nothing is ready, and nothing ever will be."""


def vars_of(handle: Any) -> Context:  # noqa: ANN401  (typeshed does not know it)
    """Return the context in which a handle runs."""
    context: Context = handle._context
    return context


class Ready:
    """What can run now, in order for each process."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._queues: dict[Any, deque[asyncio.Handle]] = {}

    def append(self, handle: asyncio.Handle) -> None:
        owner = vars_of(handle).get(OWNER)
        queue = self._queues.get(owner)
        if queue is None:
            queue = self._queues[owner] = deque()
        queue.append(handle)

    def next(self) -> tuple[Any, asyncio.Handle]:
        """Return one handle and whose it is."""
        queues = self._queues
        owners = list(queues)
        owner = owners[0] if len(owners) == 1 else owners[self._dice.randrange(len(owners))]
        queue = queues[owner]
        handle = queue.popleft()
        if not queue:
            del queues[owner]
        return owner, handle

    def forget(self, owner: Any) -> None:  # noqa: ANN401
        """Drop everything that a process had to do."""
        self._queues.pop(owner, None)

    def clear(self) -> None:
        self._queues.clear()

    def __len__(self) -> int:
        return len(self._queues)


class VirtualLoop(asyncio.base_events.BaseEventLoop):
    """Runs one handle after another; ``before`` is asked whether it may."""

    _scheduled: list[Any]

    def __init__(self, dice: Random, before: Callable[[Any], bool]) -> None:
        """``before`` gets the owner of each handle that is to run; False drops the handle."""
        super().__init__()
        self._ready = Ready(dice)
        self._before = before
        self._now = 0.0

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        ready = self._ready
        scheduled = self._scheduled
        if self._timer_cancelled_count > MANY_CANCELLED:
            self._tidy()
            scheduled = self._scheduled
        while scheduled and scheduled[0]._cancelled:
            self._timer_cancelled_count -= 1
            heapq.heappop(scheduled)._scheduled = False
        if not ready:
            if not scheduled:
                raise StuckError
            self._now = max(self._now, scheduled[0]._when)
        while scheduled and scheduled[0]._when <= self._now:
            timer = heapq.heappop(scheduled)
            timer._scheduled = False
            if not timer._cancelled:
                ready.append(timer)
            else:
                self._timer_cancelled_count -= 1
        owner, handle = ready.next()
        if not handle._cancelled and self._before(owner):
            handle._run()

    def _tidy(self) -> None:
        kept = []
        for timer in self._scheduled:
            if timer._cancelled:
                timer._scheduled = False
            else:
                kept.append(timer)
        heapq.heapify(kept)
        self._scheduled = kept
        self._timer_cancelled_count = 0

    def forget(self, owner: Any) -> None:  # noqa: ANN401
        """Drop what a process had to do now; its timers are dropped as they come."""
        self._ready.forget(owner)

    def _process_events(self, event_list: Any) -> None:  # noqa: ANN401
        raise NotImplementedError

    def _write_to_self(self) -> None:
        raise NotImplementedError("a simulation has no threads")

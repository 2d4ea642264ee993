"""Fires the orders' timers.

Why it exists: an order has one timer, stored with it; whoever claims a due one takes it
through the saga, so a worker's death delays an order by no more than a lease. It must not
know what the timer is for.
"""

from typing import Final

import structlog

from worker.clock import Clock
from worker.errors import StoreUnavailableError
from worker.runtime.handle import Saga
from worker.runtime.ports import Store
from worker.runtime.stimulus import Stimulus
from worker.saga.events import TimerFired
from worker.tasks import TaskGroup

POLL_SECONDS: Final = 0.5
CLAIM_LEASE: Final = 30.0
"""After that long a claimed timer whose claimer died fires again."""

_log = structlog.get_logger(__name__)


class Timers:
    """Claims due timers and hands them to the saga, a bounded number at a time."""

    def __init__(
        self, saga: Saga, store: Store, clock: Clock, tasks: TaskGroup, *, concurrency: int = 32
    ) -> None:
        """Handle at most ``concurrency`` timers at a time."""
        self._saga = saga
        self._store = store
        self._clock = clock
        self._tasks = tasks
        self._free = concurrency

    async def poll(self) -> int:
        """Claim what is due, as far as there is room, and start handling it.

        Returns how many there were.
        """
        if not self._free:
            return 0
        due = await self._store.claim_due(self._clock.now(), limit=self._free, lease=CLAIM_LEASE)
        for order_num in due:
            self._free -= 1
            self._tasks.start(self._fire(order_num), "timer")
        return len(due)

    async def _fire(self, order_num: str) -> None:
        try:
            with structlog.contextvars.bound_contextvars(order_num=order_num):
                loaded = await self._store.load(order_num)
                await self._saga.take(loaded, order_num, Stimulus(TimerFired()))
        except StoreUnavailableError as error:
            _log.warning("timer_left_to_its_lease", order_num=order_num, error=str(error))
        finally:
            self._free += 1

    async def run(self) -> None:
        """Poll for ever."""
        while True:
            try:
                await self.poll()
            except StoreUnavailableError as error:
                _log.warning("timer_poll_failed", error=str(error))
            await self._clock.sleep(POLL_SECONDS)

"""Stops a queue when most of its messages become dead letters.

Why it exists: when everything fails at once the fault is ours or the sender's, and not each
message's: it is better that the rest waits than that all of it lies among the dead letters.
It must not judge a message.
Source: docs/decisions/0022-the-dead-letter-limit.md.
"""

import asyncio
from collections import deque
from datetime import datetime
from typing import Final

import structlog

from worker.clock import Clock
from worker.runtime.outcome import Ack, Outcome, Park
from worker.runtime.ports import Handler, Message
from worker.runtime.valve import Valve
from worker.telemetry import alarm, resolved

WINDOW_SECONDS: Final = 60
PROBE_SECONDS: Final = 60.0
PROBE_MESSAGES: Final = 10
"""How many messages a probe takes, one at a time, until one passes."""
HOLDER: Final = "dead letters"

UNCOUNTED: Final = frozenset(
    {"notice_quarantined", "user_unknown", "user_not_allowed", "notice_forced_refund"}
)
"""Kinds of dead letters that say nothing of our health: those that somebody else brings about
at will (a forger could stop the honest), and what is kept for a person by a rule."""

_log = structlog.get_logger(__name__)


class Tally:
    """What became of the messages of the last minute, second by second."""

    def __init__(self) -> None:
        """Begin with none."""
        self._seconds: deque[tuple[int, int, int]] = deque()
        self._messages = 0
        self._parked = 0

    def add(self, now: datetime, *, parked: bool) -> None:
        """Count one message."""
        second = int(now.timestamp())
        of, all_of_it, dead = self._seconds.pop() if self._seconds else (second, 0, 0)
        if of != second:
            self._seconds.append((of, all_of_it, dead))
            all_of_it = dead = 0
        self._seconds.append((second, all_of_it + 1, dead + parked))
        self._messages += 1
        self._parked += parked
        while not second - WINDOW_SECONDS < self._seconds[0][0] <= second:
            _, all_of_it, dead = self._seconds.popleft()
            self._messages -= all_of_it
            self._parked -= dead

    def totals(self) -> tuple[int, int]:
        """Return how many messages there were, and how many of them were parked."""
        return self._messages, self._parked


class DeadLetterLimit:
    """Watches one queue's outcomes; a limit of 0 watches nothing."""

    def __init__(self, queue: str, valve: Valve, clock: Clock, *, limit: int) -> None:
        """Close ``valve`` when ``limit`` messages a minute are parked, and most of all."""
        self._queue = queue
        self._valve = valve
        self._clock = clock
        self._limit = limit
        self._tally = Tally()
        self._stopped = asyncio.Event()
        self._probe = 0
        """How many messages the probe that goes on may still take; 0: none goes on."""

    def watching(self, handler: Handler) -> Handler:
        """Return the handler, watched."""
        if not self._limit:
            return handler

        async def watched(message: Message) -> Outcome:
            probing = self._probe > 0
            outcome = await handler(message)
            if not (isinstance(outcome, Park) and outcome.kind in UNCOUNTED):
                await self._note(outcome, probing=probing)
            elif probing:
                await self._spend_probe()
            return outcome

        return watched

    async def _note(self, outcome: Outcome, *, probing: bool) -> None:
        if self._stopped.is_set():
            if probing and isinstance(outcome, Ack):
                await self._reopen()
            elif probing:
                await self._spend_probe()
            return
        self._tally.add(self._clock.now(), parked=isinstance(outcome, Park))
        messages, parked = self._tally.totals()
        if parked >= self._limit and 2 * parked > messages:
            await self._stop(messages, parked)

    async def _stop(self, messages: int, parked: int) -> None:
        self._stopped.set()
        self._tally = Tally()
        alarm("dead_letter_limit", queue=self._queue, messages=messages, parked=parked)
        await self._valve.hold(self._queue, HOLDER)

    async def _spend_probe(self) -> None:
        self._probe = max(self._probe - 1, 0)
        if not self._probe:
            _log.info("dead_letter_probe_failed", queue=self._queue)
            await self._valve.hold(self._queue, HOLDER)

    async def _reopen(self) -> None:
        self._stopped.clear()
        self._probe = 0
        await self._valve.let_go(self._queue, HOLDER)
        resolved("dead_letter_limit", queue=self._queue)

    async def run(self) -> None:
        """Probe once a minute while the queue is stopped, for ever."""
        while True:
            await self._stopped.wait()
            await self._clock.sleep(PROBE_SECONDS)
            if self._stopped.is_set():
                alarm("dead_letter_limit", queue=self._queue, text="it is still stopped")
                self._probe = PROBE_MESSAGES
                await self._valve.hold(self._queue, HOLDER, at_most=1)

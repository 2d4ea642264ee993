"""Whether ZZY may be called for an order at present, by what came of the calls before.

Why it exists: while ZZY is silent an order waits, instead of spending its tries one after
the other until it fails. The breaker is here, in the shell; the saga hears only that a call
waits. It must not call anybody, nor hold a queue: pressure.py does.
Source: docs/decisions/0021-when-zzy-is-down.md.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from worker.clock import Clock
from worker.runtime.breaker import Breaker, BreakerPlan, Permit, State
from worker.saga.states import CallKind, Order, Phase
from worker.translation.supplier import Unknown

ORDERS_PLAN: Final = BreakerPlan(
    in_row=5,
    lasting=2.0,
    share=0.8,
    least=50,
    window=30.0,
    first_delay=2.0,
    longest_delay=8.0,
    relapse=30.0,
)
"""Opens before the first order has spent its tries, and is never long behind ZZY's return."""

SOON: Final = 2.0
SPREAD: Final = 4.0
"""A call that waits is looked at again so long after the next probe, spread over so long."""
PROBE_WAIT: Final = 20.0
"""Asking for the codes of a paid order is not urgent, and most waiting calls are that."""
PAID: Final = frozenset({Phase.AWAITING_TICKET, Phase.ISSUED})


class Gate:
    """What every call for an order passes on its way to ZZY; without a plan all do."""

    def __init__(self, clock: Clock, plan: BreakerPlan | None = None) -> None:
        """Begin open to calls, with a breaker of this ``plan``."""
        self._clock = clock
        self._breaker = Breaker(plan) if plan else None
        self.troubled = asyncio.Event()
        """Set while the breaker is not closed."""
        self.answered = False
        """A knock was answered since the breaker opened: one real call may pass as the probe."""
        self.limited = False
        """The last failure was ZZY's wish to be left alone for a while (429, Retry-After)."""
        self.last_order_num = ""
        """The order of the last call that was not answered."""

    def state(self) -> State:
        """Return how the breaker stands."""
        return self._breaker.state(self._clock.now()) if self._breaker else State.CLOSED

    def admit(self) -> Permit | None:
        """Give leave for one call, or None: it must wait."""
        if self._breaker is None:
            return Permit(0, probe=False)
        if self.state() is State.HALF_OPEN and not self.answered:
            return None
        return self._breaker.admit(self._clock.now())

    def knock(self) -> Permit | None:
        """Give leave to knock: to ask whether ZZY answers, before an order's call may pass."""
        return self._breaker.admit(self._clock.now()) if self._breaker else None

    def note(self, permit: Permit, order_num: str, lost: Unknown | None) -> None:
        """Take note of what came of a call; ``lost``: nothing that could be read.

        A refusal is an answer, that of our signature too: ZZY is there.
        """
        if self._breaker is None:
            return
        now = self._clock.now()
        if lost is None or lost.signature_refused:
            self._breaker.succeeded(permit, now)
        else:
            self.last_order_num = order_num
            wait = _asked_wait(lost)
            self.limited = wait > 0
            self._breaker.failed(permit, now, wait=wait)
        self._tell()

    def unused(self, permit: Permit | None) -> None:
        """Take a permit back of which nothing came; nothing happens where it was used."""
        if self._breaker is not None and permit is not None:
            self._breaker.abandon(permit)

    def seconds_left(self) -> float:
        """Return how long no call may pass for sure."""
        return self._breaker.seconds_left(self._clock.now()) if self._breaker else 0.0

    def next_try(self, order: Order) -> datetime:
        """Return when an order's call that must wait is looked at again; no two at once."""
        now, share = self._clock.now(), _share(order.order_num)
        if order.call is CallKind.PROBE and order.phase in PAID:
            return now + timedelta(seconds=PROBE_WAIT * (1 + share))
        return now + timedelta(seconds=self.seconds_left() + SOON + SPREAD * share)

    def _tell(self) -> None:
        state = self.state()
        self.answered = self.answered and state is State.HALF_OPEN
        if state is State.CLOSED:
            self.troubled.clear()
        else:
            self.troubled.set()


def _asked_wait(lost: Unknown) -> float:
    """Return for how long ZZY asked to be left alone; 429 alone asks for a moment."""
    if lost.retry_after is not None:
        return lost.retry_after
    return ORDERS_PLAN.first_delay if lost.reason == "http_429" else 0.0


def _share(order_num: str) -> float:
    """Return a number from 0 to 1 that is an order's own: its number is a digest."""
    try:
        return int(order_num[:4], 16) / 0xFFFF
    except ValueError:
        return 0.5

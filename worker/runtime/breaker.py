"""A circuit breaker: whether somebody outside may be called, from what came of the last calls.

Why it exists: who does not answer is asked ever more rarely and by one probe at a time,
instead of letting everything fail that waits for the answer. The saga's shell has one for
ZZY, the relay one a channel. It must not do I/O, wait, or read a clock: ``now`` is an
argument.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

REMEMBERED: Final = 200
"""How many outcomes count towards the share of failures, at most."""


class State(StrEnum):
    """How a breaker stands."""

    CLOSED = "closed"
    """Everything passes."""
    OPEN = "open"
    """Nothing passes."""
    HALF_OPEN = "half_open"
    """One probe may pass, or is on its way; its outcome decides."""


@dataclass(frozen=True, slots=True)
class BreakerPlan:
    """When a breaker opens, and for how long; times in seconds."""

    in_row: int = 5
    """Opens after so many failures without a success between them; 0: never for that."""
    lasting: float = 0.0
    """And only if the first of them was so long ago: many calls at once fail in a row by chance."""
    share: float = 0.5
    """Opens when more than this share of the outcomes within ``window`` are failures."""
    least: int = 20
    """Of fewer outcomes no share is taken; 0: never opens for a share."""
    window: float = 30.0
    first_delay: float = 5.0
    """From the opening to the first probe."""
    longest_delay: float = 60.0
    """Each probe that fails doubles the delay, up to this."""
    relapse: float = 0.0
    """Opening again so soon after it closed goes on doubling: it closed too early."""
    longest_wait: float = 3_600.0
    """How long at most a failure may ask for (Retry-After)."""


@dataclass(frozen=True, slots=True)
class Permit:
    """The leave to make one call; give it back with what came of the call."""

    era: int
    """How often the breaker had opened or closed when it was given."""
    probe: bool


class Breaker:
    """Closed, open with a widening delay, half-open with exactly one probe, closed again.

    Outcomes of calls that were let pass before it opened say nothing once it is open: the
    probe alone closes it. A clock that was set back begins the delay anew.
    """

    def __init__(self, plan: BreakerPlan | None = None) -> None:
        """Begin closed."""
        self.plan = plan or BreakerPlan()
        self._state = State.CLOSED
        self._era = 0
        self._failures = 0
        self._failing_since: datetime | None = None
        self._recent: deque[tuple[datetime, bool]] = deque(maxlen=REMEMBERED)
        self._opened_at: datetime | None = None
        self._delay = 0.0
        self._widened = 0.0
        self._closed_at: datetime | None = None
        self._probing = False

    def state(self, now: datetime) -> State:
        """Return how it stands; an open one is half-open once its delay has passed."""
        if self._state is State.OPEN and not self.seconds_left(now):
            self._state = State.HALF_OPEN
        return self._state

    def seconds_left(self, now: datetime) -> float:
        """Return how long it stays open; 0 where it is not open."""
        if self._state is not State.OPEN or self._opened_at is None:
            return 0.0
        self._opened_at = min(self._opened_at, now)
        end = self._opened_at + timedelta(seconds=self._delay)
        return max(0.0, (end - now).total_seconds())

    def admit(self, now: datetime) -> Permit | None:
        """Give leave for one call, or None: not now. Half-open gives it once."""
        match self.state(now):
            case State.CLOSED:
                return Permit(self._era, probe=False)
            case State.HALF_OPEN if not self._probing:
                self._probing = True
                return Permit(self._era, probe=True)
        return None

    def hasten(self, now: datetime) -> None:
        """Let a probe pass at once, whatever is left of the delay; a closed one stays so."""
        if self.state(now) is State.OPEN:
            self._state = State.HALF_OPEN

    def succeeded(self, permit: Permit, now: datetime) -> None:
        """Take note of a call that was answered."""
        if permit.era != self._era:
            return
        self._failures = 0
        if permit.probe:
            self._close(now)
        self._recent.append((now, True))

    def failed(self, permit: Permit, now: datetime, *, wait: float = 0.0) -> None:
        """Take note of a call that failed.

        ``wait``: the other side asked for so many seconds of peace: it opens at once, for
        at least that long.
        """
        if permit.era != self._era:
            if wait > 0 and self._state is not State.CLOSED:
                self._stay_open(now, wait)
            return
        if not self._failures or self._failing_since is None:
            self._failing_since = now
        self._failures += 1
        self._recent.append((now, False))
        if permit.probe or wait > 0 or self._is_enough(now):
            self._open(now, wait)

    def abandon(self, permit: Permit) -> None:
        """Give a permit back of which nothing came: the call was never made, or cut off."""
        if permit.probe and permit.era == self._era:
            self._probing = False

    def _is_enough(self, now: datetime) -> bool:
        plan = self.plan
        if plan.in_row and self._failures >= plan.in_row and self._has_lasted(now):
            return True
        since = now - timedelta(seconds=plan.window)
        while self._recent and not since <= self._recent[0][0] <= now:
            self._recent.popleft()
        failed = sum(not ok for _, ok in self._recent)
        enough = plan.least and len(self._recent) >= plan.least
        return bool(enough) and failed > plan.share * len(self._recent)

    def _has_lasted(self, now: datetime) -> bool:
        began = self._failing_since or now
        return not 0 <= (now - began).total_seconds() < self.plan.lasting

    def _open(self, now: datetime, wait: float) -> None:
        plan = self.plan
        if self._has_stood_closed(now):
            self._widened = 0.0
        self._widened = min(max(self._widened * 2, plan.first_delay), plan.longest_delay)
        self._delay = max(self._widened, min(wait, plan.longest_wait))
        self._begin(State.OPEN, now)

    def _stay_open(self, now: datetime, wait: float) -> None:
        """Stay open, or open again before a probe went out, for at least ``wait`` seconds."""
        wait = min(wait, self.plan.longest_wait)
        if self._probing or self.seconds_left(now) >= wait:
            return
        self._state, self._opened_at, self._delay = State.OPEN, now, wait

    def _has_stood_closed(self, now: datetime) -> bool:
        if self._state is not State.CLOSED or self._closed_at is None:
            return False
        return not 0 <= (now - self._closed_at).total_seconds() < self.plan.relapse

    def _close(self, now: datetime) -> None:
        self._closed_at = now
        self._begin(State.CLOSED, None)

    def _begin(self, state: State, at: datetime | None) -> None:
        self._state, self._opened_at = state, at
        self._era += 1
        self._failures = 0
        self._probing = False
        self._recent.clear()

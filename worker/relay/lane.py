"""One channel as the relay sees it: whether it is sent anything now, and how fast.

Why it exists: everything that slows or stops the deliveries to one channel, and nobody
else's, stands together: a pause by hand, a circuit breaker, the channel's own wish for
peace (429, Retry-After), a rate. Pure: ``now`` is an argument. It must not send or wait.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from worker.relay.policy import describe, too_many
from worker.relay.undelivered import Undelivered
from worker.relay.words import first_words
from worker.runtime.breaker import Breaker, BreakerPlan, Permit, State
from worker.runtime.controlling import ChannelControl, ChannelReport
from worker.translation.delivery import Answered, DeliveryResult

LIMITED: Final = "limited"
"""What is reported of a channel that asked for peace and is otherwise well."""

PEACE: Final = BreakerPlan(in_row=0, least=0, first_delay=1.0, longest_delay=300.0)
"""After a 429: a second, doubled by each further one; longer where Retry-After says so."""


ANSWERING: Final = BreakerPlan(in_row=10, least=0, first_delay=5.0, longest_delay=300.0)
"""Ten failures in a row; more than one notification has retries for at once."""


class Flow(StrEnum):
    """What comes out of a channel's queue."""

    STOPPED = "stopped"
    PROBING = "probing"
    """One message at a time, until one is answered."""
    FLOWING = "flowing"


@dataclass(frozen=True, slots=True)
class LanePlan:
    """What is configured for a channel."""

    app_key: str
    rate: float = 0.0
    """Deliveries a second at most; 0: any number."""
    patience: float = 0.0
    """How many seconds a notification may wait."""
    breaker: BreakerPlan = ANSWERING


@dataclass(frozen=True, slots=True)
class Pass:
    """The leave to send one notification."""

    answering: Permit
    peace: Permit

    @property
    def probe(self) -> bool:
        """Whether it is to show that the channel answers again."""
        return self.answering.probe or self.peace.probe


@dataclass(frozen=True, slots=True)
class _Last:
    at: datetime
    answer: DeliveryResult
    params: str


class Lane:
    """The way to one channel, for this process."""

    def __init__(self, plan: LanePlan) -> None:
        """Begin open."""
        self.app_key = plan.app_key
        self.undelivered = Undelivered(plan.patience)
        self.gone: set[str] = set()
        """Digests of URLs that answered 410."""
        self.gone_changes = 0
        self.paused = False
        self.burying = False
        """The oldest waited too long: what is as old is given up, one after the other."""
        self._plan = plan
        self._rate = plan.rate
        self._next: datetime | None = None
        self._answering = Breaker(plan.breaker)
        self._peace = Breaker(PEACE)
        self._probe_wanted: datetime | None = None
        self._last: _Last | None = None

    # --- what is decided elsewhere ---

    def obey(self, control: ChannelControl, now: datetime, *, gone: bool = True) -> None:
        """Take over what people decided, and (if ``gone``) what other processes learnt."""
        self.paused = control.paused_at is not None
        self._rate = self._plan.rate if control.rate is None else control.rate
        if gone:
            self.gone = set(control.gone)
        if control.probe_wanted_at != self._probe_wanted:
            self._probe_wanted = control.probe_wanted_at
            self._answering.hasten(now)
            self._peace.hasten(now)

    # --- what may be done ---

    def flow(self, now: datetime) -> Flow:
        """Return what is to come out of its queue now."""
        states = {self._answering.state(now), self._peace.state(now)}
        if self.paused:
            return Flow.STOPPED
        if State.OPEN in states:
            return Flow.FLOWING if self.burying else Flow.STOPPED
        self.burying = False
        return Flow.PROBING if State.HALF_OPEN in states else Flow.FLOWING

    def wait(self, now: datetime) -> float:
        """Return the seconds until the rate lets the next one pass."""
        if not self._rate or self._next is None:
            return 0.0
        self._next = min(self._next, now + timedelta(seconds=1 / self._rate))
        return max(0.0, (self._next - now).total_seconds())

    def admit(self, now: datetime) -> Pass | None:
        """Give leave to send one, or None: not now."""
        if self.paused:
            return None
        answering = self._answering.admit(now)
        if answering is None:
            return None
        peace = self._peace.admit(now)
        if peace is None:
            self._answering.abandon(answering)
            return None
        if self._rate:
            self._next = now + timedelta(seconds=1 / self._rate)
        return Pass(answering, peace)

    def abandon(self, leave: Pass) -> None:
        """Take back a leave that was not used; one that was used is left alone."""
        self._answering.abandon(leave.answering)
        self._peace.abandon(leave.peace)

    def answered(self, leave: Pass, answer: DeliveryResult, now: datetime, params: str) -> None:
        """Take note of what came of a delivery; ``params`` is what was sent."""
        self._last = _Last(now, answer, params)
        asked = (answer.retry_after or 0.0) if isinstance(answer, Answered) else 0.0
        status = answer.status if isinstance(answer, Answered) else 0
        if status in {HTTPStatus.OK, HTTPStatus.GONE}:
            self._answering.succeeded(leave.answering, now)
            self._peace.succeeded(leave.peace, now)
            return
        if too_many(answer):
            self._answering.succeeded(leave.answering, now)
        else:
            self._answering.failed(leave.answering, now)
        if too_many(answer) or asked:
            self._peace.failed(leave.peace, now, wait=max(asked, PEACE.first_delay))
        else:
            self._peace.abandon(leave.peace)

    # --- what is told ---

    def standing(self, now: datetime) -> str:
        """Return how its breaker stands: closed, open, half_open, or limited."""
        state = self._answering.state(now)
        if state is State.CLOSED and self._peace.state(now) is not State.CLOSED:
            return LIMITED
        return state.value

    @property
    def last_told(self) -> str:
        """What came of the last delivery, in a few words."""
        return describe(self._last.answer) if self._last else ""

    @property
    def last_at(self) -> datetime | None:
        """When the last delivery ended; None: there was none."""
        return self._last.at if self._last else None

    def report(self, now: datetime) -> ChannelReport:
        """Return how it stands."""
        oldest, last = self.undelivered.oldest, self._last
        if last is None:
            return ChannelReport(self.app_key, now, self.standing(now), oldest_at=oldest)
        head = last.answer.body_head if isinstance(last.answer, Answered) else b""
        return ChannelReport(
            self.app_key,
            now,
            self.standing(now),
            last.at,
            describe(last.answer),
            first_words(head, last.params),
            round(last.answer.seconds * 1000),
            oldest,
        )


class Lanes:
    """The lanes of all channels; a channel that nobody configured has one that is open."""

    def __init__(self, plans: Iterable[LanePlan] = ()) -> None:
        """Make a lane for each plan."""
        self._lanes = {plan.app_key: Lane(plan) for plan in plans}
        self.turned: Callable[[Lane], None] = lambda _lane: None
        """Is told of a lane whose flow may have changed."""

    def of(self, app_key: str) -> Lane:
        """Return a channel's lane."""
        return self._lanes.get(app_key) or Lane(LanePlan(app_key))

    def __iter__(self) -> Iterator[Lane]:
        """Go through the lanes of the channels that are configured."""
        return iter(self._lanes.values())

"""A story of one order, told as events and what follows from each.

``story.on(event).expect(PHASE, "call pay", "answer 1000")``: the effects as the words of
:func:`words`, in order and complete. Every step is held to the laws besides.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Self

from tests.doubles import NOON
from tests.saga import laws
from tests.saga.facts import POLICY
from worker.saga.decide import Decision, decide
from worker.saga.effects import (
    Alarm,
    CallZzy,
    CheckTold,
    Effect,
    FailureTold,
    HoldNotice,
    News,
    Notify,
    RefundTold,
    Reply,
    SetApart,
    TextVouchers,
    VouchersTold,
)
from worker.saga.events import Event, TimerFired
from worker.saga.policy import Policy
from worker.saga.states import Order, Phase
from worker.saga.transitions import Row

HIT: list[Row] = []
"""Every row that a story went through; test_coverage asks for it."""


class Playbook:
    """An order, the time, and what was decided last."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.now = NOON
        self.policy = policy
        self._order: Order | None = None
        self._last: Decision | None = None
        self._call: CallZzy | None = None
        self.told: list[News] = []

    @property
    def has_order(self) -> bool:
        return self._order is not None

    @property
    def order(self) -> Order:
        assert self._order is not None
        return self._order

    def on(self, event: Event, *, after: float = 0, answers: CallZzy | None = None) -> Self:
        """Let ``event`` happen ``after`` seconds; the effects before must have been expected."""
        assert self._last is None, f"unexpected: {self._effects()}"
        self.now += timedelta(seconds=after)
        before = self._order
        self._last = decide(before, event, self.now, self.policy, answers=answers)
        laws.check(before, self._last, self.now)
        self._order = self._last.order
        if self._last.row:
            HIT.append(self._last.row)
        for effect in self._last.effects:
            if isinstance(effect, CallZzy):
                self._call = effect
            elif isinstance(effect, Notify):
                self.told.append(effect.news)
        return self

    def answer(self, event: Event, *, after: float = 0) -> Self:
        """Let ``event`` be the answer of the call that was made last."""
        return self.on(event, after=after, answers=self._call)

    @property
    def last_call(self) -> CallZzy:
        assert self._call is not None
        return self._call

    def wake(self) -> Self:
        """Let time pass until the order's timer fires."""
        assert self.order.wake_at is not None, "nothing wakes it"
        return self.on(TimerFired(), after=(self.order.wake_at - self.now).total_seconds())

    def expect(
        self, phase: Phase, *effects: str, human: str = "", wake: float | None = None
    ) -> Self:
        """Compare phase and effects, the human's reason, and the seconds to the timer."""
        assert (self.order.phase, self._effects()) == (phase, list(effects))
        assert self.order.human.startswith(human)
        assert bool(self.order.human) == bool(human), self.order.human
        if wake is not None:
            assert self.order.wake_at == self.now + timedelta(seconds=wake)
        self._last = None
        return self

    def expect_nothing(self) -> Self:
        """The event is illegal or stale."""
        assert self._last is not None
        assert (self._last.row, self._effects()) == (None, [])
        self._last = None
        return self

    def expect_hold(self) -> Self:
        """The event must come again later."""
        assert self._last is not None
        assert self._last.hold
        self._last = None
        return self

    def fork(self) -> "Playbook":
        """Begin another story where this one stands."""
        other = Playbook(self.policy)
        other.now, other._order, other._call = self.now, self._order, self._call
        other.told = list(self.told)
        return other

    def _effects(self) -> list[str]:
        return [words(effect) for effect in self._last.effects] if self._last else []

    def set(self, **fields: object) -> Self:
        """Change the order by hand (for what would take long to tell)."""
        self._order = replace(self.order, **fields)  # type: ignore[arg-type]
        return self


def words(effect: Effect) -> str:  # noqa: PLR0911  (one for each kind)
    """Return an effect in two or three words."""
    match effect:
        case CallZzy():
            return f"call {effect.kind}"
        case Reply():
            so_far = "" if effect.final else " so far"
            return f"answer {effect.to.correlation_id} {effect.code}{so_far}"
        case Alarm():
            return f"alarm {effect.kind}"
        case SetApart():
            return "set apart"
        case HoldNotice():
            return "hold"
        case TextVouchers():
            return " ".join(("text", *(voucher.code for voucher in effect.vouchers)))
        case Notify():
            return f"tell {_news(effect.news)}"


def _news(news: News) -> str:
    match news:
        case VouchersTold():
            return " ".join(("vouchers", *(voucher.code for voucher in news.vouchers)))
        case FailureTold():
            return f"failure {news.code}"
        case CheckTold():
            return f"check {news.checked} of {news.total}"
        case RefundTold():
            return f"refund {news.status} {news.count}"

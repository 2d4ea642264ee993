"""A call that waits for ZZY: no try is spent, no law is broken, and the timer makes it."""

import random
from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.doubles import NOON
from tests.saga import laws
from tests.saga.facts import POLICY, ZZY, cancelled, ordered
from tests.saga.walks import Walk
from worker.saga.decide import Decision, decide
from worker.saga.effects import Alarm, CallZzy, Notify
from worker.saga.events import CreateSucceeded, Event, TimerFired
from worker.saga.putting_off import call_of, put_off
from worker.saga.states import FINAL, CallKind, Order, Phase

LATER = timedelta(seconds=9)


@dataclass
class StarvedWalk(Walk):
    """A life in which about half of the calls must wait."""

    waited: int = 0

    def take(self, event: Event, answers: CallZzy | None = None) -> Decision:
        before = self.order
        decided = decide(before, event, self.now, self.policy, answers=answers)
        call = call_of(decided)
        if call is None or self.dice.random() < 0.5:
            return super().take(event, answers)
        self.waited += 1
        decision = put_off(decided, self.now + LATER)
        laws.check(before, decision, self.now)
        assert decision.order is not None
        assert decided.order is not None
        assert call_of(decision) is None
        spent = getattr(decided.order.attempts, call.kind)
        assert getattr(decision.order.attempts, call.kind) == spent - 1
        self._is_made_later(decision.order, call.kind)
        self.order = decision.order
        return decision

    def _is_made_later(self, order: Order, kind: CallKind) -> None:
        assert order.wake_at is not None
        assert self.now < order.wake_at <= self.now + LATER
        later = decide(order, TimerFired(), order.wake_at, self.policy)
        made, ended = call_of(later), later.order
        assert ended is not None
        if made is None:  # of an order that nobody asked ZZY for: its deadline came first
            assert order.phase is Phase.CREATING
            assert ended.phase in FINAL
        elif kind is not CallKind.PAY:  # before a pay the codes are asked for
            assert made.kind is kind

    def repeat(self, event: Event, answers: CallZzy | None) -> None:
        if self.order is not None and self.order.call is not None:
            super().repeat(event, answers)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(min_value=0), st.integers(min_value=1, max_value=60))
def test_no_walk_whose_calls_wait_breaks_a_law(seed: int, length: int) -> None:
    walk = StarvedWalk(random.Random(seed))
    for _ in range(length):
        walk.step()


def test_the_walks_do_see_calls_wait_in_every_kind() -> None:
    waited = 0
    for seed in range(40):
        walk = StarvedWalk(random.Random(seed))
        for _ in range(40):
            walk.step()
        waited += walk.waited
    assert waited > 40


def waiting() -> Order:
    """Return an order whose Create waits."""
    decision = put_off(decide(None, ordered(), NOON, POLICY), NOON + LATER)
    assert decision.order is not None
    return decision.order


def test_an_order_that_never_reached_zzy_ends_at_its_deadline_and_leaves_its_number_free() -> None:
    order = waiting()
    late = order.pay_deadline
    assert put_off(decide(order, TimerFired(), NOON + LATER, POLICY), late + LATER).order == (
        replace(order, wake_at=late)
    )
    ended = decide(replace(order, wake_at=late), TimerFired(), late, POLICY)
    assert ended.order is not None
    assert ended.order.phase is Phase.REFUSED
    assert [type(e) for e in ended.effects if isinstance(e, Notify | Alarm)] == [Notify]
    again = decide(ended.order, ordered(received=601), late + LATER, POLICY)
    assert call_of(again) is not None


def test_a_cancel_of_an_order_that_never_reached_zzy_ends_it_at_once() -> None:
    ended = decide(waiting(), cancelled(), NOON, POLICY)
    assert ended.order is not None
    assert ended.order.phase is Phase.CANCELLED
    assert not any(isinstance(effect, Alarm | CallZzy) for effect in ended.effects)


def test_a_cancel_that_waits_keeps_the_order_from_being_paid() -> None:
    created = decide(
        decide(None, ordered(), NOON, POLICY).order, CreateSucceeded(ZZY), NOON, POLICY
    )
    unpaid = put_off(created, NOON + LATER).order
    closing = put_off(decide(unpaid, cancelled(), NOON, POLICY), NOON + LATER).order
    assert closing is not None
    assert (closing.phase, closing.attempts.pay) == (Phase.CLOSING, 0)
    made = call_of(decide(closing, TimerFired(), NOON + LATER, POLICY))
    assert made is not None
    assert made.kind is CallKind.CANCEL

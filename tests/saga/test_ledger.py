"""The quantities of an order: whatever comes, however often and in whatever order."""

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.saga.beginnings import awaiting, has_tickets, part_audited
from tests.saga.facts import (
    NUM,
    POLICY,
    V1,
    V2,
    cancelled,
    checked,
    issued,
    refund_noticed,
    refunded_by_channel,
)
from tests.saga.laws_of_refunds import check_ledger
from tests.saga.playbook import Playbook
from tests.saga.walks import Walk
from worker.saga import refund_guards as q
from worker.saga.decide import Decision, decide
from worker.saga.effects import CheckTold, Notify, RefundTold
from worker.saga.events import Event, RefundAccepted
from worker.saga.states import Order
from worker.saga.steps import refunds as r
from worker.saga.transitions import TABLE, Row


def large(story: Playbook, count: int = 5) -> Playbook:
    return story.set(demand=replace(story.order.demand, count=count))


# --- random lives -----------------------------------------------------------------------


@settings(max_examples=120, deadline=None)
@given(st.integers(min_value=0), st.integers(2, 6))
def test_no_walk_of_a_paid_order_breaks_the_ledger(seed: int, count: int) -> None:
    """Laws.check looks at every step; here the notifications add up besides."""
    dice = random.Random(seed)
    story = large(dice.choice((awaiting(), has_tickets())), count)
    walk = walked(story, dice, 40)
    order = walk.order
    assert order is not None
    back = [news.count for news in walk.told if isinstance(news, RefundTold) and gives(news)]
    unseen = order.refunded - sum(back)
    assert unseen == 0, "the channel was told of another sum"
    totals = [news.checked for news in walk.told if isinstance(news, CheckTold)]
    assert totals == sorted(set(totals))
    assert order.checked == max(totals, default=0)


def gives(news: RefundTold) -> bool:
    return news.status != "rejected"


def walked(story: Playbook, dice: random.Random, steps: int) -> "Told":
    """Go on at random from where a story stands."""
    call, order = story.last_call, story.order
    intents = {call.key: order.refund.refund_id} if order.refund else {}
    walk = Told(dice, order=order, now=story.now, calls=[call], intents=intents)
    for _ in range(steps):
        walk.step()
    return walk


class Told(Walk):
    """A walk that keeps what the channel was told."""

    def __init__(self, dice: random.Random, **fields: object) -> None:
        super().__init__(dice, **fields)  # type: ignore[arg-type]
        self.told: list[object] = []

    def take(self, event: Event, answers: object = None) -> Decision:
        decision = super().take(event, answers)  # type: ignore[arg-type]
        self.told += [e.news for e in decision.effects if isinstance(e, Notify)]
        return decision


# --- repeats and reorderings ------------------------------------------------------------

FACTS: tuple[Event, ...] = (
    checked(1, "c-3"),
    checked(2, "c-4"),
    refund_noticed("A1", "c-1"),
    refund_noticed("", "c-2"),
    issued(V1, V2),
)


def counted(order: Order) -> tuple[object, ...]:
    codes = frozenset(order.checked_codes), frozenset(order.refunded_codes)
    return order.phase, order.checked, order.refunded, order.pending, order.refund, *codes


def test_any_order_of_the_same_notices_comes_to_the_same() -> None:
    ends = set()
    for facts in itertools.permutations(FACTS):
        order = large(part_audited()).order
        for event in (*facts, *facts):
            decision = decide(order, event, part_audited().now, POLICY)
            assert decision.order is not None
            check_ledger(order, decision.order)
            order = decision.order
        ends.add(counted(order))
    [(_, used, refunded, *_)] = ends
    assert (used, refunded) == (2, 2)


def test_repeats_count_and_tell_nothing() -> None:
    for event in FACTS:
        story = large(part_audited())
        once = decide(story.order, event, story.now, POLICY).order
        assert once is not None
        again = decide(once, event, story.now, POLICY)
        assert again.order == once
        assert again.effects == []


@pytest.mark.parametrize("event", [refunded_by_channel("r-1", 1), cancelled()])
def test_however_often_it_is_asked_it_is_one_refund(event: Event) -> None:
    story = large(has_tickets()).on(event)
    story.expect(story.order.phase, "call refund")
    for _ in range(40):
        decision = decide(story.order, event, story.now, POLICY)
        assert decision.order is not None
        assert decision.order.refunds_made == 1
        assert len(decision.order.waiters) <= 16
        story.set(waiters=decision.order.waiters)
    assert story.order.refund is not None
    assert story.order.refund.refund_id == f"{NUM}R1"


# --- the laws themselves, each seen red ------------------------------------------------


def lives(seeds: int = 400) -> None:
    for seed in range(seeds):
        dice = random.Random(seed)
        story = large(dice.choice((awaiting(), has_tickets(), part_audited())), dice.choice((2, 5)))
        walked(story, dice, 30)


def test_the_lives_are_lawful() -> None:
    lives()


def _without(name: str) -> dict[object, tuple[Row, ...]]:
    """Return the table without the rows whose guard has this name."""
    return {
        key: tuple(row for row in rows if row.when.__name__ != name)
        for key, rows in TABLE.items()
        if any(row.when.__name__ == name for row in rows)
    }


@pytest.mark.parametrize("name", ["refund_is_over", "asks_for_too_many"])
def test_a_missing_row_is_seen(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for key, rows in _without(name).items():
        monkeypatch.setitem(TABLE, key, rows)  # type: ignore[misc]
    with pytest.raises((AssertionError, StopIteration)):
        lives()


def test_a_refund_id_that_is_used_again_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(r, "_next_id", lambda o: f"{o.order_num}R1")
    with pytest.raises(AssertionError):
        lives()


def test_a_late_answer_that_is_believed_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.saga.decide._of_another_refund", lambda *_: False)
    with pytest.raises(AssertionError, match="repeat"):
        lives(4_000)  # one in five hundred


def test_a_forced_refund_counted_in_full_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def all_named(_o: Order, e: object) -> int:
        return len(e.codes) or 5  # type: ignore[attr-defined]

    monkeypatch.setattr(r, "forced_count", all_named)
    with pytest.raises(AssertionError):
        lives()


def test_an_approval_counted_in_full_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def whole(o: Order) -> int:
        return o.refund.count if o.refund else 0

    monkeypatch.setattr(Order, "pending", property(whole))
    with pytest.raises(AssertionError):
        lives()


def test_an_approval_is_a_fact_only_of_an_open_intent() -> None:
    order = has_tickets().order
    assert not q.is_approved(order, RefundAccepted("A1", approved=True), None)  # type: ignore[arg-type]

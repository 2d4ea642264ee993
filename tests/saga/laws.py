"""What must hold of every single decision, whatever led to it.

The stories, the random walks and the simulation all call :func:`check`.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.saga.laws_of_refunds import check_ledger
from worker.saga.decide import Decision
from worker.saga.effects import CallZzy, FailureTold, HoldNotice, Notify, TextVouchers
from worker.saga.events import CancelAccepted, OrderCommanded
from worker.saga.resolutions import OperatorSettled
from worker.saga.states import FINAL, RANK, CallKind, Order, Phase

UNPAID_ENDS = {Phase.REFUSED, Phase.CANCELLED}


def check(before: Order | None, decision: Decision, now: datetime) -> None:
    """Raise AssertionError naming the law that the decision breaks."""
    after = decision.order
    if after is None:
        return
    new_life = before is None or (
        isinstance(decision.event, OrderCommanded)
        and before.phase is Phase.REFUSED
        and before.attempts.create == 0
    )
    _numbers_rise(before, decision, after)
    _waits_are_bounded(after)
    _calls_are_recorded(after, decision)
    _pay_is_allowed(None if new_life else before, after, decision, now)
    if not new_life and before is not None:
        assert RANK[after.phase] >= RANK[before.phase], "the order fell back"
        assert after.zzy_order_id == before.zzy_order_id or not before.zzy_order_id, "two at ZZY"
    check_ledger(None if new_life else before, after)
    _failure_is_true(None if new_life else before, after, decision)
    if decision.hold:
        assert [type(e) for e in decision.effects] == [HoldNotice], "held, and yet done"
        assert after == before, "held, and yet changed"
    if decision.set_apart and before is not None:
        called: dict[str, Any] = {"human": before.human, "human_since": before.human_since}
        assert replace(after, **called) == before, "set apart, and yet taken"
        assert after.human, "set apart, and nobody was called"


def waits(order: Order) -> bool:
    """Tell whether something is still to come of the order by itself."""
    if order.phase is Phase.ISSUED:
        return bool(order.refund or order.vouchers_told is None or order.call)
    return order.phase not in FINAL


def _numbers_rise(before: Order | None, decision: Decision, after: Order) -> None:
    last = before.notified if before else 0
    told = [e.seq for e in decision.effects if isinstance(e, Notify | TextVouchers)]
    assert told == list(range(last + 1, last + 1 + len(told))), "sequence numbers do not rise"
    assert after.notified == last + len(told)


def _waits_are_bounded(after: Order) -> None:
    if waits(after):
        assert after.wake_at or after.human, "it waits, with no deadline and no human"
    assert bool(after.human) or after.human_since is None, "nobody is called since then"
    if after.phase in FINAL:
        assert after.wake_at is after.call is after.refund is None, "it is over, and yet waits"


def _calls_are_recorded(after: Order, decision: Decision) -> None:
    calls = [effect for effect in decision.effects if isinstance(effect, CallZzy)]
    assert len(calls) <= 1, "two calls at once"
    for call in calls:
        assert (after.call, after.call_key) == (call.kind, call.key), "the call is not recorded"
        assert after.wake_at is not None, "the call has no lease"


def _pay_is_allowed(before: Order | None, after: Order, decision: Decision, now: datetime) -> None:
    pays = [e for e in decision.effects if isinstance(e, CallZzy) and e.kind is CallKind.PAY]
    if pays:
        assert after.phase is Phase.PAYING, "paid outside PAYING"
        assert after.zzy_order_id, "paid for no order"
        assert not after.cancel_waits, "paid while a cancel waits"
        assert now < after.pay_deadline, "paid past the deadline"
        assert before is None or before.call is not CallKind.PAY, "paid while a pay is out"


def _failure_is_true(before: Order | None, after: Order, decision: Decision) -> None:
    told = [
        e for e in decision.effects if isinstance(e, Notify) and isinstance(e.news, FailureTold)
    ]
    assert len(told) <= 1
    if not told:
        return
    assert before is None or not before.failure_told, "the failure is told twice"
    assert after.failure_told
    all_of_it = after.refund is not None and after.refund.count >= after.refundable
    claimed = after.refund is not None and after.refund.under_audit and all_of_it
    if after.phase in UNPAID_ENDS:
        doubtful = before is not None and before.pay_doubtful
        known = isinstance(decision.event, CancelAccepted | OperatorSettled)
        assert not doubtful or known, "doubtful, yet failed"
    else:
        assert after.phase is Phase.REFUNDED or claimed, "told, and the money is unclaimed"

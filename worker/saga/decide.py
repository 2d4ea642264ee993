"""``decide``: the one door into the saga.

Why it exists: the shell asks one question, "what follows from this event?", and gets the
new order and the effects. The answer is looked up in transitions.TABLE; only what holds for
every row is done here. It must not know a phase's meaning.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from worker.saga.effects import CallZzy, Effect, HoldNotice, SetApart
from worker.saga.erasure import marked
from worker.saga.events import (
    CancelAccepted,
    CancelCommanded,
    CancelRefused,
    CancelUnknown,
    CodesMissing,
    CreateRefused,
    CreateSucceeded,
    CreateUnknown,
    Event,
    OrderCommanded,
    PayRefused,
    PaySucceeded,
    PayUnknown,
    RefundAccepted,
    RefundCommanded,
    RefundRefused,
    RefundUnknown,
    ResendCommanded,
    TimerFired,
)
from worker.saga.policy import Policy
from worker.saga.replacing import replace
from worker.saga.states import FINAL, CallKind, Order, Phase
from worker.saga.steps import Moment
from worker.saga.steps.humans import release
from worker.saga.steps.outcomes import unknown_order
from worker.saga.transitions import TABLE, Row

_LOST: Final = "no answer was recorded: the worker stopped during the call"

LOST_CALL: Final[dict[CallKind, Event]] = {
    CallKind.CREATE: CreateUnknown(_LOST),
    CallKind.PAY: PayUnknown(_LOST),
    CallKind.CANCEL: CancelUnknown(_LOST),
    CallKind.PROBE: CodesMissing(_LOST),
    CallKind.REFUND: RefundUnknown(_LOST),
}
"""What a call means whose lease ran out."""

ANSWERS: Final[dict[type, CallKind]] = {
    **dict.fromkeys((CreateSucceeded, CreateRefused, CreateUnknown), CallKind.CREATE),
    **dict.fromkeys((PaySucceeded, PayRefused, PayUnknown), CallKind.PAY),
    **dict.fromkeys((CancelAccepted, CancelRefused, CancelUnknown), CallKind.CANCEL),
    **dict.fromkeys((CodesMissing,), CallKind.PROBE),
    **dict.fromkeys((RefundAccepted, RefundRefused, RefundUnknown), CallKind.REFUND),
}
"""Which call an event answers; a TicketIssued or TicketFailed may answer Pay or a probe."""

SUCCESSES: Final = frozenset({CreateSucceeded, PaySucceeded, CancelAccepted, RefundAccepted})
"""Answers that are facts, however late they come; any other speaks of its own call alone."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from an event. ``order`` is None while there is none."""

    order: Order | None
    effects: Sequence[Effect]
    event: Event
    """The event that was decided: a timer may have become the outcome of a lost call."""
    row: Row | None
    """The row that applied; None where the event has no effect in this phase."""

    @property
    def hold(self) -> bool:
        """Tell whether the event must come again later, and nothing is to be stored."""
        return any(isinstance(effect, HoldNotice) for effect in self.effects)

    @property
    def set_apart(self) -> str:
        """Return why the event had no effect and must be kept for a person; else nothing."""
        reasons = (effect.reason for effect in self.effects if isinstance(effect, SetApart))
        return next(reasons, "")


def decide(
    order: Order | None,
    event: Event,
    now: datetime,
    policy: Policy,
    *,
    answers: CallZzy | None = None,
) -> Decision:
    """Return the order after ``event`` and what must be done.

    ``answers`` is the call whose answer the event is; without it an answer is taken for
    that of the call that is out. Raises nothing: an event that is illegal or stale
    changes nothing.
    """
    if isinstance(event, TimerFired):
        return _timer(order, now, policy)
    if isinstance(event, OrderCommanded) and _number_is_free(order):
        order = _begin(order, event, now, policy)
    if order is None:
        return Decision(None, _tell_stranger(event), event, None)
    if order.erased_at is not None:
        event = marked(order, event)
    if _of_another_zzy_order(order, event) or _of_another_refund(order, event):
        return Decision(order, (), event, None)
    if _answers_call_out(order, event, answers):
        answered = replace(order, call=None, wake_at=None)
        return _apply(order, answered, event, Moment(now, policy))
    if type(event) in ANSWERS.keys() - SUCCESSES:
        return Decision(order, (), event, None)
    return _apply(order, order, event, Moment(now, policy))


def _timer(order: Order | None, now: datetime, policy: Policy) -> Decision:
    due = order is not None and order.wake_at is not None and order.wake_at <= now
    if order is None or not due:
        return Decision(order, (), TimerFired(), None)
    if order.call is not None:
        return decide(order, LOST_CALL[order.call], now, policy)
    return _apply(order, replace(order, wake_at=None), TimerFired(), Moment(now, policy))


def _number_is_free(order: Order | None) -> bool:
    """Tell whether the number is new, or was left free by a refusal before Create."""
    return order is None or (order.phase is Phase.REFUSED and order.attempts.create == 0)


def _begin(order: Order | None, event: OrderCommanded, now: datetime, policy: Policy) -> Order:
    return Order(
        order_num=event.order_num,
        app_key=event.app_key,
        channel_order_num=event.channel_order_num,
        demand=event.demand,
        zzy_product_id=event.zzy_product_id,
        terms=event.terms,
        accepted_at=now,
        pay_deadline=min(event.received_at, now) + timedelta(seconds=policy.pay_deadline),
        notified=order.notified if order else 0,
        waiters=(event.waiter,) if event.waiter else (),
    )


def _tell_stranger(event: Event) -> tuple[Effect, ...]:
    if isinstance(event, CancelCommanded | RefundCommanded | ResendCommanded):
        return unknown_order(event)
    return ()


def _of_another_zzy_order(order: Order, event: Event) -> bool:
    """Tell whether a notice names another ZZY order than the one we made."""
    named = getattr(event, "zzy_order_id", "")
    return bool(named and order.zzy_order_id and named != order.zzy_order_id)


def _of_another_refund(order: Order, event: Event) -> bool:
    """Tell whether it is the late answer of a refund that is not the open one."""
    named = event.refund_id if isinstance(event, RefundAccepted) else ""
    return bool(named and (order.refund is None or order.refund.refund_id != named))


def _answers_call_out(order: Order, event: Event, answers: CallZzy | None) -> bool:
    if answers is None:
        return order.call is not None and ANSWERS.get(type(event)) is order.call
    return order.call is answers.kind and order.call_key == answers.key


def _pick(rows: Sequence[Row], order: Order, event: Event, moment: Moment) -> Row | None:
    return next((row for row in rows if row.when(order, event, moment)), None)


def _apply(before: Order, order: Order, event: Event, moment: Moment) -> Decision:
    row = _pick(TABLE.get((order.phase, type(event)), ()), order, event, moment)
    effects: list[Effect] = []
    after = _leave(order, row.then if row else None)
    for step in row.do if row else ():
        after, made = step(after, event, moment)
        effects.extend(made)
    return Decision(_settle(before, after, moment.now), effects, event, row)


def _leave(order: Order, then: Phase | None) -> Order:
    """Go to the next phase: what the last one waited for is over, but a refund goes on."""
    if then is None or then is order.phase:
        return order
    if order.refund is not None:
        return replace(order, phase=then)
    return replace(order, phase=then, call=None, wake_at=None)


def _settle(before: Order, after: Order, now: datetime) -> Order:
    """Wait for nothing at the end, and let a person go whose question was answered."""
    if after.phase in FINAL:
        after = replace(after, wake_at=None, call=None, refund=None)
    after = release(before, after)
    if bool(after.human) == bool(before.human):
        return after
    return replace(after, human_since=now if after.human else None)

"""A decision whose call must wait: ZZY is not to be called at present.

Why it exists: while ZZY does not answer nothing is gained by calling, and every order has
only so many tries. The call is taken back as though it had been decided to make it later:
the order's timer makes it, and no try is spent. It must not know why it waits.
Source: PROTOCOL.md, "How long may it take?", "Pay unknown".
"""

from datetime import datetime

from worker.saga.decide import Decision
from worker.saga.effects import CallZzy
from worker.saga.replacing import replace
from worker.saga.states import Order, Phase


def call_of(decision: Decision) -> CallZzy | None:
    """Return the call that a decision makes, if it makes one."""
    return next((e for e in decision.effects if isinstance(e, CallZzy)), None)


def put_off(decision: Decision, until: datetime) -> Decision:
    """Return the decision without its call, with the timer at ``until`` instead.

    An order of which nothing is known at ZZY wakes at its pay deadline at the latest, to
    be ended in time; one that is known there can only be ended by asking ZZY.
    """
    order, call = decision.order, call_of(decision)
    if order is None or call is None:
        return decision
    effects = [effect for effect in decision.effects if effect is not call]
    return replace(decision, order=_uncalled(order, call, until), effects=effects)


def _uncalled(order: Order, call: CallZzy, until: datetime) -> Order:
    tries = getattr(order.attempts, call.kind) - 1
    return replace(
        order,
        call=None,
        calls=order.calls - 1,
        attempts=replace(order.attempts, **{call.kind.value: tries}),
        wake_at=min(until, order.pay_deadline) if order.phase is Phase.CREATING else until,
    )

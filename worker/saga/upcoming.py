"""What comes next of an order by itself, and when.

Why it exists: an order waits for one moment, and what happens then follows from the table: so the
table is asked, as though the moment had come. It must not have rules of its own.
"""

from dataclasses import dataclass
from datetime import datetime

from worker.saga.decide import decide
from worker.saga.effects import Alarm, CallZzy, Effect, FailureTold, Notify, RefundTold
from worker.saga.events import TimerFired
from worker.saga.policy import Policy
from worker.saga.states import CallKind, Order, Phase

CALLS = {
    CallKind.CREATE: "Create",
    CallKind.PAY: "Pay",
    CallKind.CANCEL: "CancelOrder",
    CallKind.PROBE: "PersonQrCodes",
    CallKind.REFUND: "Refund",
}
"""The calls, as ZZY's document names them."""


@dataclass(frozen=True, slots=True)
class Upcoming:
    """What comes next if nothing else does before."""

    at: datetime
    waits_for: str
    """The name of the call whose answer is awaited, or ``""``."""
    does: tuple[str, ...]
    """What is done then: calls, ``notify failure``, ``call a human``; nothing: it only ends."""
    phase: Phase
    """Where the order stands then."""


def upcoming(order: Order, policy: Policy) -> Upcoming | None:
    """Return what the order's timer will do; None where it waits for nothing."""
    if order.wake_at is None:
        return None
    decision = decide(order, TimerFired(), order.wake_at, policy)
    after = decision.order or order
    does = tuple(filter(None, map(_word, decision.effects)))
    if after.wake_at is not None and not does:
        does = ("wait on",)
    waits_for = CALLS[order.call] if order.call else ""
    return Upcoming(order.wake_at, waits_for, does, after.phase)


def _word(effect: Effect) -> str:
    match effect:
        case CallZzy():
            return f"call {CALLS[effect.kind]}"
        case Alarm(kind="order_needs_human"):
            return "call a human"
        case Notify(news=FailureTold()):
            return "tell the channel that it failed"
        case Notify(news=RefundTold()):
            return "tell the channel of the refund"
        case Notify():
            return "tell the channel of vouchers"
        case _:
            return ""

"""What is safe to do about an order in front of a human, and how much money is at stake.

Why it exists: the table, the command line and the page ask the same pure function, so that
nobody is offered what the table refuses. Safe means: no promise of PROTOCOL.md can break, whatever
ZZY answers. It must not change anything.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

from worker.saga.resolutions import (
    OperatorProbed,
    OperatorRefunded,
    OperatorRetried,
    OperatorSettled,
    Resolution,
    Settled,
)
from worker.saga.states import FINAL, Order, Phase
from worker.saga.steps.humans import DOUBTED_REFUND, EXCESS, STRAY_REFUND

FEN: Final = Decimal("0.01")


class Action(StrEnum):
    """What an operator may do."""

    PROBE = "probe"
    RETRY = "retry"
    REFUND = "refund"
    SETTLE = "settle"


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that is safe to do; for ``settle`` one of what may be said."""

    action: Action
    does: str
    settled: Settled | None = None


NOT_HERE: Final = "the order is not in front of a human"
CALL_OUT: Final = "a call to ZZY is out: its answer comes first"

_PROBE: Final = Choice(Action.PROBE, "ask PersonQrCodes: codes prove that the ticket was issued")
_CANCEL: Final = Choice(
    Action.RETRY,
    "send CancelOrder again: accepted, nothing was paid; refused, it was paid and goes on so",
)
_REFUND_AGAIN: Final = Choice(
    Action.RETRY, "send the open refund again, under the same RefundId: it can be given once only"
)
_PROBES_AGAIN: Final = Choice(Action.RETRY, "ask PersonQrCodes again and again, as at the start")
_REFUND: Final = Choice(Action.REFUND, "ask ZZY to give back all that is left")


def _settles(settled: Settled, does: str) -> Choice:
    return Choice(Action.SETTLE, does, settled)


_UNPAID: Final = _settles(
    Settled.UNPAID, "ZZY says that nothing was paid: the order ends, and the channel is told"
)
_PAID: Final = _settles(Settled.PAID, "ZZY says that it was paid: the order goes on as paid")
_ISSUED: Final = _settles(
    Settled.ISSUED, "the guest has the tickets: the order is issued, without codes"
)
_MONEY_BACK: Final = _settles(
    Settled.REFUNDED, "the money is back: the refund counts as given, and the channel is told"
)
_KEPT: Final = _settles(
    Settled.KEPT, "ZZY did not give it back: the refund counts as refused, and the channel is told"
)
_DONE: Final = _settles(Settled.DONE, "it was settled with ZZY: the order stays as it is")


def is_stuck(o: Order) -> bool:
    """Tell whether nothing more will happen to a waiting order by itself."""
    waits = o.phase not in {Phase.ISSUED, *FINAL} or o.refund is not None
    return waits and o.wake_at is None and o.call is None


def choices(o: Order) -> tuple[Choice, ...]:
    """Return what is safe to do; nothing where no human is called or a call is out."""
    unbought = {Phase.NEW, Phase.CREATING, Phase.PAYING}
    if not o.human or o.call is not None or o.phase in unbought:
        return ()
    if o.refund is not None:
        return (_REFUND_AGAIN, _MONEY_BACK, _KEPT) if is_stuck(o) else (_DONE,)
    if is_stuck(o):
        return _of_a_stuck(o)
    if o.phase in {Phase.AWAITING_TICKET, Phase.ISSUED}:
        return (_PROBE, *((_REFUND,) if _may_be_asked_back(o) else ()), _DONE)
    return (_DONE,)


def _of_a_stuck(o: Order) -> tuple[Choice, ...]:
    """Return what takes an order on that nothing else does: each of it ends its waiting."""
    refund = (_REFUND,) if o.refundable else ()
    found: dict[Phase, tuple[Choice, ...]] = {
        Phase.CLOSING: (_CANCEL, _PROBE, _UNPAID, _PAID),
        Phase.AWAITING_TICKET: (_PROBE, _PROBES_AGAIN, *refund, _ISSUED),
        Phase.TICKET_FAILED: (*refund, _MONEY_BACK),
    }
    back = (_MONEY_BACK,) if o.phase is Phase.AWAITING_TICKET and not o.checked else ()
    return (*found.get(o.phase, ()), *back)


def _may_be_asked_back(o: Order) -> bool:
    """Tell whether something is left, and it is no refund that is in doubt."""
    return o.refundable > 0 and o.human not in {STRAY_REFUND, EXCESS, DOUBTED_REFUND}


ACTIONS: Final[dict[type[Resolution], Action]] = {
    OperatorProbed: Action.PROBE,
    OperatorRetried: Action.RETRY,
    OperatorRefunded: Action.REFUND,
    OperatorSettled: Action.SETTLE,
}


def objection(o: Order, e: Resolution) -> str:
    """Return why a resolution is not safe for the order; empty where it is."""
    if not o.human:
        return NOT_HERE
    if o.call is not None:
        return CALL_OUT
    wanted = ACTIONS[type(e)], e.settled if isinstance(e, OperatorSettled) else None
    offered = [(choice.action, choice.settled) for choice in choices(o)]
    if wanted in offered:
        return ""
    names = ", ".join(" ".join(filter(None, pair)) for pair in offered)
    return f"not safe while the order is {o.phase}: what is safe is {names}"


def at_stake(o: Order) -> Decimal:
    """Return how much money, in yuan, is not accounted for while a human is needed.

    What ZZY took, or else what the channel pays, for all tickets that did not come back.
    """
    if not o.human:
        return Decimal(0)
    whole = o.demand.amount if o.pay_money is None else o.pay_money
    left = o.demand.count - (0 if o.phase in FINAL else o.refunded)
    return (whole * left / o.demand.count).quantize(FEN, ROUND_HALF_UP)

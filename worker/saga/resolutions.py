"""What an operator does about an order in front of a human: facts, in the past tense.

Why it exists: an operator helps an order on by commands that the table judges like any other,
never by writing its state. It must not say when that is safe: desk.py does.
Source: docs/decisions/0025-the-desk.md.
"""

from dataclasses import dataclass
from enum import StrEnum

from worker.saga.states import Waiter


class Settled(StrEnum):
    """What an operator knows from ZZY, on another way (its console, the telephone)."""

    UNPAID = "unpaid"
    """未支付: nothing was paid; the order ends."""
    PAID = "paid"
    """已支付: it was paid; the order goes on."""
    ISSUED = "issued"
    """已出票: the guest has the tickets, or gets them on another way."""
    REFUNDED = "refunded"
    """已退款: the money is back."""
    KEPT = "kept"
    """未退款: ZZY did not give it back; the refund is over."""
    DONE = "done"
    """已处理: what was strange is settled; the order stays as it is."""


@dataclass(frozen=True, slots=True)
class OperatorProbed:
    """An operator wants PersonQrCodes asked. ``why`` and ``by`` are for the history."""

    why: str
    by: str
    waiter: Waiter | None = None


@dataclass(frozen=True, slots=True)
class OperatorRetried:
    """An operator wants the last thing tried again: CancelOrder, the open refund, the probes."""

    why: str
    by: str
    waiter: Waiter | None = None


@dataclass(frozen=True, slots=True)
class OperatorRefunded:
    """An operator wants all that is left asked back."""

    why: str
    by: str
    waiter: Waiter | None = None


@dataclass(frozen=True, slots=True)
class OperatorSettled:
    """An operator says how it stands, as ZZY told on another way."""

    why: str
    by: str
    settled: Settled = Settled.DONE
    waiter: Waiter | None = None

    @property
    def reason(self) -> str:
        """What a channel is told of it: nothing, for ``why`` is for the operator's house."""
        return ""


Resolution = OperatorProbed | OperatorRetried | OperatorRefunded | OperatorSettled
RESOLUTIONS = (OperatorProbed, OperatorRetried, OperatorRefunded, OperatorSettled)

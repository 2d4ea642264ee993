"""What one comparison says: a kind, the money at stake, a sentence of numbers."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from worker.reconciliation.kinds import Kind
from worker.saga.states import Order

CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that differs about an order."""

    kind: Kind
    money: Decimal
    detail: str
    letter_id: str = ""


def whole(order: Order) -> Decimal:
    """Return what the order costs: what ZZY took, else what the channel's customer paid."""
    return order.demand.amount if order.pay_money is None else order.pay_money


def share(order: Order, tickets: int) -> Decimal:
    """Return what so many of its tickets cost."""
    count = max(order.demand.count, 1)
    part = whole(order) * min(tickets, count) / count
    return part.quantize(CENT, ROUND_HALF_UP)


def left(order: Order) -> Decimal:
    """Return what the tickets cost that were not given back."""
    return share(order, max(order.demand.count - order.refunded, 0))


def counted(number: int, noun: str) -> str:
    """Return "1 code", "2 codes"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"

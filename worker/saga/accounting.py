"""What an order moves on its channel's prepaid account (预存账户).

Why it exists: the account follows from the order's state and from nothing else. An order
without a settlement price has no account. A movement is the difference between what the
order holds on the account before a step and after it, so that a replay moves nothing
twice. It must not know a balance: whether an account can bear a hold is the store's.
Source: docs/decisions/0008-accounts.md.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from worker.saga.states import Order, Phase

_NOTHING: Final = Decimal(0)


class MovementKind(StrEnum):
    """What a movement does to the balance and to what is held of it."""

    HOLD = "hold"
    """冻结: the order was taken; its price is set aside."""
    CHARGE = "charge"
    """扣款: the order is known to be paid at ZZY; what was held is taken."""
    RELEASE = "release"
    """解冻: the order ended unpaid; what was held is free again."""
    CREDIT = "credit"
    """退款: tickets were refunded; their price comes back."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One entry of the account, made by one order; the same key is the same entry."""

    key: str
    kind: MovementKind
    amount: Decimal

    @property
    def on_balance(self) -> Decimal:
        """What it adds to the balance (余额)."""
        signs = {MovementKind.CHARGE: -1, MovementKind.CREDIT: 1}
        return self.amount * signs.get(self.kind, 0)

    @property
    def on_held(self) -> Decimal:
        """What it adds to the part of the balance that is held (冻结金额)."""
        return self.amount if self.kind is MovementKind.HOLD else self._freed

    @property
    def _freed(self) -> Decimal:
        return _NOTHING if self.kind is MovementKind.CREDIT else -self.amount


@dataclass(frozen=True, slots=True)
class _Standing:
    """How far an order has come on the account."""

    taken: bool = False
    """Its price was held."""
    paid: bool = False
    """What was held was charged."""
    ended: bool = False
    """What was held was let go."""
    refunded: int = 0
    """How many of its tickets were given back."""


_UNPAID_END: Final = frozenset({Phase.REFUSED, Phase.CANCELLED})
_OPEN: Final = frozenset({Phase.CREATING, Phase.PAYING, Phase.CLOSING})


def _standing(order: Order | None) -> _Standing:
    if order is None or order.phase is Phase.NEW:
        return _Standing()
    if order.phase in _OPEN:
        return _Standing(taken=True)
    if order.phase not in _UNPAID_END:
        return _Standing(taken=True, paid=True, refunded=order.refunded)
    sent = order.attempts.create > 0
    return _Standing(taken=sent, ended=sent)


def movements(before: Order | None, after: Order) -> tuple[Movement, ...]:
    """Return what one step of an order moves, in order; nothing without a settlement price."""
    price = after.terms.settlement_price
    if not price:
        return ()
    whole = price * after.demand.count
    was, now = _standing(before), _standing(after)
    made: list[Movement] = []

    def move(kind: MovementKind, amount: Decimal, number: int = 1) -> None:
        made.append(Movement(f"{after.order_num}:{kind}:{number}", kind, amount))

    if now.taken and not was.taken:
        move(MovementKind.HOLD, whole)
    if now.paid and not was.paid:
        move(MovementKind.CHARGE, whole)
    if now.ended and not was.ended:
        move(MovementKind.RELEASE, whole)
    back = now.refunded - was.refunded
    if back > 0:
        move(MovementKind.CREDIT, price * back, now.refunded)
    return tuple(made)

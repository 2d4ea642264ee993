"""What the simulated supplier remembers of an order: plain records.

Why it exists: the ledger, the notices and the control endpoints speak of the same things.
It must not decide anything. Source: zzy.txt, 1.1.4 to 1.1.8.
"""

from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum
from typing import Any


class Status(IntEnum):
    """OrderStatus of the document (订单状态), 1.1.5."""

    UNPAID = 0
    PAID = 1
    PAY_FAILED = 2
    AWAITING_TICKET = 3
    ISSUED = 4
    TICKET_FAILED = 5


class Audit(IntEnum):
    """RefundStatus of the document (退款申请状态), 1.1.7."""

    WAITING = 0
    APPROVED = 1
    REJECTED = 2


class RefusalError(Exception):
    """The platform refuses, with the message that it gives."""


@dataclass(frozen=True, slots=True)
class Person:
    """A visitor (游客) or the contact (取票联系人)."""

    name: str
    mobile: str
    id_card: str


@dataclass(frozen=True, slots=True)
class Pay:
    """One call of Pay that reached the books."""

    at: datetime
    moved_money: bool
    amount: Decimal


@dataclass(slots=True)
class Ticket:
    """One code (入园凭证): of a person, or of the whole order (``id_card`` empty)."""

    code: str
    id_card: str
    name: str
    mobile: str
    product_name: str
    memo: str
    part: int
    checked: bool = False
    refunded: bool = False

    @property
    def free(self) -> bool:
        """Neither used nor given back."""
        return not (self.checked or self.refunded)


@dataclass(slots=True)
class Refund:
    """One application (退款申请); ``refund_id`` is empty where the supplier forced it."""

    refund_id: str
    apply_id: int
    count: int
    codes: list[str]
    asked_at: datetime
    status: Audit = Audit.WAITING
    reason: str = ""


@dataclass(slots=True)
class Order:
    """An order in the books."""

    origin_order_id: str
    product_id: int
    quantity: int
    visit_date: date
    session: str
    contact: Person
    visitors: list[Person]
    created_at: datetime
    order_id: int = 0
    status: Status = Status.UNPAID
    cancelled_at: datetime | None = None
    checked: int = 0
    pays: list[Pay] = field(default_factory=list)
    cancels: list[datetime] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    history: list[str] = field(default_factory=list)

    @property
    def times_paid(self) -> int:
        """How often money moved."""
        return sum(pay.moved_money for pay in self.pays)

    @property
    def refunded(self) -> int:
        """How many tickets were given back."""
        return sum(r.count for r in self.refunds if r.status is Audit.APPROVED)

    @property
    def refund_pending(self) -> int:
        """How many tickets an audit decides about."""
        return sum(r.count for r in self.refunds if r.status is Audit.WAITING)

    @property
    def usable(self) -> int:
        """OrderTotal of the verify notice (订单可用数量): what is left after refunds."""
        return self.quantity - self.refunded

    @property
    def refundable(self) -> int:
        """How many tickets can still be given back."""
        return self.usable - self.refund_pending - self.checked

    def snapshot(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        plain = _plain(asdict(self))
        assert isinstance(plain, dict)  # noqa: S101  (asdict gives nothing else)
        return plain | {"times_paid": self.times_paid, "refunded": self.refunded}


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, IntEnum):
        return int(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value

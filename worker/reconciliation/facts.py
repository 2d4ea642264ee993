"""What is compared, and what is found: plain values.

Why it exists: the comparison gets everything as arguments and returns everything as values.
It must not hold behaviour beyond questions about itself, nor a name, phone, id card or code
in what is found.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from worker.reconciliation.kinds import Kind
from worker.saga.states import Order


class Place(StrEnum):
    """Where a dead letter (死信) was on its way to."""

    CHANNEL = "channel"
    GUEST = "guest"
    """Vouchers by SMS (短信)."""
    NOTICES = "notices"
    COMMANDS = "commands"


@dataclass(frozen=True, slots=True)
class Letter:
    """An open dead letter about the order."""

    id: str
    place: Place
    told: str = ""
    """The type of the notification that it holds, if it is one."""
    checked: int = 0
    """What it says was used at the gate (CheckedNumber), if it is a notice that says so."""


@dataclass(frozen=True, slots=True)
class Told:
    """A notification of the order, and how far it has come."""

    type: str
    seq: int
    status: str
    """pending, sending, delivered, superseded or dead."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of one order, here and elsewhere."""

    order: Order
    changed_at: datetime
    """When the order last changed."""
    asked: bool = False
    """ZZY was asked for its codes: Create was sent once."""
    codes: frozenset[str] | None = None
    """What PersonQrCodes (获取游客入园二维码) shows; None: it did not answer."""
    told: tuple[Told, ...] = ()
    booked: Mapping[str, Decimal] = field(default_factory=dict)
    """What its entries on the prepaid account come to, by kind of movement."""
    letters: tuple[Letter, ...] = ()
    held_since: datetime | None = None
    """Since when a notice about it waits."""
    human_since: datetime | None = None
    """Since when it is in front of a human."""


@dataclass(frozen=True, slots=True)
class Rules:
    """By what is judged."""

    now: datetime
    late: timedelta
    """After so long something that should have happened has not."""

    def is_late(self, since: datetime | None) -> bool:
        """Tell whether something has waited too long since then."""
        return since is not None and self.now - since >= self.late


@dataclass(frozen=True, slots=True)
class Difference:
    """Something on which two sides do not agree. Holds nothing about a person."""

    day: date
    kind: Kind
    order_num: str
    app_key: str
    channel_order_num: str
    zzy_order_id: str
    money: Decimal
    """Yuan at stake: what somebody may have lost if nobody does anything."""
    detail: str
    letter_id: str = ""

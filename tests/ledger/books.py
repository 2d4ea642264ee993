"""What is known from outside of one order once everything is quiet: the judge's evidence."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from worker.saga.states import Phase
from worker.simulators.records import Audit, Order
from worker.simulators.zzy_notices import VERIFY

_FAILURE = re.compile(r"notify order_failed #(\d+)")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    """One question of the channel's, or of an upstream system's, and its answer."""

    act: str
    code: str
    """Empty: no answer came (an upstream system that waits in vain)."""
    message: str = ""
    data: Any = ""
    asked: Mapping[str, Any] = field(default_factory=dict)
    by_queue: bool = False

    def __str__(self) -> str:
        way = " by queue" if self.by_queue else ""
        what = f" {dict(self.asked)}" if self.act.startswith("refund") else ""
        return f"asked {self.act}{way}{what}: {self.code or 'no answer'} {self.message}"


@dataclass(frozen=True)
class Delivered:
    """A notification that the channel took, perhaps not for the first time."""

    webhook_id: str
    type: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Notified:
    """A notification as the store remembers it."""

    webhook_id: str
    type: str
    seq: int
    status: str


@dataclass(frozen=True)
class Step:
    """One line of the order's history."""

    at: datetime
    kind: str
    phase: str
    text: str = ""


@dataclass(frozen=True)
class Stored:
    """The order as the store holds it."""

    phase: str
    human: str = ""
    wake_at: datetime | None = None
    accepted_at: datetime = EPOCH
    codes: frozenset[str] = frozenset()
    """Every voucher code that is known, told or not."""
    checked: int = 0
    refund_open: bool = False


@dataclass(frozen=True)
class Noticed:
    """A notice that the supplier wrote, and whether it was taken."""

    service: str
    state: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """A line of a prepaid account."""

    kind: str
    amount: Decimal


@dataclass(frozen=True)
class Book:
    """All of it, of one order."""

    order_num: str
    count: int
    settlement_price: Decimal | None = None
    audit_reply: str = "wait"
    vouchers_by: str = "notify"
    pay_deadline: float = 600
    said: Sequence[Said] = ()
    zzy: Sequence[Order] = ()
    stored: Stored | None = None
    history: Sequence[Step] = ()
    notified: Sequence[Notified] = ()
    delivered: Sequence[Delivered] = ()
    """In the order of their arrival, repeats too."""
    texted: str = ""
    """What the guest's phone got."""
    report: Mapping[str, Any] = field(default_factory=dict)
    """The data of queryOrder's answer."""
    letters: frozenset[str] = frozenset()
    """The types of dead letters about it, and the Webhook-Ids of notifications among them."""
    alarms: frozenset[str] = frozenset()
    notices: Sequence[Noticed] = ()
    entries: Sequence[Entry] = ()
    read_at: datetime = EPOCH
    crashes: bool = False
    """Whether the worker was killed in between."""

    @property
    def human(self) -> str:
        """Why it is in front of a person; empty where it is not."""
        return self.stored.human if self.stored else ""

    @property
    def tried_again(self) -> bool:
        """Whether an order of this number was refused at the door: it was free for any other."""
        return not self.zzy or any(
            step.kind == "order_commanded" and step.phase == Phase.REFUSED for step in self.history
        )

    @property
    def ticketless(self) -> bool:
        """Whether ZZY refused to give back a failed ticket (出票失败): a person hears of that."""
        rejected = [
            s for s in self.history if s.kind.startswith("refund_") and "rejected" in s.text
        ]
        return any(step.phase == Phase.TICKET_FAILED for step in rejected)

    @property
    def contradicted(self) -> bool:
        """Whether 强制退款 of "all that is left" was taken for more than ZZY gave back.

        The check of what it kept came later, to a person, or never; the alarm was raised.
        """
        if self.kept > sum(order.checked for order in self.zzy):
            return False
        forced = "forced_refund" in self.alarms and self.unheard(VERIFY) and self.kept > 0
        return bool(self.human) or forced

    @property
    def paid(self) -> Order | None:
        """The order that money moved for."""
        return next((order for order in self.zzy if order.times_paid), None)

    @property
    def kept(self) -> int:
        """For how many tickets the supplier has the money."""
        return sum(order.quantity - order.refunded for order in self.zzy if order.times_paid)

    @property
    def accepted(self) -> bool:
        """Whether a channel was told that the order stands."""
        return any(said.act == "create" and said.code == "1000" for said in self.said)

    @property
    def overtaken(self) -> set[str]:
        """The ``order_failed`` of earlier tries: a refusal leaves the number free."""
        begun = [
            index
            for index, step in enumerate(self.history)
            if step.kind == "order_commanded" and step.phase == Phase.CREATING
        ]
        earlier = self.history[: begun[-1]] if begun else ()
        numbers = {seq for step in earlier for seq in _FAILURE.findall(step.text)}
        return {one.webhook_id for one in self.notified if str(one.seq) in numbers}

    def unheard(self, service: str) -> bool:
        """Tell whether a notice of this kind was never sent, or could not be taken."""
        return any(n.service == service and n.state != "acknowledged" for n in self.notices)

    def told(self, kind: str) -> list[Mapping[str, Any]]:
        """Return what the channel was told of one type, each once, as it first came."""
        first = {d.webhook_id: d.params for d in reversed(self.delivered) if d.type == kind}
        return list(reversed(first.values()))

    def answers(self, act: str) -> list[str]:
        """Return the codes that one kind of question was answered with."""
        return [said.code for said in self.said if said.act == act]

    def money(self) -> tuple[Any, ...]:
        """Return what no replay may change."""
        return (
            [
                (
                    order.order_id,
                    len(order.pays),
                    order.cancelled_at,
                    order.checked,
                    [(r.refund_id, r.apply_id, r.count, r.status) for r in order.refunds],
                )
                for order in self.zzy
            ],
            self.stored and (self.stored.phase, self.stored.codes, self.stored.checked),
            {d.webhook_id for d in self.delivered},
            {k: v for k, v in self.report.items() if not k.startswith("next")},
            list(self.entries),
        )


def audited(order: Order, status: Audit) -> list[str]:
    """Return the RefundIds of the refunds of ours that ended so."""
    return [r.refund_id for r in order.refunds if r.status is status and r.refund_id]

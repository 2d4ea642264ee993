"""Random lives of an order: any event, at any time, in any phase."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.doubles import NOON
from tests.saga import laws
from tests.saga.facts import (
    BUYER,
    CANCELLER,
    DEMAND,
    EARLY_BUYER,
    NUM,
    OPERATOR,
    POLICY,
    REFUNDER,
    STOCK,
    V1,
    V2,
    V3,
    ZZY,
    cancelled,
    checked,
    erased,
    operated,
    ordered,
    resent,
)
from worker.saga.decide import ANSWERS, Decision, decide
from worker.saga.desk import choices
from worker.saga.effects import CallZzy, Notify, TextVouchers
from worker.saga.events import (
    CancelAccepted,
    CancelRefused,
    CancelUnknown,
    CodesMissing,
    CreateRefused,
    CreateSucceeded,
    CreateUnknown,
    Event,
    EvidenceHeard,
    OutcomeUnheard,
    PayRefused,
    PaySucceeded,
    PayUnknown,
    RefundAccepted,
    RefundCommanded,
    RefundNoticed,
    RefundRefused,
    RefundUnknown,
    ResendCommanded,
    TicketDoubted,
    TicketFailed,
    TicketIssued,
    TimerFired,
)
from worker.saga.policy import Policy
from worker.saga.resolutions import Settled
from worker.saga.states import STANDARD_TERMS, CallKind, Order, Terms
from worker.saga.transitions import Row

Dice = random.Random
HASTY = Policy(unknown_retries=(1,), ticket_probes=(30,))
"""Gives up soon, so that a short walk sees it."""
OTHER = replace(DEMAND, count=1)
LARGE = replace(DEMAND, count=3)
VOUCHERS = ((), (V1,), (V1, V2), (V2, V3), (V3,))
APPLY_NOS = ("", "", f"{NUM}R1", f"{NUM}R1", f"{NUM}R2", f"{NUM}R2", "A1", "A2", "stray")
BACK = ((), (), ("c-1",), ("c-1", "c-2"), ("order-code",))
TERMS = (
    *(STANDARD_TERMS for _ in range(5)),
    Terms(refundable=False),
    Terms(vouchers_by="sms"),
    Terms(vouchers_by="both"),
)
TRUSTING_CANCELLER = replace(CANCELLER, audit_reply="accepted")
TRUSTING_REFUNDER = replace(REFUNDER, audit_reply="accepted")


def _flip(dice: Dice) -> bool:
    return dice.random() < 0.5


def _ordered(d: Dice) -> Event:
    event = ordered(
        waiter=d.choice((None, BUYER, EARLY_BUYER)),
        demand=d.choice((DEMAND, DEMAND, OTHER, LARGE)),
        refusal=STOCK if d.random() < 0.1 else None,
        received=d.choice((0, 0, 0, 0, -601)),
    )
    return replace(event, terms=d.choice(TERMS))


def _issued(d: Dice, *, answer: bool = False) -> Event:
    vouchers = d.choice(VOUCHERS)
    return TicketIssued(
        vouchers,
        order_code=d.choice(("", "order-code")),
        money=d.choice((None, Decimal(100), Decimal(121))),
        ask_codes=answer and not vouchers,
        zzy_order_id="" if answer else d.choice((ZZY, ZZY, ZZY, "", "999")),
    )


def _refund(d: Dice) -> Event:
    return RefundCommanded(
        _whose(d),
        d.choice(("r-1", "r-2", "r-3")),
        d.choice((None, 1, 1, 2, 3)),
        d.choice(((), (), ("c-1",), ("c-2",), ("c-1", "c-2"), ("c-9",))),
        d.choice((None, REFUNDER, TRUSTING_REFUNDER)),
    )


def _refunded(d: Dice) -> Event:
    event = RefundNoticed(d.choice(APPLY_NOS), _flip(d), "", d.choice(BACK), ZZY)
    return replace(event, doubt=d.choice(("", "", "", "its codes are still shown")))


def _whose(d: Dice) -> str:
    return d.choice(("k", "k", "k", "k", "other"))


def _checked(d: Dice) -> Event:
    codes = d.choice(((), (), ("c-1",), ("c-1", "c-2")))
    return checked(d.choice((0, 1, 1, 2, 3)), *codes)


def _operated(d: Dice) -> Event:
    action = d.choice(("probe", "retry", "refund", "settle", "settle", "settle"))
    return operated(action, d.choice(tuple(Settled)), d.choice((None, OPERATOR)))


def _helped(d: Dice, order: Order) -> Event:
    """Do something safe about an order in front of a human, or anything at all."""
    safe = choices(order)
    if not safe or d.random() < 0.3:
        return _operated(d)
    choice = d.choice(safe)
    return operated(choice.action, choice.settled or Settled.DONE, d.choice((None, OPERATOR)))


COMMANDS: tuple[Callable[[Dice], Event], ...] = (
    _ordered,
    lambda d: cancelled(d.choice((None, CANCELLER, TRUSTING_CANCELLER)), _whose(d)),
    _refund,
    lambda d: OutcomeUnheard(_whose(d)),
    lambda d: resent(d.choice((None, "notify", "sms", "both")), app_key=_whose(d)),
    _operated,
)
NOTICES: tuple[Callable[[Dice], Event], ...] = (
    _issued,
    lambda d: TicketFailed(d.choice((ZZY, ZZY, "999"))),
    _checked,
    _refunded,
    lambda _: TicketDoubted(),
)
ANSWERED: dict[CallKind, tuple[Callable[[Dice], Event], ...]] = {
    CallKind.CREATE: (
        lambda d: CreateSucceeded(d.choice((ZZY, ZZY, ZZY, "999")), d.random() < 0.8),
        lambda _: CreateSucceeded(ZZY),
        lambda d: CreateRefused(STOCK, _flip(d), d.choice(("", "zzy_refusal"))),
        lambda d: CreateUnknown("timeout", _flip(d)),
    ),
    CallKind.PAY: (
        lambda d: PaySucceeded(d.choice((None, Decimal(100), Decimal(121)))),
        lambda d: PayRefused(STOCK, already_paid=d.random() < 0.3),
        lambda d: PayUnknown("timeout", _flip(d), sent=_flip(d)),
        lambda d: _issued(d, answer=True),
        lambda _: TicketFailed(),
    ),
    CallKind.CANCEL: (
        lambda _: CancelAccepted(),
        lambda d: CancelRefused(paid=_flip(d)),
        lambda d: CancelUnknown("timeout", _flip(d)),
    ),
    CallKind.PROBE: (lambda _: CodesMissing(), lambda _: CodesMissing(), _issued),
    CallKind.REFUND: (
        lambda d: RefundAccepted(d.choice(("A1", "A2")), d.choice((None, True, False))),
        lambda d: RefundRefused("no", repeat=_flip(d)),
        lambda d: RefundUnknown("timeout", _flip(d), sent=_flip(d)),
    ),
}
EVERYTHING: tuple[Callable[[random.Random], Event], ...] = (
    *COMMANDS,
    *NOTICES,
    lambda _: TimerFired(),
    *(make for makes in ANSWERED.values() for make in makes),
    lambda _: EvidenceHeard("3 codes"),
    lambda d: erased(d.choice((0, 30))),
)


@dataclass
class Walk:
    """One life, and the rows that it went through."""

    dice: Dice
    policy: Policy = POLICY
    notices: tuple[Callable[[Dice], Event], ...] = NOTICES
    now: datetime = NOON
    order: Order | None = None
    calls: list[CallZzy] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    intents: dict[str, str] = field(default_factory=dict)
    """The RefundId that each refund call was made for."""

    def step(self) -> None:
        """Let something happen: mostly what is likely, now and then anything at all."""
        event, answers = self._next()
        self.take(event, answers)
        once = isinstance(event, TimerFired | ResendCommanded)
        if not once and self.dice.random() < 0.3:
            self.repeat(event, answers)

    def _next(self) -> tuple[Event, CallZzy | None]:
        d, order = self.dice, self.order
        if order is None:
            return _ordered(d), None
        if order.wake_at and d.random() < 0.35:
            self.now = max(self.now, order.wake_at)
            return TimerFired(), None
        self.now += timedelta(seconds=d.choice((0, 0.1, 1, 4, 15, 200)))
        if self.calls and d.random() < 0.7:
            call = self.calls[-1] if d.random() < 0.8 else d.choice(self.calls)
            return self._named(d.choice(ANSWERED[call.kind])(d), call), call
        if order.human and d.random() < 0.5:
            return _helped(d, order), None
        likely = (*COMMANDS, *self.notices, *self.notices)
        return d.choice(likely if d.random() < 0.8 else EVERYTHING)(d), None

    def _named(self, event: Event, call: CallZzy) -> Event:
        if not isinstance(event, RefundAccepted):
            return event
        return replace(event, refund_id=self.intents.get(call.key, ""))

    def take(self, event: Event, answers: CallZzy | None = None) -> Decision:
        decision = decide(self.order, event, self.now, self.policy, answers=answers)
        laws.check(self.order, decision, self.now)
        for effect in decision.effects:
            if isinstance(effect, CallZzy):
                assert effect.key not in self.keys, "a key is used twice"
                self.keys.add(effect.key)
                self.calls.append(effect)
                if decision.order and decision.order.refund:
                    self.intents[effect.key] = decision.order.refund.refund_id
        if decision.row:
            self.rows.append(decision.row)
        self.order = decision.order
        return decision

    def repeat(self, event: Event, answers: CallZzy | None) -> None:
        """Let the same thing happen again at once: it may answer or alarm, but do nothing."""
        if self.order is None or (answers is None and type(event) in ANSWERS):
            return
        before = replace(self.order, waiters=())
        if before.phase == "refused" and before.attempts.create == 0:
            return
        again = decide(self.order, event, self.now, self.policy, answers=answers)
        if again.hold:
            return
        done = [e for e in again.effects if isinstance(e, CallZzy | Notify | TextVouchers)]
        assert done == [], f"a repeat of {event} does {done}"
        assert again.order is not None
        called: dict[str, Any] = {"human": before.human, "human_since": before.human_since}
        after = replace(again.order, waiters=(), wake_at=before.wake_at, **called)
        assert after == before, "a repeat changes the order"

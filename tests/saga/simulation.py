"""One order's whole life in virtual time, between a fake ZZY and a channel that changes its mind.

Requests and answers are lost, late, or overtaken; workers die during calls; notices come
early, twice, or never. What is asserted is read from ZZY's ledger, not from the saga.
"""

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tests.doubles import NOON
from tests.saga import laws
from tests.saga.facts import DEMAND, POLICY, cancelled, ordered
from tests.saga.fake_zzy import Booking, Zzy
from worker.saga.decide import LOST_CALL, decide
from worker.saga.effects import CallZzy, FailureTold, Notify, RefundTold, VouchersTold
from worker.saga.events import (
    Event,
    PayUnknown,
    RefundNoticed,
    RefundUnknown,
    TimerFired,
)
from worker.saga.states import FINAL, CallKind, Order, Phase

FOREVER = timedelta(days=30)
LATE = 90.0
FAULTS = ("lost", "unsent", "answer lost", "answer late", "dead", "slow", "stale", "refused")


@dataclass
class Life:
    """One seed's life."""

    seed: int
    faults: float = 0.25
    now: datetime = NOON
    order: Order | None = None
    told: list[object] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.zzy = Zzy(self.dice)
        self.policy = replace(POLICY, pay_deadline=self.dice.choice((600, 600, 60, 20)))
        self._queue: list[tuple[datetime, int, Callable[[], None]]] = []
        self._ids = itertools.count()

    def live(self) -> None:
        """Go on until nothing is left to happen, then judge."""
        d = self.dice
        self._at(0, lambda: self._take(ordered(demand=replace(DEMAND, count=d.choice((1, 2, 5))))))
        for _ in range(d.choice((0, 0, 1, 2))):
            delay = d.choice((0, 0.5, 2, 10, 300, 700, 4000))
            self._at(delay, lambda: self._take(cancelled()))
        if d.random() < 0.1:
            self._at(d.choice((3, 900)), self._force)
        while self._queue or self._wake_at():
            self._next()
        self._judge()

    # --- time ---------------------------------------------------------------------------

    def _at(self, seconds: float, act: Callable[[], None]) -> None:
        at = self.now + timedelta(seconds=seconds)
        heapq.heappush(self._queue, (at, next(self._ids), act))

    def _wake_at(self) -> datetime | None:
        return self.order.wake_at if self.order else None

    def _next(self) -> None:
        wake = self._wake_at()
        if wake is not None and (not self._queue or wake <= self._queue[0][0]):
            self.now = max(self.now, wake)
            self._take(TimerFired())
        else:
            at, _, act = heapq.heappop(self._queue)
            self.now = max(self.now, at)
            act()
        assert self.now < NOON + FOREVER, "it never comes to rest"

    # --- events and effects -------------------------------------------------------------

    def _take(self, event: Event, answers: CallZzy | None = None) -> None:
        before = self.order
        decision = decide(before, event, self.now, self.policy, answers=answers)
        laws.check(before, decision, self.now)
        if decision.hold:
            self._at(5, lambda: self._take(event))
            return
        self.order = decision.order
        for effect in decision.effects:
            if isinstance(effect, CallZzy) and self.order:
                self._call(effect, self.order)
            elif isinstance(effect, Notify):
                self._note(effect.news)

    def _note(self, news: object) -> None:
        if isinstance(news, FailureTold):
            for booking in self.zzy.bookings:
                claimed = booking.money_back or booking.refunds
                assert not booking.paid or claimed, "failure told, money gone and unclaimed"
        self.told.append(news)

    def _call(self, call: CallZzy, order: Order) -> None:  # noqa: C901  (one case a fault)
        """Let a call go wrong in every way there is, or well."""
        d = self.dice
        if call.kind is CallKind.PAY:
            assert not any(b.cancelled for b in self.zzy.bookings), "paid after an accepted cancel"
        if d.random() > self.faults:
            self._at(0.1, lambda: self._serve(call, order, 0.1))
            return
        match d.choice(FAULTS):
            case "lost":
                self._at(15, lambda: self._take(LOST_CALL[call.kind], call))
            case "unsent":
                self._at(1, lambda: self._take(_unsent(call.kind), call))
            case "answer lost":
                self._at(0.1, lambda: self._serve(call, order, None))
                self._at(15, lambda: self._take(LOST_CALL[call.kind], call))
            case "answer late":
                self._at(0.1, lambda: self._serve(call, order, 10))
            case "dead":  # the worker died: nobody hears the answer
                self._at(0.1, lambda: self._serve(call, order, None))
            case "slow":  # the request reaches ZZY long after we gave it up
                self._at(15, lambda: self._take(LOST_CALL[call.kind], call))
                self._at(d.choice((16, LATE)), lambda: self._serve(call, order, None))
            case "stale":  # a frozen worker wakes and brings an old answer
                self._at(0.1, lambda: self._serve(call, order, d.choice((21, LATE))))
            case "refused":
                refusal = self.zzy.refuses(call.kind)
                assert refusal is not None
                self._at(0.2, lambda: self._take(refusal, call))

    def _serve(self, call: CallZzy, order: Order, answer_after: float | None) -> None:
        event = self.zzy.does(call.kind, order, self.now)
        self._send_notices()
        if answer_after is not None:
            self._at(answer_after, lambda: self._take(event, call))

    def _send_notices(self) -> None:
        for delay, notice in self.zzy.later:
            self._at(delay, self._notice(notice))
        self.zzy.later.clear()

    def _notice(self, notice: Event) -> Callable[[], None]:
        def arrive() -> None:
            if isinstance(notice, RefundNoticed):
                self.zzy.audit(notice)
            self._take(notice)

        return arrive

    def _force(self) -> None:
        self.zzy.force_refund()
        self._send_notices()

    # --- the verdict --------------------------------------------------------------------

    def _judge(self) -> None:
        order = self.order
        assert order is not None
        assert sum(booking.paid for booking in self.zzy.bookings) <= 1, "paid twice"
        at_rest = order.phase in FINAL or order.phase is Phase.ISSUED
        assert at_rest or order.human, f"left in {order.phase}"
        assert not order.waiters or order.human, "somebody still waits"
        for booking in self.zzy.bookings:
            if booking.paid and not order.human:
                self._judge_paid(order, booking)

    def _judge_paid(self, order: Order, booking: Booking) -> None:
        delivered = {v.code for n in self.told if isinstance(n, VouchersTold) for v in n.vouchers}
        if booking.money_back:
            back = [n for n in self.told if isinstance(n, RefundTold) and n.status != "rejected"]
            late = order.phase is Phase.ISSUED  # the forced refund's notice was lost
            assert back or late, "the money is back and nobody knows"
            return
        assert order.phase is Phase.ISSUED, "the money is gone, and no tickets"
        assert any(isinstance(n, VouchersTold) for n in self.told), "tickets never told"
        assert delivered <= {v.code for v in booking.tickets}


def _unsent(kind: CallKind) -> Event:
    match kind:
        case CallKind.PAY:
            return PayUnknown("refused connection", sent=False)
        case CallKind.REFUND:
            return RefundUnknown("refused connection", sent=False)
        case _:
            return LOST_CALL[kind]

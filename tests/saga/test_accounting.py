"""What orders move on a prepaid account, in every life that an order can have."""

import random
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from tests.doubles import NOON
from tests.saga.beginnings import has_tickets, paying, ticketless
from tests.saga.facts import POLICY, STOCK, ordered
from tests.saga.simulation import Life
from tests.saga.walks import Walk
from worker.saga.accounting import Movement, MovementKind, movements
from worker.saga.decide import Decision, decide
from worker.saga.effects import CallZzy
from worker.saga.events import Event, OrderCommanded
from worker.saga.states import Order, Phase, Terms

PRICE = Decimal("33.3301")
TERMS = Terms(settlement_price=PRICE)
OPEN = {Phase.CREATING, Phase.PAYING, Phase.CLOSING}
UNPAID = {Phase.REFUSED, Phase.CANCELLED}


def settled(order: Order, **changes: object) -> Order:
    return replace(order, terms=TERMS, **changes)  # type: ignore[arg-type]


def told(moved: tuple[Movement, ...]) -> list[tuple[str, Decimal]]:
    return [(one.key.partition(":")[2], one.amount) for one in moved]


@dataclass
class Book:
    """An account without a bottom, and what it must be after each step."""

    balance: Decimal = Decimal(0)
    held: Decimal = Decimal(0)
    keys: set[str] = field(default_factory=set)
    kinds: set[MovementKind] = field(default_factory=set)

    def note(self, before: Order | None, after: Order | None) -> None:
        if after is None:
            return
        for moved in movements(before, after):
            assert moved.key not in self.keys, "booked twice"
            assert moved.amount > 0
            self.keys.add(moved.key)
            self.kinds.add(moved.kind)
            self.balance += moved.on_balance
            self.held += moved.on_held
            assert self.held >= 0, "more is taken than was held"
        assert movements(after, after) == ()
        self._check(after)

    def _check(self, order: Order) -> None:
        whole = PRICE * order.demand.count
        kept = PRICE * (order.demand.count - order.refunded)
        held, taken = (whole, 0) if order.phase in OPEN else (0, kept)
        if order.phase in UNPAID:
            taken = 0
        assert (self.held, self.balance) == (held, -taken)


class BookedWalk(Walk):
    """A walk whose orders cost the channel something."""

    book: Book

    def take(self, event: Event, answers: CallZzy | None = None) -> Decision:
        if isinstance(event, OrderCommanded):
            event = replace(event, terms=TERMS)
        before = self.order
        decision = super().take(event, answers)
        self.book.note(before, decision.order)
        return decision


class BookedLife(Life):
    """A life whose order costs the channel something."""

    book: Book

    def _take(self, event: Event, answers: CallZzy | None = None) -> None:
        if isinstance(event, OrderCommanded):
            event = replace(event, terms=TERMS)
        before = self.order
        super()._take(event, answers)
        self.book.note(before, self.order)


def test_the_account_follows_the_order_through_any_walk() -> None:
    kinds: set[MovementKind] = set()
    for seed in range(150):
        walk = BookedWalk(random.Random(seed))
        walk.book = Book()
        for _ in range(40):
            walk.step()
        kinds |= walk.book.kinds
    assert kinds == set(MovementKind)


def test_the_account_agrees_with_zzys_books() -> None:
    for seed in range(300):
        life = BookedLife(seed)
        life.book = Book()
        life.live()
        assert life.order is not None
        if not life.order.human:
            paid = any(booking.paid for booking in life.zzy.bookings)
            assert (":charge:" in str(life.book.keys)) == paid, f"seed {seed}"


def test_an_order_without_a_settlement_price_moves_nothing() -> None:
    order = has_tickets().order
    assert movements(None, order) == ()
    free = replace(order, terms=Terms(settlement_price=Decimal(0)))
    assert movements(None, free) == ()


def test_each_step_of_an_order_by_name() -> None:
    new = decide(None, replace(ordered(), terms=TERMS), NOON, POLICY).order
    assert new is not None
    assert told(movements(None, new)) == [("hold:1", PRICE * 2)]
    issued = settled(has_tickets().order)
    assert told(movements(settled(paying().order), issued)) == [("charge:1", PRICE * 2)]
    partly = replace(issued, refunded=1)
    assert told(movements(issued, partly)) == [("credit:1", PRICE)]
    done = replace(partly, refunded=2, phase=Phase.REFUNDED)
    assert told(movements(partly, done)) == [("credit:2", PRICE)]
    assert told(movements(issued, done)) == [("credit:2", PRICE * 2)]
    lost = settled(ticketless().order)
    assert told(movements(settled(paying().order), lost)) == [("charge:1", PRICE * 2)]


@pytest.mark.parametrize("end", sorted(UNPAID))
def test_what_ends_unpaid_is_released(end: Phase) -> None:
    before = settled(paying().order)
    moved = movements(before, replace(before, phase=end))
    assert told(moved) == [("release:1", PRICE * 2)]


def test_a_refusal_at_the_door_moves_nothing_and_the_next_try_does() -> None:
    event = replace(ordered(refusal=STOCK), terms=TERMS)
    refused = decide(None, event, NOON, POLICY).order
    assert refused is not None
    assert movements(None, refused) == ()
    again = decide(refused, replace(event, refusal=None), NOON, POLICY).order
    assert again is not None
    assert told(movements(refused, again)) == [("hold:1", PRICE * 2)]


def test_an_alarm_comes_with_the_refusal_that_carries_one() -> None:
    event = replace(ordered(refusal=STOCK), alarm="settlement_price_missing")
    kinds = [type(effect).__name__ for effect in decide(None, event, NOON, POLICY).effects]
    assert kinds == ["Alarm", "Reply"]

"""Where an order stands, and what that means of money.

Why it exists: an order that waits too long, and an account that moved otherwise than its order
says, are money that nobody looks at. It must not look at codes or notifications.
"""

from collections.abc import Iterator
from decimal import Decimal

from worker.reconciliation.facts import Facts, Letter, Place, Rules
from worker.reconciliation.findings import Finding, left, share, whole
from worker.reconciliation.kinds import Kind
from worker.saga.accounting import Movement, MovementKind, movements
from worker.saga.states import Order, Phase

_OPEN = frozenset({Phase.CREATING, Phase.PAYING, Phase.CLOSING})
_TICKETLESS = frozenset({Phase.AWAITING_TICKET, Phase.TICKET_FAILED})


def found(facts: Facts, rules: Rules) -> Iterator[Finding]:
    """Yield what waits too long, and money that does not add up."""
    yield from _waiting(facts, rules)
    yield from _used(facts)
    yield from _paid(facts.order)
    yield from _booked(facts)
    yield from _not_taken(facts, rules)


def _waiting(facts: Facts, rules: Rules) -> Iterator[Finding]:
    order = facts.order
    late = rules.is_late(order.accepted_at)
    if order.phase in _TICKETLESS and order.refund is None and late:
        yield Finding(Kind.PAID_NO_TICKET, left(order), f"{order.phase}, no refund is open")
    if order.phase in _OPEN and late:
        yield Finding(Kind.UNSETTLED, whole(order), f"{order.phase} for hours")
    if order.refund is not None and rules.is_late(facts.changed_at):
        how = "under audit" if order.refund.under_audit else "without an answer"
        money = share(order, order.refund.count)
        yield Finding(Kind.REFUND_OPEN, money, f"{order.refund.count} to be refunded, {how}")
    if order.human and rules.is_late(facts.human_since):
        yield Finding(Kind.HUMAN_WAITING, left(order), f"in front of a human while {order.phase}")


def _used(facts: Facts) -> Iterator[Finding]:
    order = facts.order
    letter = max(facts.letters, key=lambda one: one.checked, default=None)
    if letter and letter.checked > order.checked:
        detail = f"{order.checked} used here, a notice that was not taken says {letter.checked}"
        money = share(order, letter.checked - order.checked)
        yield Finding(Kind.CHECKS_DIFFER, money, detail, letter.id)
    over = order.checked + order.refunded + order.pending - order.demand.count
    if over > 0:
        detail = (
            f"{order.checked} used, {order.refunded} refunded and {order.pending} pending"
            f" of {order.demand.count}"
        )
        yield Finding(Kind.CHECKS_DIFFER, share(order, over), detail)


def _paid(order: Order) -> Iterator[Finding]:
    price = order.demand.amount
    if order.pay_money is not None and order.pay_money > price:
        detail = f"ZZY took {order.pay_money}, the customer paid {price}"
        yield Finding(Kind.PAID_ABOVE_PRICE, order.pay_money - price, detail)


def _booked(facts: Facts) -> Iterator[Finding]:
    expected = dict.fromkeys(MovementKind, Decimal(0))
    for movement in movements(None, facts.order):
        expected[movement.kind] += movement.amount
    wrong = {
        kind: booked - due
        for kind, due in expected.items()
        if (booked := facts.booked.get(kind, Decimal(0))) != due
    }
    if wrong:
        off = [Movement("", kind, amount) for kind, amount in wrong.items()]
        money = max(
            abs(sum((one.on_balance for one in off), Decimal(0))),
            abs(sum((one.on_held for one in off), Decimal(0))),
        )
        detail = ", ".join(f"{kind} {amount:+f}" for kind, amount in wrong.items())
        yield Finding(Kind.ACCOUNT_DIFFERS, money, f"entries off by {detail}")


def _not_taken(facts: Facts, rules: Rules) -> Iterator[Finding]:
    order = facts.order
    if letter := _first(facts, Place.NOTICES):
        detail = "a notice about it is a dead letter"
        yield Finding(Kind.NOTICE_NOT_TAKEN, left(order), detail, letter.id)
    elif rules.is_late(facts.held_since):
        yield Finding(Kind.NOTICE_NOT_TAKEN, left(order), "a notice about it is held")
    if letter := _first(facts, Place.COMMANDS):
        detail = "a command of its channel is a dead letter"
        yield Finding(Kind.COMMAND_NOT_TAKEN, left(order), detail, letter.id)


def _first(facts: Facts, place: Place) -> Letter | None:
    return next((letter for letter in facts.letters if letter.place is place), None)

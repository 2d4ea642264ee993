"""What the channel must know against what it was told.

Why it exists: an order that is right here and unknown to the channel is wrong for its
customer. It must not look at codes or money.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from worker.reconciliation.facts import Facts, Letter, Place, Rules, Told
from worker.reconciliation.findings import Finding, left, share
from worker.reconciliation.kinds import Kind
from worker.saga.states import Ending, Order, Phase

_ARRIVED: Final = frozenset({"delivered", "superseded"})


def found(facts: Facts, rules: Rules) -> Iterator[Finding]:
    """Yield what the channel should have been told by now and was not."""
    yield from _vouchers(facts, rules)
    yield from _refunds(facts, rules)
    yield from _failure(facts, rules)
    yield from _checks(facts, rules)


def _vouchers(facts: Facts, rules: Rules) -> Iterator[Finding]:
    order = facts.order
    if order.phase is not Phase.ISSUED or order.refundable == 0:
        return
    told = _of(facts, "voucher")
    detail = _why_not(told, rules)
    letter = _letter(facts, Place.CHANNEL, "voucher") or _letter(facts, Place.GUEST)
    if not detail and letter and letter.place is Place.GUEST:
        detail = "the guest's SMS is a dead letter"
    if not detail and _never_told(order, told) and rules.is_late(facts.changed_at):
        detail = "issued, and nobody was told"
    if detail:
        yield Finding(Kind.VOUCHER_NOT_DELIVERED, left(order), detail, letter.id if letter else "")


def _never_told(order: Order, told: list[Told]) -> bool:
    return not told and order.terms.vouchers_by != "sms" and order.refund is None


def _refunds(facts: Facts, rules: Rules) -> Iterator[Finding]:
    order, told = facts.order, _of(facts, "refund")
    ended = [past for past in order.refunds if _must_be_told(past.ending, past.count)]
    detail = _why_not(told, rules)
    if not detail and len(told) < len(ended) and rules.is_late(facts.changed_at):
        detail = f"{len(ended)} refunds ended, the channel was told of {len(told)}"
    if detail:
        letter = _letter(facts, Place.CHANNEL, "refund")
        money = share(order, order.refunded)
        yield Finding(Kind.REFUND_NOT_TOLD, money, detail, letter.id if letter else "")


def _must_be_told(ending: Ending, count: int) -> bool:
    """Tell whether a refund that is over gave something back; others may end unsaid."""
    return ending is not Ending.REJECTED and count > 0


def _failure(facts: Facts, rules: Rules) -> Iterator[Finding]:
    if detail := _why_not(_of(facts, "order_failed"), rules):
        letter = _letter(facts, Place.CHANNEL, "order_failed")
        yield Finding(Kind.FAILURE_NOT_TOLD, Decimal(0), detail, letter.id if letter else "")


def _checks(facts: Facts, rules: Rules) -> Iterator[Finding]:
    order, told = facts.order, _of(facts, "check")
    if detail := _why_not(told[-1:], rules):  # an older one that died is out of date
        letter = _letter(facts, Place.CHANNEL, "check")
        money = share(order, order.checked)
        yield Finding(Kind.CHECK_NOT_TOLD, money, detail, letter.id if letter else "")


def _of(facts: Facts, kind: str) -> list[Told]:
    return sorted((one for one in facts.told if one.type == kind), key=lambda one: one.seq)


def _why_not(told: list[Told], rules: Rules) -> str:
    """Return what keeps one of these from having arrived; empty when nothing does."""
    if any(one.status == "dead" for one in told):
        return "its notification was given up"
    waits = [one for one in told if one.status not in _ARRIVED]
    if any(rules.is_late(one.created_at) for one in waits):
        return "its notification has not arrived for hours"
    return ""


def _letter(facts: Facts, place: Place, told: str = "") -> Letter | None:
    fits = (one for one in facts.letters if one.place is place and told in {"", one.told})
    return next(fits, None)

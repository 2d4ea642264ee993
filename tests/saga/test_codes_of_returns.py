"""Codes 4000 to 4003 exactly: what each way of asking for money back is answered, and why."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from contracts.channel import Code
from tests.saga.beginnings import (
    awaiting,
    creating,
    has_tickets,
    part_audited,
    part_refunding,
    paying,
    refunding,
    ticketless,
)
from tests.saga.facts import (
    CANCELLER,
    REFUNDER,
    STOCK,
    V1,
    cancelled,
    checked,
    issued,
    refund_noticed,
    refunded_by_channel,
)
from tests.saga.playbook import Playbook
from worker.saga import codes
from worker.saga.decide import decide
from worker.saga.effects import CallZzy, Reply
from worker.saga.events import (
    CreateRefused,
    Event,
    PaySucceeded,
    RefundAccepted,
    RefundUnknown,
    TicketFailed,
)
from worker.saga.states import Phase, Terms
from worker.translation.outbound import outcome

FIXED = Terms(refundable=False)
CANCEL, ALL, ONE, TWO = (
    cancelled(),
    refunded_by_channel("r-9"),
    refunded_by_channel("r-9", 1),
    refunded_by_channel("r-9", 2),
)
ANOTHERS = (cancelled(app_key="other"), refunded_by_channel("r-9", 1, app_key="other"))


def by_codes(*names: str) -> Event:
    return refunded_by_channel("r-9", None, *names)


def refused() -> Playbook:
    story = creating().answer(CreateRefused(STOCK))
    return story.expect(Phase.REFUSED, "answer buyer 3008", "tell failure 3008")


def refunded() -> Playbook:
    return has_tickets().set(phase=Phase.REFUNDED, refunded=2)


def fixed() -> Playbook:
    return has_tickets().set(terms=FIXED)


def used(count: int, *names: str) -> Playbook:
    story = has_tickets().on(checked(count, *names))
    return story.expect(Phase.ISSUED, f"tell check {count} of 2")


def forced() -> Playbook:
    story = has_tickets().on(refund_noticed("", "c-1"))
    return story.expect(Phase.ISSUED, "tell refund forced 1", "alarm forced_refund")


def one_code_for_all() -> Playbook:
    story = awaiting().on(issued(V1, code=V1.code))
    return story.expect(Phase.ISSUED, f"tell vouchers {V1.code}")


TABLE: list[tuple[str, Callable[[], Playbook], Event, str, str]] = [
    ("cancel: another channel's", has_tickets, ANOTHERS[0], "4001", codes.ORDER_UNKNOWN_TEXT),
    ("refund: another channel's", has_tickets, ANOTHERS[1], "4001", codes.ORDER_UNKNOWN_TEXT),
    ("cancel: refused before", refused, CANCEL, "4002", codes.ALREADY_CANCELLED_TEXT),
    ("refund: refused before", refused, ONE, "4002", codes.ALREADY_CANCELLED_TEXT),
    ("cancel: refunded before", refunded, CANCEL, "4002", codes.ALREADY_CANCELLED_TEXT),
    ("refund: refunded before", refunded, ALL, "4002", codes.ALREADY_CANCELLED_TEXT),
    ("cancel: failed, the refund open", ticketless, CANCEL, "4000", codes.REFUND_OPEN_TEXT),
    ("refund: failed, the refund open", ticketless, ONE, "4000", codes.REFUND_OPEN_TEXT),
    ("cancel: one is used", lambda: used(1), CANCEL, "4003", codes.ALREADY_CHECKED_TEXT),
    ("cancel: all are used", lambda: used(2), CANCEL, "4003", codes.ALREADY_CHECKED_TEXT),
    ("refund: all are used", lambda: used(2), ALL, "4003", codes.ALREADY_CHECKED_TEXT),
    ("refund: more than unused", lambda: used(1), TWO, "4003", codes.ALREADY_CHECKED_TEXT),
    ("refund: a used code", lambda: used(1, "c-1"), by_codes("c-1"), "4003", "此订单已检票"),
    ("refund: used though fixed", lambda: used(2).set(terms=FIXED), ALL, "4003", "此订单已检票"),
    ("cancel: RefundSet 0", fixed, CANCEL, "4000", codes.NOT_REFUNDABLE_TEXT),
    ("refund: RefundSet 0", fixed, ONE, "4000", codes.NOT_REFUNDABLE_TEXT),
    ("refund: unpaid", creating, ONE, "4000", codes.NOT_PAID_TEXT),
    ("refund: pay unknown", paying, ONE, "4000", codes.NOT_PAID_TEXT),
    ("refund: another is open", part_refunding, ONE, "4000", codes.REFUND_OPEN_TEXT),
    ("refund: a cancel is open", refunding, ONE, "4000", codes.REFUND_OPEN_TEXT),
    ("refund: too many", has_tickets, refunded_by_channel("r-9", 3), "4000", codes.COUNT_TEXT),
    ("refund: more than left", forced, TWO, "4000", codes.COUNT_TEXT),
    ("refund: a code of nobody", has_tickets, by_codes("c-9"), "4000", codes.CODES_UNKNOWN_TEXT),
    ("refund: the code for all", one_code_for_all, by_codes("c-1"), "4000", "codes"),
    ("refund: a refunded code", forced, by_codes("c-1"), "4000", codes.CODES_REFUNDED_TEXT),
    (
        "refund: the name is taken",
        part_audited,
        refunded_by_channel("r-1", 2),
        "4000",
        codes.REFUND_CONFLICT_TEXT,
    ),
    ("refund: under audit", part_audited, refunded_by_channel("r-1", 1), "4000", "退款审核中"),
]


@pytest.mark.parametrize(
    ("begin", "event", "code", "text"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_it_is_answered_with_its_code_and_nothing_is_asked(
    begin: Callable[[], Playbook], event: Event, code: str, text: str
) -> None:
    story = begin()
    decision = decide(story.order, event, story.now, story.policy)
    [reply] = [effect for effect in decision.effects if isinstance(effect, Reply)]
    assert (reply.code, Code(outcome("n", reply).code)) == (code, Code(code))
    assert text in reply.message
    assert not [effect for effect in decision.effects if isinstance(effect, CallZzy)]


@pytest.mark.parametrize(("event", "name"), [(TWO, "count"), (by_codes("c-9"), "codes")])
def test_the_message_names_the_field(event: Event, name: str) -> None:
    story = forced()
    decision = decide(story.order, event, story.now, story.policy)
    assert [name in e.message for e in decision.effects if isinstance(e, Reply)] == [True]


@pytest.mark.parametrize("event", [CANCEL, ONE])
def test_an_order_that_is_not_there(event: Event) -> None:
    story = Playbook()
    decision = decide(None, event, story.now, story.policy)
    assert [e.code for e in decision.effects if isinstance(e, Reply)] == ["4001"]


@pytest.mark.parametrize("paid", [PaySucceeded(), issued(V1)])
def test_a_cancel_during_the_pay_of_a_fixed_product_is_refused_once_it_is_paid(paid: Event) -> None:
    story = paying().set(terms=FIXED).on(cancelled()).expect(Phase.PAYING)
    story.answer(paid)
    phase = story.order.phase
    told = ["tell vouchers c-1"] if phase is Phase.ISSUED else []
    story.expect(phase, "answer buyer 1000", "answer canceller 4000", *told)
    assert (story.order.refund, story.order.cancel_waits) == (None, False)


def test_a_failed_ticket_of_a_fixed_product_is_refunded() -> None:
    story = awaiting().set(terms=FIXED)
    story.on(TicketFailed()).expect(Phase.TICKET_FAILED, "call refund")


# --- under audit ------------------------------------------------------------------------


TRUSTING_CANCEL = cancelled(replace(CANCELLER, audit_reply="accepted"))
TRUSTING_ONE = refunded_by_channel("r-9", 1, waiter=replace(REFUNDER, audit_reply="accepted"))


@pytest.mark.parametrize(
    ("event", "name", "count"), [(TRUSTING_CANCEL, "canceller", 2), (TRUSTING_ONE, "refunder", 1)]
)
def test_a_trusting_channel_is_answered_1000_once_zzy_has_it_and_waits_no_longer(
    event: Event, name: str, count: int
) -> None:
    story = has_tickets().on(event).expect(Phase.ISSUED, "call refund")
    story.answer(RefundUnknown("timeout")).expect(Phase.ISSUED, wake=1)
    story.wake().expect(Phase.ISSUED, "call refund")
    story.answer(RefundAccepted("A1")).expect(Phase.ISSUED, f"answer {name} 1000")
    assert story.order.waiters == ()
    story.on(event).expect(Phase.ISSUED, f"answer {name} 1000")
    story.on(refund_noticed("A1", approved=False))
    story.expect(Phase.ISSUED, f"tell refund rejected {count}")


def test_a_canceller_is_not_told_that_a_part_is_under_audit() -> None:
    assert CANCELLER.audit_reply == "wait"
    part_audited().on(TRUSTING_CANCEL).expect(Phase.ISSUED)

"""Stories of cancelOrder, in every phase."""

import pytest

from tests.saga.beginnings import (
    STOCK_HELD,
    TICKETS,
    awaiting,
    creating,
    has_tickets,
    pay_doubtful,
    paying,
    probing,
    refunding,
    ticketless,
)
from tests.saga.facts import STOCK, V1, V2, ZZY, cancelled, checked, issued
from tests.saga.playbook import Playbook
from worker.saga.decide import decide
from worker.saga.effects import Reply
from worker.saga.events import (
    CancelAccepted,
    CancelRefused,
    CancelUnknown,
    CodesMissing,
    CreateRefused,
    CreateSucceeded,
    CreateUnknown,
    PayRefused,
    PaySucceeded,
    PayUnknown,
    RefundAccepted,
    RefundRefused,
    TicketFailed,
)
from worker.saga.states import Phase

DONE = ("answer canceller 1000", "answer buyer 3000", "tell failure 3000")


def test_an_order_that_is_not_there_is_unknown() -> None:
    story = Playbook()
    decision = decide(None, cancelled(), story.now, story.policy)
    assert decision.order is None
    assert [e.code for e in decision.effects if isinstance(e, Reply)] == ["4001"]


def test_another_channels_order_is_unknown() -> None:
    story = awaiting().on(cancelled(app_key="other"))
    story.expect(Phase.AWAITING_TICKET, "answer canceller 4001", wake=600)


def test_nobody_need_wait_for_the_outcome() -> None:
    awaiting().on(cancelled(None)).expect(Phase.AWAITING_TICKET, "call refund")


def test_during_create_it_waits_for_create_and_nothing_is_paid() -> None:
    story = creating().on(cancelled()).expect(Phase.CREATING)
    created = story.fork().answer(CreateSucceeded(ZZY)).expect(Phase.CLOSING, "call cancel")
    created.fork().answer(CancelAccepted()).expect(Phase.CANCELLED, *DONE)
    created.fork().answer(CancelRefused()).expect(Phase.CANCELLED, *DONE, STOCK_HELD)
    refused = story.fork().answer(CreateRefused(STOCK))
    refused.expect(Phase.REFUSED, "answer buyer 3008", "tell failure 3008", "answer canceller 4002")
    story.answer(CreateUnknown("timeout")).expect(Phase.CANCELLED, *DONE, STOCK_HELD)


def test_between_two_creates_it_ends_at_once() -> None:
    story = creating().answer(CreateUnknown("timeout")).expect(Phase.CREATING, wake=1)
    story.on(cancelled()).expect(Phase.CANCELLED, *DONE, STOCK_HELD)
    story.on(cancelled()).expect(Phase.CANCELLED, "answer canceller 4002")


def test_during_pay_it_ends_as_a_refund_or_cancelled() -> None:
    story = paying().on(cancelled()).expect(Phase.PAYING)
    paid = story.fork().answer(PaySucceeded())
    paid.expect(Phase.AWAITING_TICKET, "answer buyer 1000", "call refund")
    again = story.fork().answer(PayRefused(STOCK, already_paid=True))
    again.expect(Phase.AWAITING_TICKET, "answer buyer 1000", "call refund")
    kept = story.fork().answer(issued(V1))
    kept.expect(Phase.ISSUED, "answer buyer 1000", "call refund")
    noticed = story.fork().on(issued(V1))
    noticed.expect(Phase.ISSUED, "answer buyer 1000", "call refund")
    refused = story.fork().answer(PayRefused(STOCK)).expect(Phase.CLOSING, "call cancel")
    refused.answer(CancelAccepted()).expect(
        Phase.REFUSED, "answer buyer 3008", "tell failure 3008", "answer canceller 1000"
    )
    story.answer(PayUnknown("timeout")).expect(Phase.CLOSING, "call cancel")
    story.fork().answer(CancelAccepted()).expect(Phase.CANCELLED, *DONE)
    story.answer(CancelRefused())
    story.expect(Phase.AWAITING_TICKET, "answer buyer 1000", "call refund")


def test_after_an_unknown_pay_the_oracle_is_asked_first() -> None:
    story = pay_doubtful().on(cancelled()).expect(Phase.CLOSING, "call cancel")
    story.on(cancelled()).expect(Phase.CLOSING)
    paid = story.fork().on(PaySucceeded())
    paid.expect(Phase.AWAITING_TICKET, "answer buyer 1000", "call refund")
    story.answer(CancelAccepted()).expect(Phase.CANCELLED, "answer canceller 1000", *DONE)


def test_during_the_probe_it_waits_for_the_probe() -> None:
    story = probing().on(cancelled()).expect(Phase.PAYING)
    story.answer(CodesMissing()).expect(Phase.CLOSING, "call cancel")


def test_while_closing_it_asks_again_at_once() -> None:
    story = pay_doubtful().on(cancelled(None)).expect(Phase.CLOSING, "call cancel")
    story.answer(CancelUnknown("timeout")).expect(Phase.CLOSING, wake=1)
    story.on(cancelled()).expect(Phase.CLOSING, "call cancel")


@pytest.mark.parametrize("begin", [awaiting, has_tickets])
def test_a_paid_order_is_refunded_whole(begin: type[Playbook]) -> None:
    story = refunding(begin())
    assert story.order.refund is not None
    assert (story.order.refund.count, story.order.refund.refund_id[-2:]) == (2, "R1")
    story.on(cancelled()).expect(story.order.phase)
    story.answer(RefundAccepted("A1", approved=True)).expect(
        Phase.REFUNDED,
        "tell refund approved 2",
        "answer canceller 1000",
        "answer canceller 1000",
    )
    story.on(cancelled()).expect(Phase.REFUNDED, "answer canceller 4002")


def test_a_check_that_came_before_the_ticket_keeps_the_order_from_being_cancelled() -> None:
    story = paying().on(checked(1)).expect(Phase.PAYING, "tell check 1 of 2")
    story.on(cancelled()).expect(Phase.PAYING)
    closing = story.answer(PayUnknown("timeout")).expect(Phase.CLOSING, "call cancel")
    refused = closing.fork().answer(CancelRefused())
    refused.expect(Phase.AWAITING_TICKET, "answer buyer 1000", "answer canceller 4003", wake=600)
    closing.on(issued(V1, V2))
    closing.expect(Phase.ISSUED, "answer buyer 1000", "answer canceller 4003", TICKETS)
    assert not closing.order.cancel_waits


def test_a_checked_order_is_not_cancelled() -> None:
    story = has_tickets().on(checked(1)).expect(Phase.ISSUED, "tell check 1 of 2")
    story.on(cancelled()).expect(Phase.ISSUED, "answer canceller 4003")


def test_a_check_does_not_answer_for_a_refund_that_is_open() -> None:
    story = refunding().on(checked(1))
    story.expect(Phase.ISSUED, "tell check 1 of 2", "alarm checked_during_refund")
    story.on(cancelled()).expect(Phase.ISSUED)


def test_vouchers_that_arrive_meanwhile_are_kept_until_the_refund_is_refused() -> None:
    story = refunding(awaiting()).on(issued(V1, V2)).expect(Phase.ISSUED)
    story.fork().answer(RefundRefused("不支持退款")).expect(
        Phase.ISSUED, "tell refund rejected 2", "answer canceller 4000", TICKETS
    )
    story.answer(RefundAccepted("A1", approved=True))
    story.expect(Phase.REFUNDED, "tell refund approved 2", "answer canceller 1000")


def test_a_failed_order_answers_4000_while_its_refund_is_open() -> None:
    ticketless().on(cancelled()).expect(Phase.TICKET_FAILED, "answer canceller 4000")


def test_who_cancelled_is_answered_when_the_ticket_fails() -> None:
    story = paying().on(cancelled()).expect(Phase.PAYING)
    story.answer(TicketFailed()).expect(Phase.TICKET_FAILED, "call refund")
    story.answer(RefundAccepted("A1", approved=True)).expect(
        Phase.REFUNDED,
        "tell refund approved 2",
        "answer buyer 3000",
        "tell failure 3000",
        "answer canceller 1000",
    )

"""Stories of Create: refusals at the door, unknown outcomes, the same number again."""

from dataclasses import replace

import pytest

from tests.saga.beginnings import HUMAN, STOCK_HELD, creating, paying
from tests.saga.facts import (
    DEMAND,
    EARLY_BUYER,
    POLICY,
    STOCK,
    V1,
    ZZY,
    cancelled,
    checked,
    issued,
    ordered,
)
from tests.saga.playbook import Playbook
from worker.saga.events import (
    CancelAccepted,
    CancelRefused,
    CodesMissing,
    CreateRefused,
    CreateSucceeded,
    CreateUnknown,
    Event,
    OutcomeUnheard,
    PaySucceeded,
    TicketFailed,
)
from worker.saga.states import Phase

OTHER = replace(DEMAND, count=1)


def test_a_refusal_at_the_door_is_answered_and_leaves_the_number_free() -> None:
    story = Playbook().on(ordered(refusal=STOCK)).expect(Phase.REFUSED, "answer buyer 3008")
    story.on(ordered(demand=OTHER)).expect(Phase.CREATING, "call create")
    assert story.order.demand == OTHER


@pytest.mark.parametrize(
    "event", [ordered(refusal=STOCK, waiter=None), ordered(refusal=STOCK, received=-6)]
)
def test_a_refusal_at_the_door_is_notified_where_nobody_reads_the_answer(event: Event) -> None:
    story = Playbook().on(event)
    assert "tell failure 3008" in story._effects()


def test_an_order_that_is_taken_too_late_is_never_asked_for() -> None:
    story = Playbook().on(ordered(received=-600))
    story.expect(Phase.REFUSED, "answer buyer 3000", "tell failure 3000")


def test_reply_on_created_is_answered_before_the_pay() -> None:
    story = creating(ordered(waiter=EARLY_BUYER)).answer(CreateSucceeded(ZZY))
    story.expect(Phase.PAYING, "answer early buyer 1000", "call pay")


def test_a_refused_create_is_answered_and_notified() -> None:
    story = creating().answer(CreateRefused(STOCK))
    story.expect(Phase.REFUSED, "answer buyer 3008", "tell failure 3008")
    story.on(ordered(demand=OTHER)).expect(Phase.REFUSED, "answer buyer 3000")  # not free


def test_a_refusal_whose_answer_was_missed_is_notified_once() -> None:
    story = Playbook().on(ordered(refusal=STOCK)).expect(Phase.REFUSED, "answer buyer 3008")
    story.on(OutcomeUnheard("other")).expect(Phase.REFUSED)
    story.on(OutcomeUnheard("k")).expect(Phase.REFUSED, "tell failure 3008")
    story.on(OutcomeUnheard("k")).expect(Phase.REFUSED)
    story.on(ordered()).expect(Phase.CREATING, "call create")  # the number stayed free


def test_an_order_that_goes_on_has_nothing_to_tell_who_missed_an_answer() -> None:
    story = creating().on(OutcomeUnheard("k")).expect(Phase.CREATING)
    story.answer(CreateRefused(STOCK)).expect(
        Phase.REFUSED, "answer buyer 3008", "tell failure 3008"
    )
    story.on(OutcomeUnheard("k")).expect(Phase.REFUSED)


def test_a_refusal_with_an_alarm_raises_it() -> None:
    story = creating().answer(CreateRefused(STOCK, alarm="zzy_refusal"))
    story.expect(Phase.REFUSED, "alarm zzy_refusal", "answer buyer 3008", "tell failure 3008")


def test_an_unknown_create_is_sent_again_under_the_same_number() -> None:
    story = creating()
    first = story.last_call
    for wait in POLICY.unknown_retries:
        story.answer(CreateUnknown("timeout"), after=15).expect(Phase.CREATING, wake=wait)
        story.wake().expect(Phase.CREATING, "call create")
    story.answer(CreateUnknown("timeout"), after=15)
    story.expect(Phase.REFUSED, "answer buyer 3000", "tell failure 3000", STOCK_HELD)
    assert story.last_call.key != first.key


def test_a_repeat_refused_as_a_duplicate_ends_refused_with_a_low_alarm() -> None:
    story = creating().answer(CreateUnknown("timeout")).expect(Phase.CREATING, wake=1)
    story.wake().expect(Phase.CREATING, "call create")
    story.answer(CreateRefused(STOCK, duplicate=True))
    story.expect(Phase.REFUSED, "answer buyer 3008", "tell failure 3008", STOCK_HELD)


def test_a_refused_signature_never_ends_an_order_before_its_deadline() -> None:
    story = creating()
    while story.now < story.order.pay_deadline:
        story.answer(CreateUnknown("signature", signature_refused=True), after=1)
        story.expect(Phase.CREATING, "alarm zzy_signature_refused")
        if story.order.wake_at and story.order.wake_at >= story.order.pay_deadline:
            break
        story.wake().expect(Phase.CREATING, "call create")
    story.wake().expect(Phase.REFUSED, "answer buyer 3000", "tell failure 3000", STOCK_HELD)


def test_create_unknown_past_the_deadline_ends_refused() -> None:
    story = creating().answer(CreateUnknown("timeout"), after=600)
    story.expect(Phase.REFUSED, "answer buyer 3000", "tell failure 3000", STOCK_HELD)


def test_a_clock_that_is_ahead_puts_off_no_deadline() -> None:
    story = Playbook().on(ordered(received=250)).expect(Phase.CREATING, "call create")
    assert (story.order.pay_deadline - story.now).total_seconds() == POLICY.pay_deadline


def test_created_past_the_deadline_is_not_paid_but_cancelled() -> None:
    story = creating().answer(CreateSucceeded(ZZY), after=600).expect(Phase.CLOSING, "call cancel")
    story.answer(CancelAccepted()).expect(Phase.REFUSED, "answer buyer 3000", "tell failure 3000")


def test_a_touched_order_is_not_paid_blindly() -> None:
    story = creating().answer(CreateSucceeded(ZZY, untouched=False)).expect(Phase.PAYING, wake=1)
    story.wake().expect(Phase.PAYING, "call probe")
    story.answer(issued(V1)).expect(Phase.ISSUED, "answer buyer 1000", "tell vouchers c-1")


def test_a_touched_order_that_a_cancel_waits_for_is_refunded_if_it_cannot_be_cancelled() -> None:
    story = creating().on(cancelled()).expect(Phase.CREATING)
    story.answer(CreateSucceeded(ZZY, untouched=False)).expect(Phase.CLOSING, "call cancel")
    story.answer(CancelRefused("已支付", paid=True))
    story.expect(Phase.AWAITING_TICKET, "answer buyer 1000", "call refund")


def test_a_crash_during_create_is_found_by_its_lease() -> None:
    story = creating().wake().expect(Phase.CREATING, wake=1)
    story.wake().expect(Phase.CREATING, "call create")


def test_a_late_answer_of_a_lost_create_is_taken_if_it_is_a_success() -> None:
    story = creating()
    lost = story.last_call
    story.wake().expect(Phase.CREATING)
    story.fork().on(CreateSucceeded(ZZY), answers=lost).expect(Phase.PAYING, "call pay")
    story.fork().on(CreateUnknown("timeout"), answers=lost).expect_nothing()
    story.fork().on(CreateRefused(STOCK), answers=lost).expect_nothing()


def test_a_second_number_from_zzy_is_never_paid() -> None:
    story = paying().on(CreateSucceeded("999")).expect_nothing()
    story.on(issued(V1, zzy="999")).expect_nothing()
    assert story.order.zzy_order_id == ZZY


@pytest.mark.parametrize("notice", [issued(V1, zzy=ZZY), TicketFailed(ZZY), checked(1)])
def test_a_notice_before_creates_answer_is_held(notice: Event) -> None:
    creating().on(notice).expect_hold()


def test_the_same_order_again_waits_with_the_first() -> None:
    story = creating().on(ordered()).expect(Phase.CREATING)
    story.answer(CreateSucceeded(ZZY)).expect(Phase.PAYING, "call pay")
    story.on(ordered(waiter=EARLY_BUYER)).expect(Phase.PAYING, "answer early buyer 1000")
    story.answer(PaySucceeded())
    story.expect(Phase.AWAITING_TICKET, "answer buyer 1000", "answer buyer 1000")
    story.on(ordered()).expect(Phase.AWAITING_TICKET, "answer buyer 1000")


def test_very_many_askers_do_not_swell_the_order() -> None:
    story = creating()
    for _ in range(50):
        story.on(ordered()).expect(Phase.CREATING)
    assert len(story.order.waiters) == 16


def test_another_order_under_the_number_is_refused_to_its_asker_alone() -> None:
    story = creating().on(ordered(demand=OTHER)).expect(Phase.CREATING, "answer buyer 3000")
    story.on(ordered(demand=OTHER, waiter=None)).expect(Phase.CREATING, "alarm conflicting_order")
    story.answer(CreateSucceeded(ZZY)).expect(Phase.PAYING, "call pay")
    assert story.order.demand == DEMAND


def test_tickets_for_an_order_that_was_refused_call_a_human_once() -> None:
    story = creating().answer(CreateRefused(STOCK))
    story.expect(Phase.REFUSED, "answer buyer 3008", "tell failure 3008")
    story.on(checked(1)).expect(Phase.REFUSED, HUMAN, human="ZZY reported VerificationNoticed")
    story.on(checked(1)).expect(Phase.REFUSED, human="ZZY reported VerificationNoticed")
    story.on(PaySucceeded()).expect(Phase.REFUSED, HUMAN, human="ZZY reported PaySucceeded")
    story.on(TicketFailed()).expect(Phase.REFUSED, HUMAN, human="ZZY reported TicketFailed")
    story.on(issued(V1)).expect(Phase.REFUSED, HUMAN, human="ZZY reported TicketIssued")


def test_a_probe_for_nobody_is_stale() -> None:
    creating().on(CodesMissing()).expect_nothing()

"""Stories of tickets: notices early, late, twice, in parts, failed, or never; checks."""

from dataclasses import replace

from tests.saga.beginnings import (
    AUDITED,
    HUMAN,
    TICKETS,
    awaiting,
    has_tickets,
    paying,
    refunding,
    ticketless,
)
from tests.saga.facts import POLICY, V1, V2, V3, ZHANG, checked, issued, ordered, refund_noticed
from tests.saga.playbook import Playbook
from worker.saga.effects import VouchersTold
from worker.saga.events import (
    CancelAccepted,
    CodesMissing,
    PaySucceeded,
    RefundAccepted,
    TicketDoubted,
    TicketFailed,
)
from worker.saga.states import Phase


def test_the_ticket_notice_delivers_the_vouchers() -> None:
    story = awaiting().on(issued(V1, V2)).expect(Phase.ISSUED, TICKETS)
    assert story.order.wake_at is None


def test_vouchers_get_the_names_of_their_id_cards() -> None:
    story = awaiting().on(issued(replace(V1, name=""))).expect(Phase.ISSUED, "tell vouchers c-1")
    assert isinstance(story.told[-1], VouchersTold)
    assert story.told[-1].vouchers[0].name == ZHANG.name


def test_a_repeat_adds_nothing() -> None:
    has_tickets().on(issued(V2, V1)).expect(Phase.ISSUED)


def test_each_part_of_a_bundle_is_delivered_once() -> None:
    story = has_tickets().on(issued(V3)).expect(Phase.ISSUED, "tell vouchers c-3")
    story.on(issued(V1, V3)).expect(Phase.ISSUED)


def test_tickets_without_codes_are_told_as_an_empty_list() -> None:
    story = awaiting().on(issued()).expect(Phase.ISSUED, "tell vouchers")
    story.on(issued()).expect(Phase.ISSUED)
    story.on(issued(V1)).expect(Phase.ISSUED, "tell vouchers c-1")


def no_ticket() -> Playbook:
    """No notice, and PersonQrCodes shows nothing to the end."""
    story = awaiting().wake().expect(Phase.AWAITING_TICKET, "call probe")
    for wait in POLICY.ticket_probes:
        story.answer(CodesMissing()).expect(Phase.AWAITING_TICKET, wake=wait)
        story.wake().expect(Phase.AWAITING_TICKET, "call probe")
    return story.answer(CodesMissing()).expect(
        Phase.AWAITING_TICKET, HUMAN, human="paid, and no ticket came"
    )


def test_a_notice_that_never_comes_is_probed_for_and_then_a_human_is_called() -> None:
    story = no_ticket()
    story.fork().on(issued(V1)).expect(Phase.ISSUED, "tell vouchers c-1")
    story.fork().on(TicketFailed()).expect(Phase.TICKET_FAILED, "call refund")
    story.on(refund_noticed("")).expect(
        Phase.REFUNDED, "tell refund forced 2", "alarm forced_refund"
    )


def test_the_probe_finds_the_tickets() -> None:
    story = awaiting().wake().expect(Phase.AWAITING_TICKET, "call probe")
    story.answer(issued(V1, V2)).expect(Phase.ISSUED, TICKETS)


def test_a_probe_that_was_lost_is_repeated() -> None:
    story = awaiting().wake().expect(Phase.AWAITING_TICKET, "call probe")
    story.wake().expect(Phase.AWAITING_TICKET, wake=POLICY.ticket_probes[0])


def test_the_notice_during_the_probe() -> None:
    story = awaiting().wake().expect(Phase.AWAITING_TICKET, "call probe")
    story.on(issued(V1, V2)).expect(Phase.ISSUED, TICKETS)
    story.answer(issued(V1, V2)).expect(Phase.ISSUED)


def test_a_failed_ticket_is_told_once_its_money_is_claimed() -> None:
    story = ticketless()
    audited = story.fork().answer(RefundAccepted("A1"))
    audited.expect(Phase.TICKET_FAILED, "tell failure 3000", wake=POLICY.audit_deadline)
    audited.on(refund_noticed("A1")).expect(Phase.REFUNDED, "tell refund approved 2")
    done = story.answer(RefundAccepted("A1", approved=True))
    done.expect(Phase.REFUNDED, "tell refund approved 2", "tell failure 3000")


def test_a_failed_ticket_during_a_refund_that_zzy_has_is_told_at_once() -> None:
    story = refunding(awaiting()).answer(RefundAccepted("A1"))
    story.expect(Phase.AWAITING_TICKET, AUDITED, wake=POLICY.audit_deadline)
    story.on(TicketFailed())
    story.expect(Phase.TICKET_FAILED, "tell failure 3000", "answer canceller 4000")
    story.on(refund_noticed("A1")).expect(Phase.REFUNDED, "tell refund approved 2")


def test_a_failed_ticket_during_a_refund_call_waits_for_the_call() -> None:
    story = refunding(awaiting()).on(TicketFailed()).expect(Phase.TICKET_FAILED)
    story.answer(RefundAccepted("A1"))
    story.expect(Phase.TICKET_FAILED, "tell failure 3000", "answer canceller 4000")


def test_the_failed_order_again() -> None:
    story = ticketless().on(ordered()).expect(Phase.TICKET_FAILED)
    story.answer(RefundAccepted("A1"))
    story.expect(Phase.TICKET_FAILED, "answer buyer 3000", "tell failure 3000")
    story.on(ordered()).expect(Phase.TICKET_FAILED, "answer buyer 3000")


def test_a_ticket_after_its_failure_calls_a_human_and_the_refund_goes_on() -> None:
    story = ticketless()
    lease = story.order.wake_at
    story.on(issued(V1)).expect(Phase.TICKET_FAILED, HUMAN, human="ZZY reported TicketIssued")
    story.on(issued(V1)).expect(Phase.TICKET_FAILED, human="ZZY reported TicketIssued")
    assert story.order.wake_at == lease
    story.answer(RefundAccepted("A1", approved=True)).expect(
        Phase.REFUNDED, "tell refund approved 2", "tell failure 3000", human="ZZY reported"
    )


def test_a_failure_after_the_tickets_calls_a_human() -> None:
    story = has_tickets().on(TicketFailed())
    story.expect(Phase.ISSUED, HUMAN, human="ZZY reported TicketFailed")


def test_a_cancel_that_zzy_accepts_after_the_pay_calls_a_human() -> None:
    story = has_tickets().on(CancelAccepted())
    story.expect(Phase.ISSUED, HUMAN, human="ZZY reported CancelAccepted")


def test_money_told_of_late_is_kept() -> None:
    has_tickets().on(PaySucceeded()).expect(Phase.ISSUED)
    ticketless().on(PaySucceeded()).expect(Phase.TICKET_FAILED)


def test_the_highest_count_of_checks_is_kept_and_told() -> None:
    story = has_tickets().on(checked(1)).expect(Phase.ISSUED, "tell check 1 of 2")
    story.on(checked(1)).expect_nothing()
    story.on(checked(7)).expect(Phase.ISSUED, "tell check 2 of 2")
    story.on(checked(1)).expect_nothing()


def test_which_tickets_were_used_is_kept_one_by_one() -> None:
    story = has_tickets().on(checked(1, "c-2")).expect(Phase.ISSUED, "tell check 1 of 2")
    story.on(checked(2, "c-1")).expect(Phase.ISSUED, "tell check 2 of 2")
    story.on(checked(2, "c-1")).expect_nothing()
    assert story.order.checked_codes == ("c-2", "c-1")


def test_a_check_during_a_refund_is_told_with_an_alarm_and_the_audit_decides() -> None:
    story = refunding().on(checked(1))
    story.expect(Phase.ISSUED, "tell check 1 of 2", "alarm checked_during_refund")
    rejected = story.fork().answer(RefundAccepted("A1", approved=False))
    rejected.expect(Phase.ISSUED, "tell refund rejected 2", "answer canceller 4003")
    story.answer(RefundAccepted("A1", approved=True)).expect(
        Phase.ISSUED,
        HUMAN,
        "tell refund approved 1",
        "answer canceller 1000",
        human="ZZY refunded more than was left",
    )
    assert (story.order.checked, story.order.refunded) == (1, 1)


def test_a_check_of_what_was_refunded_calls_a_human_and_is_not_counted() -> None:
    story = refunding().answer(RefundAccepted("A1", approved=True))
    story.expect(Phase.REFUNDED, "tell refund approved 2", "answer canceller 1000")
    story.on(checked(1)).expect(Phase.REFUNDED, HUMAN, human="ZZY reported VerificationNoticed")
    assert (story.order.checked, story.order.refunded) == (0, 2)


def test_late_tickets_of_a_refunded_order_are_not_delivered() -> None:
    story = refunding().answer(RefundAccepted("A1", approved=True))
    story.expect(Phase.REFUNDED, "tell refund approved 2", "answer canceller 1000")
    story.on(issued(V1, V2, V3)).expect_nothing()
    story.on(ordered()).expect(Phase.REFUNDED, "answer buyer 3000")


def test_a_ticket_notice_set_apart_asks_person_qr_codes_until_it_answers() -> None:
    story = has_tickets().on(TicketDoubted()).expect(Phase.ISSUED, "call probe")
    story.answer(CodesMissing("timeout")).expect(Phase.ISSUED, wake=POLICY.ticket_probes[0])
    story.wake().expect(Phase.ISSUED, "call probe")
    story.answer(issued(V1, V2, V3)).expect(Phase.ISSUED, "tell vouchers c-3")


def test_tickets_without_codes_are_told_and_asked_for_until_the_schedule_ends() -> None:
    story = (
        paying().answer(issued(ask=True)).expect(Phase.ISSUED, "answer buyer 1000", "call probe")
    )
    story.answer(CodesMissing()).expect(Phase.ISSUED, "tell vouchers", wake=POLICY.ticket_probes[0])
    for wait in POLICY.ticket_probes[1:]:
        story.wake().expect(Phase.ISSUED, "call probe")
        story.answer(CodesMissing()).expect(Phase.ISSUED, wake=wait)


def test_a_notice_that_was_set_apart_asks_person_qr_codes() -> None:
    story = awaiting().on(TicketDoubted()).expect(Phase.AWAITING_TICKET, "call probe")
    story.on(TicketDoubted()).expect_hold()
    story.fork().answer(issued(V1)).expect(Phase.ISSUED, "tell vouchers c-1")
    story.answer(CodesMissing()).expect(Phase.AWAITING_TICKET, wake=POLICY.ticket_probes[0])


def test_a_doubt_about_issued_tickets_is_asked_about_until_it_is_answered() -> None:
    story = has_tickets().on(TicketDoubted()).expect(Phase.ISSUED, "call probe")
    for wait in POLICY.ticket_probes:
        story.answer(CodesMissing()).expect(Phase.ISSUED, wake=wait)
        story.wake().expect(Phase.ISSUED, "call probe")
    story.fork().answer(CodesMissing()).expect_nothing()
    story.answer(issued(V1, V2, V3)).expect(Phase.ISSUED, "tell vouchers c-3")


def test_a_doubt_changes_nothing_where_the_money_is_on_its_way_back() -> None:
    audited = refunding().answer(RefundAccepted("A1"))
    audited.expect(Phase.ISSUED, AUDITED, wake=POLICY.audit_deadline)
    audited.on(TicketDoubted()).expect(Phase.ISSUED)
    ticketless().on(TicketDoubted()).expect_nothing()

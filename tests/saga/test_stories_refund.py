"""Stories of refunds: audit, rejected, refused, repeated, forced, stray."""

from dataclasses import replace
from typing import Any

import pytest

from tests.saga.beginnings import (
    AUDITED,
    HUMAN,
    TICKETS,
    awaiting,
    has_tickets,
    refunding,
    ticketless,
)
from tests.saga.facts import NUM, POLICY, V1, V2, cancelled, checked, issued, refund_noticed
from tests.saga.playbook import Playbook
from worker.saga.effects import RefundTold
from worker.saga.events import RefundAccepted, RefundRefused, RefundUnknown
from worker.saga.states import Phase

R1, R2 = f"{NUM}R1", f"{NUM}R2"
REPEATED = RefundRefused("批次号重复", repeat=True)
REJECTED = ("tell refund rejected 2", "answer canceller 4000")
APPROVED = ("tell refund approved 2", "answer canceller 1000")


def under_audit(story: Playbook | None = None) -> Playbook:
    story = refunding(story).answer(RefundAccepted("A1"))
    return story.expect(story.order.phase, AUDITED, wake=POLICY.audit_deadline)


@pytest.mark.parametrize("name", ["A1", R1])
def test_the_audit_decides(name: str) -> None:
    under_audit().on(refund_noticed(name)).expect(Phase.REFUNDED, *APPROVED)
    rejected = under_audit().on(refund_noticed(name, approved=False))
    rejected.expect(Phase.ISSUED, *REJECTED)
    assert rejected.order.wake_at is None
    rejected.on(refund_noticed(name, approved=False)).expect(Phase.ISSUED)
    rejected.on(cancelled()).expect(Phase.ISSUED, "call refund")
    assert rejected.order.refund is not None
    assert rejected.order.refund.refund_id == R2


def test_a_rejection_while_the_ticket_is_awaited_waits_on() -> None:
    story = under_audit(awaiting()).on(refund_noticed("A1", approved=False))
    story.expect(Phase.AWAITING_TICKET, *REJECTED, wake=600)
    answered = refunding(awaiting()).answer(RefundAccepted("A1", approved=False))
    answered.expect(Phase.AWAITING_TICKET, *REJECTED, wake=600)
    refused = refunding(awaiting()).answer(RefundRefused("不支持退款"))
    refused.expect(Phase.AWAITING_TICKET, *REJECTED, wake=600)


def test_an_answer_may_be_final() -> None:
    story = refunding()
    story.fork().answer(RefundAccepted("A1", approved=True)).expect(Phase.REFUNDED, *APPROVED)
    story.answer(RefundAccepted("A1", approved=False)).expect(Phase.ISSUED, *REJECTED)


def test_an_audit_that_never_ends_calls_a_human_and_a_late_notice_lets_them_go() -> None:
    story = under_audit().wake().expect(Phase.ISSUED, HUMAN, human="a refund has no known outcome")
    story.fork().on(refund_noticed("A1")).expect(Phase.REFUNDED, *APPROVED)
    story.on(refund_noticed("A1", approved=False)).expect(Phase.ISSUED, *REJECTED)


def test_an_unknown_refund_is_repeated_with_the_same_refund_id() -> None:
    story = refunding().answer(RefundUnknown("timeout")).expect(Phase.ISSUED, wake=1)
    story.wake().expect(Phase.ISSUED, "call refund")
    assert story.order.refund is not None
    assert story.order.refund.refund_id == R1
    story.answer(REPEATED).expect(Phase.ISSUED, AUDITED, wake=POLICY.audit_deadline)
    story.on(refund_noticed(R1)).expect(Phase.REFUNDED, *APPROVED)


def test_a_crash_during_the_refund_is_an_unknown_refund() -> None:
    story = refunding().wake().expect(Phase.ISSUED, wake=1)
    assert story.order.refund is not None
    assert story.order.refund.doubtful


def test_a_repeat_that_nobody_doubted_is_a_refusal() -> None:
    refunding().answer(REPEATED).expect(Phase.ISSUED, *REJECTED)


def test_a_refund_that_never_left_us_leaves_no_doubt() -> None:
    story = refunding().answer(RefundUnknown("no connection", sent=False))
    story.expect(Phase.ISSUED, wake=1)
    story.wake().expect(Phase.ISSUED, "call refund")
    story.answer(RefundRefused("不支持退款")).expect(Phase.ISSUED, *REJECTED)


def test_another_refusal_after_an_unknown_refund_proves_nothing() -> None:
    story = refunding().answer(RefundUnknown("timeout")).expect(Phase.ISSUED, wake=1)
    story.wake().expect(Phase.ISSUED, "call refund")
    known = story.fork().answer(RefundRefused("可退数量不足")).expect(Phase.ISSUED, wake=2)
    known.wake().expect(Phase.ISSUED, "call refund")
    known.answer(REPEATED).expect(Phase.ISSUED, AUDITED, wake=POLICY.audit_deadline)
    for wait in POLICY.unknown_retries[1:]:
        story.answer(RefundRefused("可退数量不足")).expect(Phase.ISSUED, wake=wait)
        story.wake().expect(Phase.ISSUED, "call refund")
    story.answer(RefundRefused("可退数量不足"))
    story.expect(Phase.ISSUED, HUMAN, human="a refund has no known outcome")
    story.on(refund_noticed(R1)).expect(Phase.REFUNDED, *APPROVED)


def hopeless(story: Playbook) -> Playbook:
    """The refund never gets a clear answer."""
    for wait in POLICY.unknown_retries:
        story.answer(RefundUnknown("timeout")).expect(story.order.phase, wake=wait)
        story.wake().expect(story.order.phase, "call refund")
    story.answer(RefundUnknown("timeout"))
    return story.expect(story.order.phase, HUMAN, human="a refund has no known outcome")


def test_a_refund_without_an_answer_calls_a_human_who_stays_when_tickets_come() -> None:
    story = hopeless(refunding(awaiting()))
    story.on(issued(V1, V2)).expect(Phase.ISSUED, human="a refund has no known outcome")
    story.on(refund_noticed("A9")).expect(Phase.ISSUED, HUMAN, human="a refund notice names no")
    rejected = story.on(refund_noticed(R1, approved=False))
    rejected.expect(Phase.ISSUED, *REJECTED, TICKETS, human="a refund notice names no")


def test_a_late_answer_of_a_refund_that_is_closed_is_stale() -> None:
    story = refunding()
    first = story.last_call
    story.wake().expect(Phase.ISSUED, wake=1)
    story.wake().expect(Phase.ISSUED, "call refund")
    story.on(refund_noticed(R1, approved=False)).expect(Phase.ISSUED, *REJECTED)
    story.fork().answer(REPEATED).expect_nothing()
    story.fork().on(RefundAccepted("A1"), answers=first).expect_nothing()
    story.fork().on(RefundUnknown("timeout"), answers=first).expect_nothing()
    assert story.order.wake_at is None


def test_a_notice_that_may_name_an_apply_id_still_to_be_told_is_held() -> None:
    refunding().on(refund_noticed("A1")).expect_hold()
    story = refunding().answer(RefundUnknown("timeout")).expect(Phase.ISSUED, wake=1)
    story.on(refund_noticed("A1")).expect_hold()


def test_a_notice_that_names_no_refund_of_ours_calls_a_human_and_stops_nothing() -> None:
    story = under_audit().on(refund_noticed("A9"))
    story.expect(Phase.ISSUED, HUMAN, human="a refund notice names no")
    assert story.order.wake_at is not None
    story.on(refund_noticed("A1")).expect(
        Phase.REFUNDED, *APPROVED, human="a refund notice names no"
    )


def test_the_supplier_forces_all() -> None:
    forced = ("tell refund forced 2", "alarm forced_refund")
    story = has_tickets()
    story.fork().on(refund_noticed("")).expect(Phase.REFUNDED, *forced)
    story.fork().on(refund_noticed("", "c-1", "c-2")).expect(Phase.REFUNDED, *forced)
    part = story.on(refund_noticed("", "c-1"))
    part.expect(Phase.ISSUED, "tell refund forced 1", "alarm forced_refund")
    part.on(refund_noticed("", "c-1")).expect(Phase.ISSUED)
    part.on(refund_noticed("", "c-2", "c-1"))
    part.expect(Phase.REFUNDED, "tell refund forced 1", "alarm forced_refund")


def test_the_orders_own_code_means_all_that_is_left() -> None:
    story = awaiting().on(issued(V1, code="order-code")).expect(Phase.ISSUED, "tell vouchers c-1")
    story.on(refund_noticed("", "order-code"))
    story.expect(Phase.REFUNDED, "tell refund forced 2", "alarm forced_refund")


def test_a_doubted_forced_refund_waits_for_a_person() -> None:
    doubted = replace(refund_noticed(""), doubt="its codes are still shown")
    told: dict[str, Any] = {"human": "ZZY forced a refund of codes that it still shows"}
    story = has_tickets().on(doubted).expect(Phase.ISSUED, "set apart", HUMAN, **told)
    story.on(doubted).expect(Phase.ISSUED, "set apart", **told)
    assert story.order.refunded == 0
    forced = ("tell refund forced 2", "alarm forced_refund")
    story.fork().on(refund_noticed("")).expect(Phase.REFUNDED, *forced)
    story.on(refund_noticed("", "c-1"))
    story.expect(Phase.ISSUED, "tell refund forced 1", "alarm forced_refund")
    assert story.order.human == "", "what a person was called for is answered"
    story.on(replace(refund_noticed("", "c-1"), doubt="shown")).expect(Phase.ISSUED)
    audited = under_audit().on(doubted).expect(Phase.ISSUED, "set apart", HUMAN, **told)
    audited.on(refund_noticed("A1"))
    audited.expect(Phase.REFUNDED, "tell refund approved 2", "answer canceller 1000")


def test_a_forced_refund_overtakes_ours() -> None:
    story = (
        under_audit()
        .on(refund_noticed(""))
        .expect(
            Phase.REFUNDED, "tell refund forced 2", "alarm forced_refund", "answer canceller 1000"
        )
    )
    story.on(refund_noticed("A1")).expect_nothing()


def test_a_forced_part_is_not_counted_twice_when_ours_is_approved() -> None:
    story = under_audit().on(refund_noticed("", "c-1"))
    story.expect(Phase.ISSUED, "tell refund forced 1", "alarm forced_refund")
    story.on(refund_noticed("A1"))
    story.expect(Phase.REFUNDED, "tell refund approved 1", "answer canceller 1000")
    assert story.order.refunded == 2


def test_what_was_checked_cannot_be_forced() -> None:
    story = has_tickets().on(checked(2)).expect(Phase.ISSUED, "tell check 2 of 2")
    story.on(refund_noticed("")).expect(Phase.ISSUED)


def test_zzy_refuses_the_money_of_a_failed_ticket() -> None:
    told: dict[str, Any] = {"human": "a refund was refused"}
    story = ticketless()
    story.fork().answer(RefundRefused("不支持退款")).expect(Phase.TICKET_FAILED, HUMAN, **told)
    story.fork().answer(RefundAccepted("A1", approved=False)).expect(
        Phase.TICKET_FAILED, HUMAN, **told
    )
    audited = story.answer(RefundAccepted("A1")).expect(Phase.TICKET_FAILED, "tell failure 3000")
    audited.on(refund_noticed("A1", approved=False)).expect(Phase.TICKET_FAILED, HUMAN, **told)
    audited.on(cancelled()).expect(Phase.TICKET_FAILED, "answer canceller 4000", **told)
    audited.on(refund_noticed("")).expect(
        Phase.REFUNDED, "tell refund forced 2", "alarm forced_refund"
    )


def test_the_refund_of_a_failed_ticket_is_repeated() -> None:
    story = ticketless().wake().expect(Phase.TICKET_FAILED, wake=1)
    story.wake().expect(Phase.TICKET_FAILED, "call refund")
    story.answer(REPEATED)
    story.expect(Phase.TICKET_FAILED, "tell failure 3000", wake=POLICY.audit_deadline)


def test_the_reason_travels_with_the_refund() -> None:
    story = refunding().answer(RefundRefused("不支持退款")).expect(Phase.ISSUED, *REJECTED)
    assert isinstance(story.told[-1], RefundTold)
    assert story.told[-1].reason == "不支持退款"

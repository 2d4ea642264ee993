"""Stories of refunds that a channel names itself (部分退款): parts, codes, repeats, races."""

import pytest

from tests.saga.beginnings import (
    HUMAN,
    PART_AUDITED,
    TICKETS,
    awaiting,
    creating,
    has_tickets,
    part_audited,
    part_refunding,
    paying,
    ticketless_while_part_refunding,
)
from tests.saga.facts import (
    NUM,
    REFUNDER,
    V1,
    V2,
    cancelled,
    checked,
    issued,
    refund_noticed,
    refunded_by_channel,
)
from tests.saga.playbook import Playbook
from worker.saga.decide import decide
from worker.saga.effects import RefundStands, Reply
from worker.saga.events import RefundAccepted, RefundRefused, RefundUnknown, TicketFailed
from worker.saga.states import Ending, Phase

R1, R2 = f"{NUM}R1", f"{NUM}R2"
APPROVED = ("tell refund approved 1", "answer refunder 1000")
REJECTED = ("tell refund rejected 1", "answer refunder 4000")
APPROVE = RefundAccepted("A1", approved=True)


def by_codes(*codes: str, num: str = "r-1") -> Playbook:
    return part_refunding(event=refunded_by_channel(num, None, *codes))


def test_a_part_leaves_the_order_issued_and_the_rest_refunds_it() -> None:
    story = part_refunding().answer(APPROVE).expect(Phase.ISSUED, *APPROVED)
    assert (story.order.refunded, story.order.refundable, story.order.wake_at) == (1, 1, None)
    rest = story.on(refunded_by_channel("r-2")).expect(Phase.ISSUED, "call refund")
    assert rest.order.refund is not None
    assert (rest.order.refund.refund_id, rest.order.refund.count) == (R2, 1)
    rest.answer(RefundAccepted("A2", approved=True)).expect(Phase.REFUNDED, *APPROVED)
    assert [past.ending for past in rest.order.refunds] == [Ending.APPROVED] * 2


def test_codes_travel_and_are_remembered() -> None:
    story = by_codes("c-2")
    assert story.order.refund is not None
    assert (story.order.refund.count, story.order.refund.codes) == (1, ("c-2",))
    story.answer(APPROVE).expect(Phase.ISSUED, *APPROVED)
    assert story.order.refunded_codes == ("c-2",)
    story.on(refunded_by_channel("r-2", None, "c-2")).expect(Phase.ISSUED, "answer refunder 4000")


def test_a_part_before_the_ticket_waits_on_for_it() -> None:
    story = part_refunding(awaiting())
    story.fork().answer(APPROVE).expect(Phase.AWAITING_TICKET, *APPROVED, wake=600)
    refused = story.fork().answer(RefundRefused("不支持退款"))
    refused.expect(Phase.AWAITING_TICKET, *REJECTED, wake=600)
    audited = story.answer(RefundAccepted("A1")).expect(Phase.AWAITING_TICKET, PART_AUDITED)
    audited.on(issued(V1, V2)).expect(Phase.ISSUED, TICKETS)
    audited.on(refund_noticed("A1", "c-2")).expect(Phase.ISSUED, *APPROVED)
    assert audited.order.usable_codes == {"c-1"}


def test_vouchers_are_held_back_while_all_that_is_left_is_asked_for() -> None:
    story = part_refunding(awaiting(), refunded_by_channel("r-1"))
    story.on(issued(V1, V2)).expect(Phase.ISSUED)
    story.answer(RefundRefused("不支持退款"))
    story.expect(Phase.ISSUED, "tell refund rejected 2", "answer refunder 4000", TICKETS)


def test_the_same_refund_again_is_the_same_refund() -> None:
    again = refunded_by_channel("r-1", 1)
    story = part_refunding().on(again).expect(Phase.ISSUED)
    story.answer(RefundAccepted("A1")).expect(Phase.ISSUED, PART_AUDITED, PART_AUDITED)
    story.on(again).expect(Phase.ISSUED, PART_AUDITED)
    story.on(refund_noticed("A1"))
    story.expect(Phase.ISSUED, "tell refund approved 1", *["answer refunder 1000"] * 3)
    story.on(again).expect(Phase.ISSUED, "answer refunder 1000")
    story.on(refund_noticed("A1")).expect(Phase.ISSUED)
    story.on(refunded_by_channel("r-1", 2)).expect(Phase.ISSUED, "answer refunder 4000")
    assert story.order.refunds_made == 1


def test_a_rejected_refund_stays_rejected_and_another_name_asks_anew() -> None:
    story = part_audited().on(refund_noticed("A1", approved=False))
    story.expect(Phase.ISSUED, *REJECTED)
    story.on(refunded_by_channel("r-1", 1)).expect(Phase.ISSUED, "answer refunder 4000")
    story.on(refund_noticed("A1", approved=False)).expect(Phase.ISSUED)
    story.on(refunded_by_channel("r-2", 1)).expect(Phase.ISSUED, "call refund")


def test_the_answer_says_how_the_refund_stands() -> None:
    story = part_refunding()
    before = story.order
    audited = decide(before, RefundAccepted("A1"), story.now, story.policy, answers=story.last_call)
    settled = decide(before, APPROVE, story.now, story.policy, answers=story.last_call)
    assert replies(audited.effects) == [(False, RefundStands(R1, 1, "pending"))]
    assert replies(settled.effects) == [(True, RefundStands(R1, 1, "approved"))]


def replies(effects: object) -> list[tuple[bool, RefundStands | None]]:
    assert isinstance(effects, list)
    return [(e.final, e.refund) for e in effects if isinstance(e, Reply)]


def test_one_refund_is_open_at_a_time() -> None:
    story = part_audited().on(refunded_by_channel("r-2", 1))
    story.expect(Phase.ISSUED, "answer refunder 4000")
    assert story.order.refunds_made == 1


def test_an_unknown_part_is_repeated_as_it_was() -> None:
    story = by_codes("c-1").answer(RefundUnknown("timeout")).expect(Phase.ISSUED, wake=1)
    before = story.order.refund
    story.wake().expect(Phase.ISSUED, "call refund")
    assert before is not None
    assert story.order.refund == before
    story.answer(RefundRefused("批次号重复", repeat=True)).expect(Phase.ISSUED, PART_AUDITED)


def test_a_late_answer_of_the_last_refund_is_not_the_next_ones() -> None:
    story = part_refunding()
    first = story.last_call
    story.on(cancelled()).expect(Phase.ISSUED)
    story.on(refund_noticed(R1)).expect(Phase.ISSUED, *APPROVED, "call refund")
    late = RefundAccepted("A1", approved=True, refund_id=R1)
    story.on(late, answers=first).expect_nothing()
    story.answer(RefundAccepted("A2", approved=True, refund_id=R2))
    story.expect(Phase.REFUNDED, "tell refund approved 1", "answer canceller 1000")


# --- beside a cancel --------------------------------------------------------------------


@pytest.mark.parametrize("approved", [True, False])
def test_a_cancel_waits_for_the_part_and_then_asks_for_the_rest(*, approved: bool) -> None:
    story = part_audited().on(cancelled()).expect(Phase.ISSUED)
    part = APPROVED if approved else REJECTED
    story.on(refund_noticed("A1", approved=approved)).expect(Phase.ISSUED, *part, "call refund")
    assert story.order.refund is not None
    left = 1 if approved else 2
    assert (story.order.refund.refund_id, story.order.refund.count) == (R2, left)
    story.answer(RefundAccepted("A2", approved=True))
    story.expect(Phase.REFUNDED, f"tell refund approved {left}", "answer canceller 1000")


def test_a_check_ends_the_hope_of_a_cancel_that_waits_for_a_part() -> None:
    story = part_audited().on(cancelled()).expect(Phase.ISSUED)
    story.on(checked(1)).expect(Phase.ISSUED, "tell check 1 of 2")
    story.fork().on(cancelled()).expect(Phase.ISSUED, *["answer canceller 4003"] * 2)
    story.on(refund_noticed("A1")).expect(Phase.ISSUED, *APPROVED, "answer canceller 4003")


def test_a_ticket_that_fails_during_a_part_is_refunded_whole() -> None:
    story = ticketless_while_part_refunding()
    refused = story.fork().answer(RefundRefused("不支持退款"))
    refused.expect(Phase.TICKET_FAILED, *REJECTED, "call refund")
    story.answer(RefundAccepted("A1")).expect(Phase.TICKET_FAILED, PART_AUDITED)
    story.on(refunded_by_channel("r-2", 1)).expect(Phase.TICKET_FAILED, "answer refunder 4000")
    story.on(refund_noticed("A1")).expect(Phase.TICKET_FAILED, *APPROVED, "call refund")
    story.answer(RefundAccepted("A2")).expect(Phase.TICKET_FAILED, "tell failure 3000")
    story.on(refund_noticed("A2")).expect(Phase.REFUNDED, "tell refund approved 1")


def test_a_part_that_takes_all_of_a_failed_ticket_ends_it() -> None:
    story = part_refunding(awaiting(), refunded_by_channel("r-1"))
    story.on(TicketFailed()).expect(Phase.TICKET_FAILED)
    story.answer(APPROVE).expect(
        Phase.REFUNDED, "tell refund approved 2", "answer refunder 1000", "tell failure 3000"
    )


# --- checks and force -------------------------------------------------------------------


def test_what_is_not_used_can_be_refunded_and_the_used_rest_stays_issued() -> None:
    story = has_tickets().on(checked(1, "c-1")).expect(Phase.ISSUED, "tell check 1 of 2")
    story.fork().on(refunded_by_channel("r-1", None, "c-1")).expect(
        Phase.ISSUED, "answer refunder 4003"
    )
    story.fork().on(refunded_by_channel("r-1", 2)).expect(Phase.ISSUED, "answer refunder 4003")
    story.on(refunded_by_channel("r-1")).expect(Phase.ISSUED, "call refund")
    story.answer(APPROVE).expect(Phase.ISSUED, *APPROVED)
    assert (story.order.checked, story.order.refunded) == (1, 1)
    story.on(refunded_by_channel("r-2")).expect(Phase.ISSUED, "answer refunder 4003")
    story.on(cancelled()).expect(Phase.ISSUED, "answer canceller 4003")


def test_a_check_of_a_code_that_a_refund_is_open_for_alarms_and_the_audit_decides() -> None:
    story = by_codes("c-1").on(checked(1, "c-1"))
    story.expect(Phase.ISSUED, "tell check 1 of 2", "alarm checked_during_refund")
    story.fork().answer(RefundRefused("已核销")).expect(Phase.ISSUED, *REJECTED)
    story.answer(APPROVE).expect(Phase.ISSUED, HUMAN, *APPROVED, human="ZZY refunded more")


def test_a_check_beside_a_part_is_no_alarm() -> None:
    by_codes("c-1").on(checked(1, "c-2")).expect(Phase.ISSUED, "tell check 1 of 2")


def test_a_forced_part_leaves_an_open_part_its_own() -> None:
    story = by_codes("c-1").on(refund_noticed("", "c-2"))
    story.expect(Phase.ISSUED, "tell refund forced 1", "alarm forced_refund")
    story.answer(APPROVE).expect(Phase.REFUNDED, *APPROVED)


def test_a_forced_refund_of_the_same_codes_is_not_counted_twice() -> None:
    story = by_codes("c-1").on(refund_noticed("", "c-1"))
    story.expect(Phase.ISSUED, "tell refund forced 1", "alarm forced_refund")
    assert (story.order.pending, story.order.refundable) == (0, 1)
    story.answer(APPROVE)
    story.expect(Phase.ISSUED, "tell refund approved 0", "answer refunder 1000")
    assert story.order.refunded == 1


def test_a_forced_refund_that_leaves_less_than_is_asked_for_ends_in_front_of_a_human() -> None:
    story = part_refunding(event=refunded_by_channel("r-1", 2)).on(refund_noticed("", "c-1"))
    story.expect(Phase.ISSUED, "tell refund forced 1", "alarm forced_refund")
    assert story.order.pending == 1
    story.answer(APPROVE).expect(Phase.REFUNDED, HUMAN, *APPROVED, human="ZZY refunded more")


def test_a_forced_refund_of_all_overtakes_a_part() -> None:
    story = part_audited().on(refund_noticed(""))
    forced = ("tell refund forced 2", "alarm forced_refund")
    story.expect(Phase.REFUNDED, *forced, "tell refund forced 0", "answer refunder 1000")
    story.on(refunded_by_channel("r-1", 1)).expect(Phase.REFUNDED, "answer refunder 1000")
    story.on(refund_noticed("A1")).expect_nothing()
    assert [(past.ending, past.count) for past in story.order.refunds] == [
        (Ending.FORCED, 2),
        (Ending.FORCED, 0),
    ]


def test_a_forced_refund_of_what_was_used_calls_a_human_and_counts_nothing() -> None:
    story = has_tickets().on(checked(1, "c-1")).expect(Phase.ISSUED, "tell check 1 of 2")
    story.on(refund_noticed("", "c-1")).expect(Phase.ISSUED, HUMAN, human="ZZY refunded more")
    assert story.order.refunded == 0


def test_what_is_forced_beside_used_tickets_stays_issued() -> None:
    story = has_tickets().on(checked(1)).expect(Phase.ISSUED, "tell check 1 of 2")
    story.on(refund_noticed("")).expect(Phase.ISSUED, "tell refund forced 1", "alarm forced_refund")
    assert (story.order.checked, story.order.refunded) == (1, 1)


# --- who asks too early -----------------------------------------------------------------


@pytest.mark.parametrize("begin", [creating, paying])
def test_what_is_not_paid_is_not_refunded(begin: type[Playbook]) -> None:
    story = begin()
    story.on(refunded_by_channel("r-1", 1)).expect(story.order.phase, "answer refunder 4000")
    assert story.order.refund is None


def test_nobody_need_wait() -> None:
    assert REFUNDER.audit_reply == "wait"
    story = has_tickets().on(refunded_by_channel("r-1", 1, waiter=None))
    story.expect(Phase.ISSUED, "call refund").answer(APPROVE)
    story.expect(Phase.ISSUED, "tell refund approved 1")

"""What an operator does about an order in front of a human, and what is refused as not safe."""

from decimal import Decimal

import pytest

from tests.doubles import NOON
from tests.saga.beginnings import (
    HUMAN,
    TICKETS,
    contradicted,
    has_tickets,
    no_ticket,
    part_refunding,
    pay_unknown,
    refund_refused,
    refund_unknown,
    ticketless,
)
from tests.saga.facts import NUM, OPERATOR, V1, V2, issued, operated
from tests.saga.playbook import Playbook
from worker.saga import desk
from worker.saga.events import (
    CancelAccepted,
    CancelRefused,
    CodesMissing,
    RefundAccepted,
    RefundRefused,
)
from worker.saga.resolutions import Settled
from worker.saga.states import Phase
from worker.saga.steps.humans import EXCESS, NO_TICKET, PAY_UNKNOWN, REFUND_REFUSED, REFUND_UNKNOWN

REFUSED = "answer operator 4000"


def probed() -> Playbook:
    """An operator's probe is out."""
    story = no_ticket().on(operated("probe"))
    return story.expect(Phase.AWAITING_TICKET, "call probe", human=NO_TICKET)


def offered(story: Playbook) -> list[str]:
    found = desk.choices(story.order)
    return [" ".join(filter(None, (choice.action, choice.settled))) for choice in found]


@pytest.mark.parametrize(
    ("story", "safe"),
    [
        (pay_unknown(), ["retry", "probe", "settle unpaid", "settle paid"]),
        (no_ticket(), ["probe", "retry", "refund", "settle issued", "settle refunded"]),
        (refund_refused(), ["refund", "settle refunded"]),
        (refund_unknown(), ["retry", "settle refunded", "settle kept"]),
        (refund_unknown(ticketless()), ["retry", "settle refunded", "settle kept"]),
        (contradicted(), ["probe", "refund", "settle done"]),
        (contradicted().set(human=EXCESS), ["probe", "settle done"]),
        (has_tickets(), []),
        (probed(), []),
    ],
)  # fmt: skip
def test_what_is_safe_is_offered_and_all_else_is_refused(story: Playbook, safe: list[str]) -> None:
    assert offered(story) == safe
    for action in desk.Action:
        for settled in Settled if action is desk.Action.SETTLE else (None,):
            if " ".join(filter(None, (action, settled))) in safe:
                continue
            event = operated(action, settled or Settled.DONE, OPERATOR)
            before = story.order
            tried = story.fork().on(event)
            tried.expect(before.phase, REFUSED, human=before.human)
            assert tried.order == before


def test_cancel_order_again_tells_whether_it_was_paid() -> None:
    story = (
        pay_unknown().on(operated("retry")).expect(Phase.CLOSING, "call cancel", human=PAY_UNKNOWN)
    )
    paid = story.fork().answer(CancelRefused("已支付"))
    paid.expect(Phase.AWAITING_TICKET, "answer buyer 1000", "call refund")
    story.answer(CancelAccepted())
    story.expect(Phase.CANCELLED, "answer canceller 1000", "answer buyer 3000", "tell failure 3000")
    assert story.order.human_since is None


def test_codes_found_at_an_order_of_unknown_pay_prove_that_it_was_paid() -> None:
    story = pay_unknown().set(cancel_waits=False).on(operated("probe"))
    story.expect(Phase.CLOSING, "call probe", human=PAY_UNKNOWN)
    none = story.fork().answer(CodesMissing())
    none.expect(Phase.CLOSING, human=PAY_UNKNOWN)
    assert offered(none)
    story.answer(issued(V1, V2))
    story.expect(Phase.ISSUED, "answer buyer 1000", "answer canceller 4000", TICKETS)


def test_who_knows_whether_it_was_paid_says_so() -> None:
    story = pay_unknown()
    unpaid = story.fork().on(operated("settle", Settled.UNPAID))
    unpaid.expect(
        Phase.CANCELLED, "answer canceller 1000", "answer buyer 3000", "tell failure 3000"
    )
    story.set(cancel_waits=False).on(operated("settle", Settled.PAID))
    story.expect(Phase.AWAITING_TICKET, "answer buyer 1000", "answer canceller 4000", wake=600)


def test_one_probe_for_a_missing_ticket_leaves_it_in_front_of_the_human() -> None:
    story = no_ticket().on(operated("probe"))
    story.expect(Phase.AWAITING_TICKET, "call probe", human=NO_TICKET)
    story.answer(CodesMissing()).expect(Phase.AWAITING_TICKET, human=NO_TICKET)
    assert story.order.wake_at is None


def test_a_retry_probes_on_as_at_the_start_and_the_ticket_is_told() -> None:
    story = no_ticket().on(operated("retry"))
    story.expect(Phase.AWAITING_TICKET, "call probe", human=NO_TICKET)
    story.answer(CodesMissing()).expect(Phase.AWAITING_TICKET, human=NO_TICKET, wake=30)
    story.wake().expect(Phase.AWAITING_TICKET, "call probe", human=NO_TICKET)
    story.answer(issued(V1, V2)).expect(Phase.ISSUED, TICKETS)


def test_the_money_of_a_missing_ticket_is_asked_back_and_the_channel_told() -> None:
    story = no_ticket().on(operated("refund"))
    story.expect(Phase.AWAITING_TICKET, "call refund", human=NO_TICKET)
    story.answer(RefundAccepted(approved=True))
    story.expect(Phase.REFUNDED, "tell refund approved 2")


def test_a_missing_ticket_is_settled_either_way() -> None:
    given = no_ticket().on(operated("settle", Settled.ISSUED))
    given.expect(Phase.ISSUED, "tell vouchers")
    back = no_ticket().on(operated("settle", Settled.REFUNDED))
    back.expect(Phase.REFUNDED, "tell refund forced 2")
    assert back.order.refunded == 2


def test_the_open_refund_is_sent_again_under_its_name_and_a_repeat_means_it_arrived() -> None:
    story = refund_unknown()
    name = story.order.refund
    assert name is not None
    story.on(operated("retry")).expect(Phase.ISSUED, "call refund", human=REFUND_UNKNOWN)
    assert story.order.refund is not None
    assert story.order.refund.refund_id == name.refund_id
    story.answer(RefundRefused("批次号重复", repeat=True))
    story.expect(Phase.ISSUED, "answer canceller 4000 so far", human=REFUND_UNKNOWN, wake=259_200)
    story.on(operated("settle", Settled.DONE)).expect(Phase.ISSUED)
    assert story.order.refund is not None


def test_an_audit_that_never_ends_is_asked_again_and_a_repeat_is_no_refusal() -> None:
    story = part_refunding().answer(RefundAccepted("A1"))
    story.expect(Phase.ISSUED, "answer refunder 4000 so far")
    story.wake().expect(Phase.ISSUED, HUMAN, human=REFUND_UNKNOWN)
    story.on(operated("retry")).expect(Phase.ISSUED, "call refund", human=REFUND_UNKNOWN)
    story.answer(RefundRefused("批次号重复", repeat=True))
    story.expect(Phase.ISSUED, "answer refunder 4000 so far", human=REFUND_UNKNOWN)
    assert story.order.refund is not None


def test_an_open_refund_is_settled_as_its_notice_would() -> None:
    back = refund_unknown().on(operated("settle", Settled.REFUNDED))
    back.expect(Phase.REFUNDED, "tell refund approved 2", "answer canceller 1000")
    kept = refund_unknown().on(operated("settle", Settled.KEPT))
    kept.expect(Phase.ISSUED, "tell refund rejected 2", "answer canceller 4000")
    lost = refund_unknown(ticketless()).on(operated("settle", Settled.KEPT))
    lost.expect(Phase.TICKET_FAILED, HUMAN, human=REFUND_REFUSED)


def test_the_money_of_a_failed_ticket_is_asked_back_anew_or_was_given() -> None:
    again = refund_refused().on(operated("refund"))
    again.expect(Phase.TICKET_FAILED, "call refund", human=REFUND_REFUSED)
    assert again.order.refund is not None
    assert again.order.refund.refund_id == f"{NUM}R2"
    back = refund_refused().on(operated("settle", Settled.REFUNDED))
    back.expect(Phase.REFUNDED, "tell refund forced 2", "tell failure 3000")


def test_what_was_strange_is_let_go_and_comes_back_if_it_comes_again() -> None:
    story = contradicted().on(operated("settle", Settled.DONE)).expect(Phase.ISSUED)
    contradicted(story)


def test_since_when_and_for_how_much() -> None:
    story = no_ticket()
    assert story.order.human_since == story.now
    assert desk.at_stake(story.order) == Decimal("120.00")
    assert desk.at_stake(story.set(pay_money=Decimal("99.999"), refunded=1).order) == Decimal(
        "50.00"
    )
    assert desk.at_stake(has_tickets().order) == 0
    later = story.on(operated("probe", waiter=OPERATOR), after=60)
    later.expect(Phase.AWAITING_TICKET, "call probe", human=NO_TICKET)
    assert later.order.human_since is not None
    assert later.order.human_since < later.now
    assert later.order.human_since > NOON

"""What a channel may not do without end: open refunds that fail, and have a guest texted."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.saga.beginnings import TICKETS, awaiting, has_tickets, much_refused, refunding
from tests.saga.facts import POLICY, V1, V2, ZZY, cancelled, issued, refunded_by_channel, resent
from tests.saga.playbook import Playbook
from worker.saga import codes
from worker.saga.decide import decide
from worker.saga.effects import Reply
from worker.saga.events import Event, RefundCommanded, RefundRefused, ResendCommanded, TicketFailed
from worker.saga.states import Phase, Terms

EXHAUSTED = "alarm refunds_exhausted"
ANOTHER = refunded_by_channel("new", 1)
AGAIN_IN_VAIN = ["answer resender 3000"]


def said(story: Playbook, event: Event) -> list[str]:
    effects = decide(story.order, event, story.now, story.policy).effects
    return [effect.message for effect in effects if isinstance(effect, Reply)]


# --- refunds ----------------------------------------------------------------------------


@pytest.mark.parametrize("begin", [awaiting, has_tickets])
@pytest.mark.parametrize("event", [ANOTHER, cancelled()])
def test_after_too_many_refunds_no_other_is_opened(
    begin: Callable[[], Playbook], event: Event
) -> None:
    story = much_refused(begin())
    who = "refunder" if isinstance(event, RefundCommanded) else "canceller"
    assert said(story, event) == [codes.REFUNDS_EXHAUSTED_TEXT]
    story.on(event).expect(story.order.phase, f"answer {who} 4000", EXHAUSTED)
    assert (story.order.refund, story.order.waiters, story.order.cancel_waits) == (None, (), False)


def test_the_operator_hears_of_it_once() -> None:
    story = much_refused().on(ANOTHER).expect(Phase.ISSUED, "answer refunder 4000", EXHAUSTED)
    story.on(cancelled()).expect(Phase.ISSUED, "answer canceller 4000")
    story.on(ANOTHER).expect(Phase.ISSUED, "answer refunder 4000")


@pytest.mark.parametrize("event", [ANOTHER, cancelled()])
def test_the_last_one_is_opened_still(event: Event) -> None:
    story = much_refused(short_of=1).on(event).expect(Phase.ISSUED, "call refund")
    assert len(story.order.refunds) + 1 == story.order.demand.count + 100


def test_every_rejected_refund_counts_a_cancel_too() -> None:
    story = refunding(much_refused(short_of=1)).answer(RefundRefused("no"))
    story.expect(Phase.ISSUED, "tell refund rejected 2", "answer canceller 4000")
    story.on(cancelled()).expect(Phase.ISSUED, "answer canceller 4000", EXHAUSTED)


def test_an_old_refund_is_answered_as_ever() -> None:
    story = much_refused().on(refunded_by_channel("old-3", 1))
    story.expect(Phase.ISSUED, "answer refunder 4000")
    assert said(story, refunded_by_channel("old-3", 1)) == [codes.REFUND_REJECTED_TEXT]


def test_a_failed_ticket_is_refunded_however_many_failed_before() -> None:
    story = much_refused(awaiting())
    story.on(TicketFailed(ZZY)).expect(Phase.TICKET_FAILED, "call refund")


# --- resends by SMS (短信) ----------------------------------------------------------------


def texted(by: str = "sms", terms: str = "notify") -> Playbook:
    """The vouchers were sent again by SMS just now."""
    story = has_tickets().set(terms=Terms(vouchers_by=terms)).on(resent(by))
    sent = ["text c-1 c-2"] if by == "sms" else [TICKETS, "text c-1 c-2"]
    return story.expect(Phase.ISSUED, *sent)


@pytest.mark.parametrize("first", ["sms", "both"])
@pytest.mark.parametrize(
    ("by", "terms"), [("sms", "notify"), ("both", "notify"), (None, "sms"), (None, "both")]
)
def test_a_guest_is_not_texted_again_at_once(first: str, by: str | None, terms: str) -> None:
    story = texted(first, terms)
    assert said(story, resent(by)) == [codes.RESEND_TOO_SOON_TEXT]
    before = story.order
    story.on(resent(by), after=59.9).expect(Phase.ISSUED, *AGAIN_IN_VAIN)
    assert story.order == before


def test_a_minute_later_once_more() -> None:
    story = texted().on(resent("sms"), after=60).expect(Phase.ISSUED, "text c-1 c-2")
    story.on(resent("sms"), after=59).expect(Phase.ISSUED, *AGAIN_IN_VAIN)
    story.on(resent("sms"), after=1).expect(Phase.ISSUED, "text c-1 c-2")


@pytest.mark.parametrize(("event", "terms"), [(resent("notify"), "sms"), (resent(), "notify")])
def test_the_channel_is_notified_as_often_as_it_likes(event: ResendCommanded, terms: str) -> None:
    story = texted(terms=terms)
    for _ in range(2):
        story.on(event).expect(Phase.ISSUED, TICKETS, "answer resender 1000")
    story.on(resent("sms"), after=60).expect(Phase.ISSUED, "text c-1 c-2")


def test_a_notification_makes_no_sms_wait() -> None:
    story = has_tickets().on(resent("notify")).expect(Phase.ISSUED, TICKETS, "answer resender 1000")
    story.on(resent("sms")).expect(Phase.ISSUED, "text c-1 c-2")


def test_the_first_text_makes_no_resend_wait() -> None:
    story = awaiting().set(terms=Terms(vouchers_by="sms"))
    story.on(issued(V1, V2)).expect(Phase.ISSUED, "text c-1 c-2")
    story.on(resent()).expect(Phase.ISSUED, "text c-1 c-2")


def test_without_an_interval_there_is_no_limit() -> None:
    story = texted()
    story.policy = replace(POLICY, resend_interval=0)
    story.on(resent("sms")).expect(Phase.ISSUED, "text c-1 c-2")

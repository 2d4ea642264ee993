"""Stories of vouchers that are sent again (重发凭证)."""

from collections.abc import Callable

import pytest

from tests.saga.beginnings import (
    TICKETS,
    awaiting,
    creating,
    has_tickets,
    part_audited,
    refunding,
    ticketless,
)
from tests.saga.facts import RESENDER, checked, issued, refund_noticed, resent
from tests.saga.playbook import Playbook
from worker.saga.decide import decide
from worker.saga.effects import Notify, Reply, TextVouchers
from worker.saga.states import Phase, Terms, Voucher


@pytest.mark.parametrize(
    ("by", "terms", "effects"),
    [
        (None, "notify", [TICKETS, "answer resender 1000"]),
        (None, "sms", ["text c-1 c-2"]),
        (None, "both", [TICKETS, "text c-1 c-2"]),
        ("notify", "sms", [TICKETS, "answer resender 1000"]),
        ("sms", "notify", ["text c-1 c-2"]),
        ("both", "notify", [TICKETS, "text c-1 c-2"]),
    ],
)
def test_they_go_the_way_that_is_asked_for_else_the_usual_one(
    by: str | None, terms: str, effects: list[str]
) -> None:
    story = has_tickets().set(terms=Terms(vouchers_by=terms))
    story.on(resent(by)).expect(Phase.ISSUED, *effects)


def test_each_time_under_a_new_number_and_who_waits_is_handed_on() -> None:
    story = has_tickets()
    seen = []
    for _ in range(2):
        decision = decide(story.order, resent("both"), story.now, story.policy)
        seen += [e.seq for e in decision.effects if isinstance(e, Notify | TextVouchers)]
        [text] = [e for e in decision.effects if isinstance(e, TextVouchers)]
        assert text.waiter == RESENDER
        story.set(notified=decision.order.notified if decision.order else 0)
    assert seen == sorted(set(seen))
    assert seen[0] > 1


def test_only_what_can_be_used_is_sent() -> None:
    story = has_tickets().on(checked(1, "c-1")).expect(Phase.ISSUED, "tell check 1 of 2")
    story.on(resent()).expect(Phase.ISSUED, "tell vouchers c-2", "answer resender 1000")
    forced = has_tickets().on(refund_noticed("", "c-2"))
    forced.expect(Phase.ISSUED, "tell refund forced 1", "alarm forced_refund")
    forced.on(resent("sms")).expect(Phase.ISSUED, "text c-1")


def test_a_code_for_all_is_sent_while_any_ticket_is_left() -> None:
    story = (
        awaiting().on(issued(Voucher("all"), code="all")).expect(Phase.ISSUED, "tell vouchers all")
    )
    story.on(checked(1, "all")).expect(Phase.ISSUED, "tell check 1 of 2")
    story.on(resent()).expect(Phase.ISSUED, "tell vouchers all", "answer resender 1000")


def codeless() -> Playbook:
    return awaiting().on(issued()).expect(Phase.ISSUED, "tell vouchers")


def asking() -> Playbook:
    return awaiting().on(issued(ask=True)).expect(Phase.ISSUED, "call probe")


def used_up() -> Playbook:
    return has_tickets().on(checked(2)).expect(Phase.ISSUED, "tell check 2 of 2")


@pytest.mark.parametrize(
    ("begin", "code", "word"),
    [
        (creating, "3000", "未出票"),
        (awaiting, "3000", "未出票"),
        (asking, "3000", "未出票"),
        (codeless, "3000", "短信"),
        (refunding, "4000", "退款处理中"),
        (ticketless, "4002", "已取消"),
        (lambda: has_tickets().set(phase=Phase.REFUNDED), "4002", "已取消"),
        (used_up, "4003", "已检票"),
    ],
)
def test_why_nothing_is_sent(begin: Callable[[], Playbook], code: str, word: str) -> None:
    story = begin()
    decision = decide(story.order, resent(), story.now, story.policy)
    [reply] = decision.effects
    assert isinstance(reply, Reply)
    assert reply.code == code
    assert word in reply.message


def test_a_part_that_is_audited_holds_nothing_back() -> None:
    part_audited().on(resent()).expect(Phase.ISSUED, TICKETS, "answer resender 1000")


def test_another_channels_order_and_none() -> None:
    story = has_tickets()
    for order, event in ((story.order, resent(app_key="other")), (None, resent())):
        decision = decide(order, event, story.now, story.policy)
        assert [e.code for e in decision.effects if isinstance(e, Reply)] == ["4001"]

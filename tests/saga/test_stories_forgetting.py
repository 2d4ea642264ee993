"""Stories of orders whose people are forgotten (个人信息删除), and of what comes late."""

import random
from collections.abc import Callable
from dataclasses import astuple, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.doubles import NOON
from tests.saga.beginnings import (
    HUMAN,
    awaiting,
    creating,
    has_tickets,
    part_audited,
    paying,
    people_forgotten,
    refunding,
    ticketless,
)
from tests.saga.facts import (
    DEMAND,
    NUM,
    STOCK,
    V1,
    V2,
    V3,
    ZZY,
    cancelled,
    checked,
    erased,
    issued,
    ordered,
    refund_noticed,
    refunded_by_channel,
    resent,
)
from tests.saga.playbook import Playbook
from tests.saga.walks import EVERYTHING
from worker.saga import codes
from worker.saga.decide import decide
from worker.saga.effects import CheckTold, Notify, RefundTold, Reply
from worker.saga.erasure import forgotten, objection
from worker.saga.events import (
    CreateRefused,
    Event,
    OrderCommanded,
    PersonalDataErased,
    RefundAccepted,
    RefundCommanded,
    ResendCommanded,
)
from worker.saga.policy import Policy
from worker.saga.states import Failure, Order, Phase

PERSONAL = {
    *(word for tourist in DEMAND.tourists for word in (tourist.id_card, tourist.name)),
    DEMAND.take_phone,
    *(voucher.code for voucher in (V1, V2, V3)),
    "order-code",
}


def words(value: object) -> set[str]:
    """Return every text in a state, however deep."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, tuple | list):
        return set().union(*map(words, value))
    return set()


def known(order: Order) -> set[str]:
    return {p for p in PERSONAL for word in words(astuple(order)) if p in word}


def test_its_people_and_codes_are_gone_and_the_ledger_stays() -> None:
    story = has_tickets().on(checked(1, "c-1")).expect(Phase.ISSUED, "tell check 1 of 2")
    story.on(refund_noticed("", "c-2"))
    story.expect(Phase.ISSUED, "tell refund forced 1", "alarm forced_refund")
    before = story.order
    assert known(before)
    after = people_forgotten(story).order
    assert known(after) == set()
    assert after.erased_at == story.now
    for name in ("order_num", "channel_order_num", "zzy_order_id", "checked", "refunded", "phase"):
        assert getattr(after, name) == getattr(before, name)
    assert (after.demand.count, after.demand.amount) == (DEMAND.count, DEMAND.amount)
    assert [(p.count, p.ending) for p in after.refunds] == [(1, before.refunds[0].ending)]
    story.on(erased(), after=1).expect_nothing()


@pytest.mark.parametrize(
    ("story", "why"),
    [
        (creating, "the order has not ended: it is creating"),
        (paying, "the order has not ended: it is paying"),
        (awaiting, "the order has not ended: it is awaiting_ticket"),
        (ticketless, "the order has not ended: it is ticket_failed"),
        (refunding, "a refund of it is open"),
        (part_audited, "a refund of it is open"),
        (lambda: has_tickets().set(human="look"), "the order is in front of a human"),
        (lambda: has_tickets().set(wake_at=NOON), "something of it is still to come"),
    ],
)
def test_nobody_is_forgotten_of_whom_something_is_to_come(
    story: Callable[[], Playbook], why: str
) -> None:
    told = story()
    told.on(erased(), after=5).expect_nothing()
    assert objection(told.order, erased().visited_before) == why


def test_a_visit_to_come_keeps_an_order_unless_nothing_of_it_is_left() -> None:
    story = has_tickets().on(erased(1), after=5).expect_nothing()
    assert objection(story.order, erased(1).visited_before) == "its visit may still be to come"
    story.fork().on(erased(2), after=5).expect(Phase.ISSUED)
    used = story.on(checked(2, "c-1", "c-2")).expect(Phase.ISSUED, "tell check 2 of 2")
    used.on(erased(0), after=5).expect(Phase.ISSUED)


def test_a_refused_order_forgets_the_words_of_the_refusal_and_keeps_its_code() -> None:
    named = Failure("3012", "张三 110101199003070134 身份证错误")
    story = creating().answer(CreateRefused(named))
    story.expect(Phase.REFUSED, "answer buyer 3012", "tell failure 3012")
    after = people_forgotten(story).order
    assert after.failure == Failure("3012", codes.FORGOTTEN_TEXT)
    story.on(ordered()).expect(Phase.REFUSED, "answer buyer 3012")


def test_the_same_order_again_is_known_and_another_is_a_conflict() -> None:
    story = people_forgotten()
    story.on(ordered()).expect(Phase.ISSUED, "answer buyer 1000")
    story.on(ordered(demand=replace(DEMAND, count=1))).expect(Phase.ISSUED, "answer buyer 3000")


def test_a_number_that_was_left_free_begins_a_new_life_with_new_people() -> None:
    story = Playbook().on(ordered(refusal=STOCK)).expect(Phase.REFUSED, "answer buyer 3008")
    people_forgotten(story).on(ordered()).expect(Phase.CREATING, "call create")
    assert story.order.erased_at is None
    assert story.order.demand == DEMAND


def test_vouchers_are_not_sent_again_and_the_channel_reads_why() -> None:
    story = people_forgotten().on(resent()).expect(Phase.ISSUED, "answer resender 3000")
    decision = decide(story.order, resent(), story.now, story.policy)
    [reply] = decision.effects
    assert isinstance(reply, Reply)
    assert reply.message == codes.RESEND_FORGOTTEN_TEXT
    story.on(resent(app_key="other")).expect(Phase.ISSUED, "answer resender 4001")


def test_a_late_ticket_notice_adds_nothing_personal_and_tells_nobody() -> None:
    story = people_forgotten()
    story.on(issued(V1, V2)).expect(Phase.ISSUED)
    story.on(issued(V2, V3, code="order-code")).expect(Phase.ISSUED)
    assert known(story.order) == set()
    assert len(story.order.vouchers) == story.order.vouchers_told == 3
    assert story.order.vouchers[2].product_name == V3.product_name


def test_tickets_for_an_order_that_ended_unpaid_still_call_a_human() -> None:
    story = creating().answer(CreateRefused(STOCK))
    story.expect(Phase.REFUSED, "answer buyer 3008", "tell failure 3008")
    people_forgotten(story).on(issued(V1)).expect(
        Phase.REFUSED, HUMAN, human="ZZY reported TicketIssued"
    )
    assert known(story.order) == set()


def test_a_late_check_is_counted_and_told() -> None:
    story = people_forgotten().on(checked(1, "c-1")).expect(Phase.ISSUED, "tell check 1 of 2")
    story.on(checked(1, "c-1")).expect_nothing()
    assert isinstance(story.told[-1], CheckTold)


def test_a_late_forced_refund_is_counted_by_codes_that_are_only_marks() -> None:
    story = people_forgotten(
        has_tickets().on(checked(1, "c-1")).expect(Phase.ISSUED, "tell check 1 of 2")
    )
    story.on(refund_noticed("", "c-1")).expect(Phase.ISSUED, HUMAN, human="ZZY refunded more")
    story.set(human="", human_since=None)
    story.on(refund_noticed("", "c-2"))
    story.expect(Phase.ISSUED, "tell refund forced 1", "alarm forced_refund")
    news = story.told[-1]
    assert isinstance(news, RefundTold)
    assert news.codes == ()
    assert (story.order.checked, story.order.refunded) == (1, 1)
    assert known(story.order) == set()


def test_a_refund_goes_on_by_count_and_not_by_codes() -> None:
    story = people_forgotten()
    story.on(refunded_by_channel("r-1", None, "c-1")).expect(Phase.ISSUED, "answer refunder 4000")
    story.on(refunded_by_channel("r-2", 1)).expect(Phase.ISSUED, "call refund")
    story.answer(RefundAccepted("A1", approved=True))
    story.expect(Phase.ISSUED, "tell refund approved 1", "answer refunder 1000")
    story.on(cancelled()).expect(Phase.ISSUED, "call refund")


def test_an_old_refund_by_codes_is_known_again_under_its_name() -> None:
    story = (
        has_tickets()
        .on(refunded_by_channel("r-1", None, "c-1"))
        .expect(Phase.ISSUED, "call refund")
    )
    story.answer(RefundAccepted("A1", approved=True))
    story.expect(Phase.ISSUED, "tell refund approved 1", "answer refunder 1000")
    people_forgotten(story)
    story.on(refunded_by_channel("r-1", None, "c-1")).expect(Phase.ISSUED, "answer refunder 1000")
    story.on(refunded_by_channel("r-1", None, "c-2")).expect(Phase.ISSUED, "answer refunder 4000")


NEEDS_CODES = (ResendCommanded, RefundCommanded, OrderCommanded, PersonalDataErased)


def ledger(order: Order) -> tuple[object, ...]:
    """Return what must not depend on whether its people are known."""
    refunds = [(p.count, p.ending, p.intent.refund_id) for p in order.refunds]
    money = (order.checked, order.refunded, order.pending, order.refundable, order.pay_money)
    return order.phase, order.human, money, refunds, order.call, order.zzy_order_id, order.wake_at


def events(seed: int, length: int) -> list[Event]:
    dice = random.Random(seed)
    made = [dice.choice(EVERYTHING)(dice) for _ in range(4 * length)]
    kept: list[Event] = [event for event in made if not isinstance(event, NEEDS_CODES)]
    return kept[:length]


@settings(max_examples=300, deadline=None)
@given(st.integers(min_value=0), st.integers(1, 12), st.sampled_from(("", "order-code")))
def test_counts_and_states_go_on_as_if_its_people_were_known(
    seed: int, length: int, order_code: str
) -> None:
    story = awaiting().on(issued(V1, V2, code=order_code), after=5)
    remembered, now, policy = story.order, story.now, Policy()
    unknown = forgotten(remembered, now)
    for event in events(seed, length):
        now += timedelta(seconds=60)
        one, other = (decide(o, event, now, policy) for o in (remembered, unknown))
        assert one.order is not None
        assert other.order is not None
        remembered, unknown = one.order, other.order
        assert ledger(unknown) == ledger(remembered)
        assert known(unknown) == set()
        told = [e.news for e in other.effects if isinstance(e, Notify)]
        assert not any(isinstance(news, RefundTold) and news.codes for news in told)
        assert unknown.zzy_order_id == ZZY
        assert unknown.order_num == NUM

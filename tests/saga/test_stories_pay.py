"""Stories of Pay: unknown outcomes, CancelOrder as oracle, the pay deadline, early notices."""

from decimal import Decimal

from tests.saga.beginnings import (
    HUMAN,
    STOCK_HELD,
    TICKETS,
    awaiting,
    pay_doubtful,
    paying,
    probing,
)
from tests.saga.facts import (
    EARLY_BUYER,
    POLICY,
    STOCK,
    V1,
    V2,
    WHIM,
    ZZY,
    cancelled,
    checked,
    issued,
    ordered,
    refund_noticed,
)
from tests.saga.playbook import Playbook
from worker.saga.events import (
    CancelAccepted,
    CancelRefused,
    CancelUnknown,
    CodesMissing,
    PayRefused,
    PaySucceeded,
    PayUnknown,
    TicketFailed,
    TicketIssued,
)
from worker.saga.states import Phase

FAILED = ("answer buyer 3000", "tell failure 3000")


def test_codes_in_the_pay_answer_are_delivered_at_once() -> None:
    story = paying().answer(issued(V1, V2)).expect(Phase.ISSUED, "answer buyer 1000", TICKETS)
    assert story.order.wake_at is None


def test_issued_without_codes_asks_person_qr_codes() -> None:
    story = paying().answer(issued(ask=True))
    story.expect(Phase.ISSUED, "answer buyer 1000", "call probe", wake=20)
    story.fork().answer(issued(V1)).expect(Phase.ISSUED, "tell vouchers c-1")
    story.fork().answer(CodesMissing()).expect(Phase.ISSUED, "tell vouchers")
    lost = story.fork().wake().expect(Phase.ISSUED, "tell vouchers")
    lost.on(issued(V1)).expect(Phase.ISSUED, "tell vouchers c-1")
    noticed = story.on(issued(V1, V2)).expect(Phase.ISSUED, TICKETS)
    noticed.answer(CodesMissing()).expect_nothing()


def test_money_above_the_channels_amount_raises_an_alarm_once() -> None:
    story = paying().answer(PaySucceeded(Decimal("120.01")))
    story.expect(Phase.AWAITING_TICKET, "alarm paid_above_price", "answer buyer 1000", wake=600)
    story.on(PaySucceeded(Decimal("120.01"))).expect(Phase.AWAITING_TICKET)


def test_the_notice_before_the_pay_answer_delivers_and_the_answer_adds_nothing() -> None:
    story = paying().on(issued(V1, V2, zzy=ZZY)).expect(Phase.ISSUED, "answer buyer 1000", TICKETS)
    story.fork().answer(PaySucceeded(Decimal(9))).expect(Phase.ISSUED)
    story.fork().answer(PayUnknown("timeout")).expect_nothing()
    answer = TicketIssued((V1, V2), money=Decimal(121))
    story.answer(answer).expect(Phase.ISSUED, "alarm paid_above_price")
    assert story.order.pay_money == Decimal(121)


def test_ticket_failure_in_the_pay_answer_fetches_the_money_back() -> None:
    story = paying().answer(TicketFailed()).expect(Phase.TICKET_FAILED, "call refund")
    assert not story.told


def test_a_refused_pay_frees_the_stock_and_then_tells() -> None:
    story = paying().answer(PayRefused(STOCK)).expect(Phase.CLOSING, "call cancel")
    refused = ("answer buyer 3008", "tell failure 3008")
    story.fork().answer(CancelAccepted()).expect(Phase.REFUSED, *refused)
    story.fork().answer(CancelRefused()).expect(Phase.REFUSED, *refused, STOCK_HELD)
    for wait in POLICY.unknown_retries:
        story.answer(CancelUnknown("timeout")).expect(Phase.CLOSING, wake=wait)
        story.wake().expect(Phase.CLOSING, "call cancel")
    story.answer(CancelUnknown("timeout")).expect(Phase.REFUSED, *refused, STOCK_HELD)


def test_a_refused_pay_that_came_twice_is_known_by_the_refusal_of_the_cancel() -> None:
    story = paying().answer(PayRefused(STOCK)).expect(Phase.CLOSING, "call cancel")
    wanted = story.fork().on(cancelled()).expect(Phase.CLOSING)
    wanted.answer(CancelRefused("已支付", paid=True))
    wanted.expect(Phase.AWAITING_TICKET, "answer buyer 1000", "call refund")
    story.answer(CancelRefused("已支付", paid=True))
    story.expect(Phase.AWAITING_TICKET, "answer buyer 1000", wake=600)
    assert story.order.failure is None


def test_already_paid_is_success() -> None:
    story = paying().answer(PayRefused(WHIM, already_paid=True))
    story.expect(Phase.AWAITING_TICKET, "answer buyer 1000", wake=600)


def test_an_unknown_pay_is_looked_into_before_it_is_repeated() -> None:
    story = probing()
    found = story.fork().answer(issued(V1))
    found.expect(Phase.ISSUED, "answer buyer 1000", "tell vouchers c-1")
    story.answer(CodesMissing("no code")).expect(Phase.PAYING, "call pay")
    story.answer(PayRefused(WHIM, already_paid=True))
    story.expect(Phase.AWAITING_TICKET, "answer buyer 1000", wake=600)


def test_a_crash_during_pay_is_an_unknown_pay() -> None:
    story = paying().wake().expect(Phase.PAYING, wake=1)
    assert story.order.pay_doubtful


def test_a_pay_that_never_left_us_leaves_no_doubt() -> None:
    story = paying().answer(PayUnknown("refused connection", sent=False))
    story.expect(Phase.PAYING, wake=1)
    assert not story.order.pay_doubtful
    story.wake().expect(Phase.PAYING, "call probe")
    story.answer(CodesMissing(), after=600).expect(Phase.CLOSING, "call cancel")
    story.answer(CancelRefused()).expect(Phase.REFUSED, *FAILED, STOCK_HELD)


def test_a_refusal_after_an_unknown_pay_proves_nothing_and_the_oracle_decides() -> None:
    story = probing().answer(CodesMissing()).expect(Phase.PAYING, "call pay")
    story.answer(PayRefused(STOCK)).expect(Phase.CLOSING, "call cancel")
    ended = story.fork().answer(CancelAccepted())
    ended.expect(Phase.REFUSED, "answer buyer 3008", "tell failure 3008")
    story.answer(CancelRefused()).expect(Phase.AWAITING_TICKET, "answer buyer 1000", wake=600)
    assert story.order.failure is None


def closing_in_doubt() -> Playbook:
    return probing().answer(CodesMissing(), after=600).expect(Phase.CLOSING, "call cancel")


def test_past_the_deadline_an_unknown_pay_is_ended_by_the_oracle() -> None:
    story = closing_in_doubt()
    story.fork().answer(CancelAccepted()).expect(Phase.REFUSED, *FAILED)
    story.answer(CancelRefused()).expect(Phase.AWAITING_TICKET, "answer buyer 1000", wake=600)


def test_an_oracle_that_never_answers_calls_a_human_and_late_news_let_them_go() -> None:
    story = closing_in_doubt()
    for wait in POLICY.unknown_retries:
        story.answer(CancelUnknown("timeout")).expect(Phase.CLOSING, wake=wait)
        story.wake().expect(Phase.CLOSING, "call cancel")
    story.answer(CancelUnknown("timeout")).expect(Phase.CLOSING, HUMAN, human="pay and CancelOrder")
    tickets = story.fork().on(issued(V1))
    tickets.expect(Phase.ISSUED, "answer buyer 1000", "tell vouchers c-1")
    money = story.fork().on(PaySucceeded())
    money.expect(Phase.AWAITING_TICKET, "answer buyer 1000", wake=600)
    story.fork().on(TicketFailed()).expect(Phase.TICKET_FAILED, "call refund")
    late = story.fork().on(CancelAccepted())
    late.expect(Phase.REFUSED, *FAILED)


def test_pay_is_tried_a_limited_number_of_times() -> None:
    story = pay_doubtful()
    for _ in POLICY.unknown_retries:
        story.wake().expect(Phase.PAYING, "call probe")
        story.answer(CodesMissing()).expect(Phase.PAYING, "call pay")
        story.answer(PayUnknown("timeout")).expect(Phase.PAYING)
    story.wake().expect(Phase.PAYING, "call probe")
    story.answer(CodesMissing()).expect(Phase.CLOSING, "call cancel")


def test_a_late_probe_answer_does_not_pay_beside_a_pay_that_is_out() -> None:
    story = probing()
    lost = story.last_call
    story.wake().expect(Phase.PAYING, "call pay")
    story.on(CodesMissing(), answers=lost).expect_nothing()


def test_an_answer_of_an_earlier_pay_is_not_that_of_the_one_that_is_out() -> None:
    story = paying()
    first = story.last_call
    story.wake().expect(Phase.PAYING, wake=1)
    story.wake().expect(Phase.PAYING, "call probe")
    story.answer(CodesMissing()).expect(Phase.PAYING, "call pay", wake=20)
    story.fork().on(PayUnknown("timeout"), answers=first).expect_nothing()
    story.fork().on(PayRefused(STOCK), answers=first).expect_nothing()
    paid = story.on(PaySucceeded(), answers=first)
    paid.expect(Phase.AWAITING_TICKET, "answer buyer 1000", wake=600)
    story.answer(PayRefused(WHIM, already_paid=True)).expect_nothing()
    assert story.order.wake_at is not None


def test_the_pays_late_success_while_the_oracle_is_asked() -> None:
    story = closing_in_doubt().on(PaySucceeded())
    story.expect(Phase.AWAITING_TICKET, "answer buyer 1000", wake=600)
    refused = story.fork().answer(CancelRefused())
    refused.expect_nothing()
    assert refused.order.wake_at is not None, "its deadline must survive the oracle's answer"
    story.answer(CancelAccepted())
    story.expect(Phase.AWAITING_TICKET, HUMAN, human="ZZY reported CancelAccepted", wake=600)


def test_a_retry_that_is_due_when_the_lease_would_end_is_not_lost() -> None:
    story = paying().answer(PayUnknown("timeout"), after=19)
    story.expect(Phase.PAYING, wake=1)  # the very instant of the lease
    story.wake().expect(Phase.PAYING, "call probe")


def test_checks_and_refunds_before_the_pay_answer() -> None:
    story = paying().on(checked(1)).expect(Phase.PAYING, "tell check 1 of 2")
    story.on(refund_noticed("")).expect_hold()


def test_the_same_order_again_in_every_wait() -> None:
    paying().on(ordered()).expect(Phase.PAYING)
    closing_in_doubt().on(ordered()).expect(Phase.CLOSING)
    early = closing_in_doubt().on(ordered(waiter=EARLY_BUYER)).expect(Phase.CLOSING)
    early.answer(CancelAccepted())
    early.expect(Phase.REFUSED, "answer buyer 3000", "answer early buyer 3000", "tell failure 3000")
    early.on(ordered()).expect(Phase.REFUSED, "answer buyer 3000")
    awaiting().on(ordered(waiter=None)).expect(Phase.AWAITING_TICKET)

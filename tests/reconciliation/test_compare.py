"""What is found is what differs: over the lives of orders, and one planted difference at a time."""

import csv
import io
import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doubles import NOON
from tests.reconciliation.beginnings import (
    DAY,
    ISSUED,
    LATER,
    RULES,
    agreeing,
    booked,
    facts_of,
    told,
)
from tests.saga.facts import DEMAND, V1, V2, V3, ZHANG
from tests.saga.simulation import Life
from worker.reconciliation import (
    ACTIONS,
    COLUMNS,
    Difference,
    Facts,
    Kind,
    Letter,
    Place,
    Rules,
    command_of,
    differences,
    sheet,
    text_of,
    unknown_order,
)
from worker.saga.states import (
    Attempts,
    Ending,
    Order,
    PastRefund,
    Phase,
    Refund,
    Terms,
    Tourist,
    Voucher,
)

LATE_ENOUGH = NOON + timedelta(days=60)
OF_CODES = {
    Kind.FAILED_BUT_PAID,
    Kind.ISSUED_NO_CODES,
    Kind.CODES_NOT_ISSUED,
    Kind.CODES_DIFFER,
    Kind.REFUNDED_BUT_VALID,
}


def kinds(facts: Facts, rules: Rules = RULES) -> set[Kind]:
    return {one.kind for one in differences(facts, rules, DAY)}


# --- over lives -----------------------------------------------------------------------------


@pytest.mark.parametrize("faults", [0, 0.25, 0.7])
def test_codes_differ_in_a_life_just_where_the_two_books_do(faults: float) -> None:
    differing = 0
    for seed in range(200):
        life = Life(seed, faults)
        life.live()
        facts = facts_of(life)
        order, rules = facts.order, Rules(life.now, timedelta(hours=4))
        ours = {one.code for one in order.vouchers} if order.phase is Phase.ISSUED else set()
        ours = ours if order.refundable else set()
        found = kinds(facts, rules) & OF_CODES
        assert facts.codes is not None
        if order.refund is not None:  # which explains codes that are gone
            assert Kind.REFUND_OPEN in kinds(facts, Rules(LATE_ENOUGH, timedelta()))
            continue
        agree = not facts.asked or facts.codes == ours
        assert (found == set()) == agree, f"seed {seed}: {order.phase} {found}"
        differing += not agree
    assert differing, "nothing differed: a notice that is lost should show"


def test_a_life_without_faults_leaves_nothing_to_reconcile() -> None:
    for seed in range(300):
        life = Life(seed, faults=0)
        life.live()
        facts = facts_of(life)
        if facts.order.human or life.now - NOON > timedelta(days=29):
            continue
        shown = kinds(facts, Rules(life.now + timedelta(days=1), timedelta(hours=4)))
        lost_notice = any(b.money_back for b in life.zzy.bookings) or bool(facts.codes)
        assert shown == set() or lost_notice, f"seed {seed}: {shown}"


# --- one at a time --------------------------------------------------------------------------

REFUND = Refund("R1", 2, under_audit=True)
PAST = PastRefund(REFUND, Ending.APPROVED, 2, (V1.code, V2.code))
REFUNDED = replace(
    ISSUED,
    phase=Phase.REFUNDED,
    refunded=2,
    refunded_codes=(V1.code, V2.code),
    refunds=(PAST,),
    refunds_made=1,
)
REFUSED = replace(ISSUED, phase=Phase.REFUSED, vouchers=(), pay_money=None, failure_told=True)
AWAITING = replace(ISSUED, phase=Phase.AWAITING_TICKET, vouchers=(), vouchers_told=None)
FRESH = NOON + timedelta(minutes=2)
HELD = {**booked(ISSUED), "hold": Decimal(100)}


def letter(place: Place, kind: str = "", checked: int = 0) -> Letter:
    return Letter("d1", place, kind, checked)


def unasked(order: Order) -> Facts:
    return replace(agreeing(order), codes=None)


PLANTS: dict[Kind, list[Facts]] = {
    Kind.FAILED_BUT_PAID: [
        agreeing(REFUSED, "order_failed", codes=["c-1"]),
        agreeing(replace(REFUSED, phase=Phase.CANCELLED), "order_failed", codes=["c-1", "c-2"]),
    ],
    Kind.ISSUED_NO_CODES: [agreeing(codes=())],
    Kind.CODES_NOT_ISSUED: [
        replace(agreeing(replace(AWAITING, accepted_at=LATER), codes=["c-1"]), told=()),
    ],
    Kind.CODES_DIFFER: [
        agreeing(codes=["c-1"]),
        agreeing(codes=["c-1", "c-2", "c-3"]),
        agreeing(codes=["c-1", "other"]),
        agreeing(replace(ISSUED, vouchers=()), codes=["c-1"]),
        agreeing(replace(ISSUED, vouchers=(V3,), order_code=V3.code), codes=["other"]),
    ],
    Kind.REFUNDED_BUT_VALID: [
        agreeing(REFUNDED, "voucher", "refund", codes=["c-1"]),
        agreeing(replace(ISSUED, refunded=1, refunded_codes=("c-1",)), codes=["c-1", "c-2"]),
    ],
    Kind.PAID_NO_TICKET: [
        replace(agreeing(AWAITING), told=()),
        agreeing(replace(AWAITING, phase=Phase.TICKET_FAILED), "order_failed"),
    ],
    Kind.UNSETTLED: [
        replace(agreeing(replace(ISSUED, phase=phase, vouchers=(), pay_money=None)), told=())
        for phase in (Phase.CREATING, Phase.PAYING, Phase.CLOSING)
    ],
    Kind.REFUND_OPEN: [agreeing(replace(ISSUED, refund=REFUND))],
    Kind.HUMAN_WAITING: [
        replace(agreeing(replace(ISSUED, human="it cannot be")), human_since=FRESH),
    ],
    Kind.CHECKS_DIFFER: [agreeing(replace(ISSUED, checked=2, refunded=1), "voucher", "check")],
    Kind.PAID_ABOVE_PRICE: [agreeing(replace(ISSUED, pay_money=Decimal("120.01")))],
    Kind.ACCOUNT_DIFFERS: [
        replace(agreeing(), booked={}),
        replace(agreeing(), booked=HELD),
        replace(agreeing(replace(ISSUED, terms=Terms())), booked=booked(ISSUED)),
    ],
    Kind.VOUCHER_NOT_DELIVERED: [
        replace(agreeing(), told=(told("voucher", "dead"),)),
        replace(agreeing(), told=(told("voucher", "pending"),)),
        replace(agreeing(), told=()),
        replace(agreeing(), letters=(letter(Place.GUEST),)),
    ],
    Kind.REFUND_NOT_TOLD: [
        agreeing(REFUNDED, "voucher"),
        replace(agreeing(REFUNDED), told=(told("voucher"), told("refund", "dead", 2))),
    ],
    Kind.FAILURE_NOT_TOLD: [replace(agreeing(REFUSED), told=(told("order_failed", "dead"),))],
    Kind.CHECK_NOT_TOLD: [
        replace(
            agreeing(replace(ISSUED, checked=1)),
            told=(told("voucher"), told("check", "superseded", 2), told("check", "dead", 3)),
        )
    ],
    Kind.NOTICE_NOT_TAKEN: [
        replace(agreeing(), letters=(letter(Place.NOTICES),)),
        replace(agreeing(), held_since=FRESH),
    ],
    Kind.COMMAND_NOT_TAKEN: [replace(agreeing(), letters=(letter(Place.COMMANDS),))],
    Kind.NOT_COMPARED: [unasked(ISSUED)],
}
SINGLE = [(kind, facts) for kind, planted in PLANTS.items() for facts in planted]


def test_every_kind_is_planted_and_has_its_action() -> None:
    assert set(PLANTS) | {Kind.UNKNOWN_ORDER} == set(Kind) == set(ACTIONS)


@pytest.mark.parametrize(
    "facts",
    [
        agreeing(),
        agreeing(REFUSED, "order_failed"),
        agreeing(REFUNDED, "voucher", "refund"),
        agreeing(replace(ISSUED, attempts=Attempts(), phase=Phase.NEW)),
        agreeing(replace(ISSUED, checked=2), "voucher", "check", codes=()),
        agreeing(replace(ISSUED, refunded=1), codes=["c-2"]),
        agreeing(replace(ISSUED, vouchers=(V3,), order_code=V3.code, refunded=1)),
        replace(agreeing(replace(ISSUED, terms=Terms("sms"))), told=(), booked={}),
        replace(agreeing(), told=(replace(told("voucher", "pending"), created_at=LATER),)),
    ],
)
def test_nothing_is_found_where_all_agree(facts: Facts) -> None:
    assert differences(facts, RULES, DAY) == []


@pytest.mark.parametrize(("kind", "facts"), SINGLE, ids=lambda value: str(value)[:24])
def test_one_planted_difference_is_found_and_no_other(kind: Kind, facts: Facts) -> None:
    (found,) = differences(facts, RULES, DAY)
    assert (found.kind, found.order_num, found.day) == (kind, ISSUED.order_num, DAY)
    assert found.money >= 0
    assert found.detail


def test_a_notice_that_was_not_taken_may_say_that_more_was_used() -> None:
    facts = replace(agreeing(), letters=(letter(Place.NOTICES, checked=2),))
    assert kinds(facts) == {Kind.CHECKS_DIFFER, Kind.NOTICE_NOT_TAKEN}


@pytest.mark.parametrize(
    ("change", "money"),
    [
        (lambda: agreeing(codes=()), "100.00"),
        (lambda: agreeing(codes=["c-1"]), "50.00"),
        (lambda: agreeing(REFUSED, "order_failed", codes=["c-1"]), "120.00"),
        (lambda: agreeing(replace(ISSUED, pay_money=Decimal("120.01"))), "0.01"),
        (lambda: replace(agreeing(), booked={}), "110.00"),
    ],
)
def test_the_money_at_stake(change: Callable[[], Facts], money: str) -> None:
    (found,) = differences(change(), RULES, DAY)
    assert found.money == Decimal(money)


# --- what is said ---------------------------------------------------------------------------

WORDS = st.text(min_size=4, max_size=20).filter(lambda text: text.strip() not in {"", "k"})


@given(st.sampled_from(SINGLE), WORDS, WORDS)
def test_what_is_found_names_nobody_and_no_code(
    planted: tuple[Kind, Facts], name: str, code: str
) -> None:
    name, code = f"N{name}N", f"C{code}C"
    order = planted[1].order
    demand = replace(DEMAND, tourists=(Tourist(ZHANG.id_card, name),), count=2)
    vouchers = tuple(Voucher(code + one.code, name=name) for one in order.vouchers)
    shown = {code + one for one in planted[1].codes or ()}
    facts = replace(
        planted[1],
        order=replace(order, demand=demand, vouchers=vouchers),
        codes=None if planted[1].codes is None else frozenset(shown),
    )
    found = differences(facts, RULES, DAY)
    said = sheet(found) + repr(found)
    for secret in (name, code, ZHANG.id_card, DEMAND.take_phone):
        assert secret not in said


@given(
    st.sampled_from(list(Kind)),
    st.text(max_size=20),
    st.text(max_size=20),
    st.sampled_from(["", "d1"]),
)
def test_a_sheet_can_be_read_and_holds_no_formula(
    kind: Kind, number: str, app_key: str, letter_id: str
) -> None:
    one = Difference(DAY, kind, number, app_key, number, "7", Decimal(1), "-1", letter_id)
    header, row = csv.reader(io.StringIO(sheet([one]), newline=""))
    assert tuple(header) == COLUMNS
    assert len(row) == len(COLUMNS)
    assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]
    words = shlex.split(command_of(one))
    assert words[:3] == ["python", "-m", "worker"]
    if "{order_num}" in ACTIONS[kind].command and not letter_id:
        assert number in words
    assert "{" not in text_of(one).replace(number, "")


def test_a_notice_of_an_order_that_nobody_knows() -> None:
    one = unknown_order(DAY, order_num="", app_key="", zzy_order_id="", letter_id="d9")
    assert (one.kind, one.order_num) == (Kind.UNKNOWN_ORDER, "d9")
    assert command_of(one) == "python -m worker deadletters show d9"

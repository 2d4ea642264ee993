"""Each invariant's check sees its fault: made-up books that are right, and one lie in them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.ledger import judge
from tests.ledger.books import (
    EPOCH,
    Book,
    Delivered,
    Entry,
    Noticed,
    Notified,
    Said,
    Step,
    Stored,
)
from tests.ledger.leaks import leaks
from worker.simulators.channel_driver import made_up_id_card
from worker.simulators.records import Audit, Order, Pay, Person, Refund, Status, Ticket
from worker.simulators.zzy_notices import TICKET, VERIFY

PRICE = Decimal("5.10")
GUEST = Person("赵甲", "13700000001", made_up_id_card(1))
LATER = EPOCH + timedelta(seconds=5)


def zzy_order() -> Order:
    """Three tickets: one used, one refunded, one left."""
    tickets = [
        Ticket(f"code{n}", f"card{n}", "", "", "", "", 0, checked=n == 0, refunded=n == 1)
        for n in range(3)
    ]
    return Order(
        origin_order_id="ours",
        product_id=11064,
        quantity=3,
        visit_date=date(2026, 1, 2),
        session="",
        contact=GUEST,
        visitors=[GUEST],
        created_at=EPOCH,
        order_id=1,
        status=Status.ISSUED,
        checked=1,
        pays=[Pay(EPOCH, moved_money=True, amount=Decimal(15))],
        refunds=[Refund("oursR1", 7, 1, ["code1"], EPOCH, Audit.APPROVED)],
        tickets=tickets,
    )


def check(checked: int, left: int) -> dict[str, str]:
    counts = {"check_count": str(checked), "no_check_count": str(left), "total_count": "3"}
    return {"order_num": "c1", "check_time": "", "check_result": "1", **counts}


VOUCHERS = {"vouchers": [{"code": f"code{n}"} for n in range(3)]}
REFUND = {"refund_id": "oursR1", "status": "approved", "count": 1}
DELIVERED = (
    Delivered("m1", "voucher", VOUCHERS),
    Delivered("m2", "check", check(1, 2)),
    Delivered("m3", "refund", REFUND),
)
REPORT = {
    "count": 3,
    "checked": 1,
    "refunded": 1,
    "refund_pending": 0,
    "vouchers": [{"code": "code0", "state": "used"}],
    "refunds": [{"refund_id": "oursR1"}],
}
VOUCHER_CODES = {
    "OrderVoucherCode": "",
    "OrderUserVouchers": [{"VoucherCode": f"code{n}"} for n in range(3)],
}
STORED = Stored("issued", codes=frozenset({"code0", "code1", "code2"}), checked=1)


def book() -> Book:
    """Return the books of an order to which every promise was kept."""
    return Book(
        order_num="ours",
        count=3,
        settlement_price=PRICE,
        pay_deadline=15,
        said=(
            Said("create", "1000"),
            Said("refund", "1000", data={"refund_id": "oursR1"}),
            Said("cancel", "4003"),
        ),
        zzy=(zzy_order(),),
        stored=STORED,
        history=(
            Step(EPOCH, "order_commanded", "creating"),
            Step(LATER, "create_succeeded", "paying"),
            Step(LATER, "ticket_issued", "issued"),
        ),
        notified=[Notified(d.webhook_id, d.type, 1, "delivered") for d in DELIVERED],
        delivered=DELIVERED,
        report=REPORT,
        notices=(
            Noticed(TICKET, "acknowledged", {"VoucherCode": VOUCHER_CODES}),
            Noticed(VERIFY, "acknowledged", {"CheckedNumber": 1}),
        ),
        entries=(Entry("hold", 3 * PRICE), Entry("charge", 3 * PRICE), Entry("credit", PRICE)),
    )


def zzy(change: Callable[[Order], Any]) -> Callable[[Book], Book]:
    """Return a lie in the supplier's books."""

    def told(right: Book) -> Book:
        order = zzy_order()
        change(order)
        return replace(right, zzy=(order,))

    return told


def lie(**changes: Any) -> Callable[[Book], Book]:  # noqa: ANN401  (any field)
    return lambda right: replace(right, **changes)


def told(kind: str, **params: Any) -> Delivered:  # noqa: ANN401  (any content)
    return Delivered(f"m-{kind}", kind, params)


def paid_after_a_cancel(order: Order) -> None:
    order.cancels.append(EPOCH)
    order.pays.append(pay(1))


def pay(seconds: float) -> Pay:
    return Pay(EPOCH + timedelta(seconds=seconds), moved_money=False, amount=Decimal(0))


def tried_twice(right: Book, begun: str = "creating") -> Book:
    """Tell of a refusal at the door, and of the same number ordered once more."""
    refused = Step(EPOCH, "order_commanded", "refused", "answer 3009; notify order_failed #1")
    again = replace(right.history[0], phase=begun)
    return replace(
        right,
        history=(refused, again, *right.history[1:]),
        notified=(*right.notified, Notified("m-order_failed", "order_failed", 1, "delivered")),
        delivered=(FAILED, *right.delivered),
    )


GONE = {**REPORT, "refunded": 3, "checked": 0}
FAILED = told("order_failed", code="3000")
FAULTS: dict[str, list[tuple[str, Callable[[Book], Book]]]] = {
    "paid_once": [("two orders paid", lie(zzy=(zzy_order(), zzy_order())))],
    "not_paid_too_late": [
        ("after a cancel", zzy(paid_after_a_cancel)),
        ("after the deadline", zzy(lambda o: o.pays.append(pay(19)))),
        ("cancelled and kept", lie(said=(Said("cancel", "1000"),))),
    ],
    "ends": [
        ("lost", lie(stored=None)),
        ("no alarm", lie(stored=replace(STORED, human="a refund was refused"))),
        ("no deadline", lie(stored=replace(STORED, phase="paying"))),
        ("no deadline of a refund", lie(stored=replace(STORED, refund_open=True))),
        (
            "dead timer",
            lie(stored=replace(STORED, wake_at=EPOCH), read_at=EPOCH + 60 * judge.GRACE),
        ),
        ("ended with the money", lie(stored=replace(STORED, phase="cancelled"))),
        ("issued and unpaid", zzy(lambda o: o.pays.clear())),
        ("another code", lie(said=(Said("cancel", "9999"),))),
        (
            "a name used twice",
            lie(
                said=(
                    Said("refund", "1000", asked={"refund_num": "R-1"}),
                    Said("refund_otherwise", "1000", asked={"refund_num": "R-1"}),
                )
            ),
        ),
        ("a stranger's cancel", lie(said=(Said("stranger", "1000"),))),
    ],
    "never_falls_back": [
        (
            "a state",
            lie(history=(*book().history, Step(LATER, "pay_unknown", "paying"))),
        ),
        ("a check after a newer", lie(delivered=(told("check", **check(2, 1)), *DELIVERED))),
        (
            "the last check",
            lie(delivered=(*DELIVERED, told("check", **check(2, 1)), DELIVERED[1]), crashes=True),
        ),
        ("a count of refunds", lie(report={**REPORT, "refunded": 0})),
    ],
    "channel_knows": [
        ("never arrived", lie(delivered=DELIVERED[1:])),
        ("never sent", lie(notified=[Notified("m1", "voucher", 1, "pending")])),
        ("dead", lie(notified=[Notified("m9", "voucher", 1, "dead")])),
        (
            "another content",
            lie(delivered=(*DELIVERED, Delivered("m3", "refund", {**REFUND, "count": 2}))),
        ),
        ("false failure", lie(delivered=(*DELIVERED, FAILED))),
        ("silent end", lambda b: replace(zzy(lambda o: o.pays.clear())(b), delivered=())),
        ("refund untold", lie(delivered=DELIVERED[:2], notified=())),
        (
            "refund made up",
            lie(delivered=(*DELIVERED, told("refund", **{**REFUND, "refund_id": "R2"}))),
        ),
        (
            "rejection untold",
            zzy(lambda o: o.refunds.append(Refund("oursR2", 8, 1, [], EPOCH, Audit.REJECTED))),
        ),
        ("codes untold", zzy(lambda o: o.tickets.append(Ticket("code4", "", "", "", "", "", 1)))),
        ("phone untold", lie(vouchers_by="both")),
        ("check untold", zzy(lambda o: setattr(o, "checked", 2))),
    ],
    "within_bought": [
        ("at ZZY", zzy(lambda o: o.refunds.append(Refund("R9", 9, 3, [], EPOCH)))),
        ("in the report", lie(report={**REPORT, "refund_pending": 2})),
        ("in a check", lie(delivered=(told("check", **check(2, 2)),))),
        ("in the refunds", lie(delivered=(told("refund", **{**REFUND, "count": 4}),))),
        ("other books", lie(report={**REPORT, "checked": 0})),
        ("other refunds", lie(report={**REPORT, "refunded": 0})),
        ("a made-up code", lie(report={**REPORT, "vouchers": [{"code": "x", "state": "used"}]})),
    ],
    "durable_before_acknowledged": [
        ("a code", lie(stored=replace(STORED, codes=frozenset({"code0"})))),
        ("a check", lie(stored=replace(STORED, checked=0))),
        ("a refund", lie(report={**REPORT, "refunds": []})),
        ("the order", lie(stored=None)),
    ],
    "account_follows": [
        ("nothing charged", lie(entries=())),
        ("held for ever", lie(entries=(Entry("hold", 3 * PRICE),))),
        ("no credit", lie(entries=book().entries[:2])),
        ("charged twice", lie(entries=(*book().entries, Entry("charge", 3 * PRICE)))),
        ("no account", lie(settlement_price=None)),
    ],
}
PLANTED = [
    pytest.param(promise, fault, id=f"{promise}-{name}")
    for promise, faults in FAULTS.items()
    for name, fault in faults
]


def test_books_that_are_right_break_nothing() -> None:
    assert judge.broken(book()) == []


def test_a_refusal_that_was_tried_again_may_have_been_told() -> None:
    assert judge.broken(tried_twice(book())) == []
    never_begun = tried_twice(book(), begun="refused")
    assert list(judge.channel_knows(never_begun)), "the number was not ordered anew after it"


def test_every_promise_has_a_fault() -> None:
    assert set(FAULTS) == {promise.__name__ for promise in judge.OF_AN_ORDER}


@pytest.mark.parametrize(("promise", "fault"), PLANTED)
def test_a_fault_is_seen(promise: str, fault: Callable[[Book], Book]) -> None:
    assert list(getattr(judge, promise)(fault(book())))


@pytest.mark.parametrize(
    "fault",
    [
        zzy(lambda o: o.pays.append(pay(1))),
        lie(stored=replace(STORED, phase="refunded")),
        lie(delivered=(*DELIVERED, told("refund", **REFUND))),
        lie(report=GONE),
        lie(entries=()),
    ],
)
def test_what_a_replay_changed_is_seen(fault: Callable[[Book], Book]) -> None:
    assert not list(judge.replay_is_harmless(book(), book()))
    assert list(judge.replay_is_harmless(book(), fault(book())))


@pytest.mark.parametrize("word", [GUEST.id_card, GUEST.mobile, GUEST.name, "s3cret"])
def test_a_leak_is_seen(word: str) -> None:
    words = [GUEST.id_card, GUEST.mobile, GUEST.name, "s3cret"]
    assert leaks(f'{{"event":"x","text":"客人{word}，"}}', words) == {word}
    assert not leaks('{"event":"x","log_id":"20261123211845846980000024"}', words)

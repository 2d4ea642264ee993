"""What excuses an order from a promise is narrow: each condition of it is needed."""

from dataclasses import replace

import pytest

from tests.ledger import judge
from tests.ledger.books import EPOCH, Book, Delivered, Said, Step
from tests.ledger.test_judge import book, zzy
from worker.simulators.records import Audit, Refund
from worker.simulators.zzy_notices import VERIFY


def forced_blindly(*, checked: int = 2, alarm: str = "forced_refund", state: str = "lost") -> Book:
    """Return an order of which ZZY kept what was checked, and nobody had heard of the check."""
    right = zzy(lambda order: setattr(order, "checked", checked))(book())
    notices = [replace(n, state=state if n.service == VERIFY else n.state) for n in right.notices]
    return replace(right, alarms=frozenset({alarm}), notices=notices)


def test_a_forced_refund_of_what_was_checked_unheard_is_excused() -> None:
    assert forced_blindly().contradicted


@pytest.mark.parametrize(
    "told",
    [
        forced_blindly(checked=1),
        forced_blindly(alarm="order_needs_human"),
        forced_blindly(state="acknowledged"),
    ],
    ids=["more is kept", "no alarm", "the check was heard of"],
)
def test_no_other_is(told: Book) -> None:
    assert not told.contradicted


@pytest.mark.parametrize(("phase", "excused"), [("ticket_failed", True), ("issued", False)])
def test_a_rejection_goes_untold_only_of_a_failed_ticket(phase: str, *, excused: bool) -> None:
    step = Step(EPOCH, "refund_noticed", phase, "rejected 不符合退款条件")
    assert replace(book(), history=(*book().history, step)).ticketless is excused


def test_another_content_is_judged_anew_only_after_a_refusal_at_the_door() -> None:
    asked = replace(book(), said=(*book().said, Said("create_otherwise", "3009")))
    assert list(judge.ends(asked))
    refused = Step(EPOCH, "order_commanded", "refused", "answer 3009")
    assert not list(judge.ends(replace(asked, history=(refused, *asked.history))))


@pytest.mark.parametrize(("forced", "complaints"), [(3, 0), (2, 1)])
def test_a_rejection_goes_untold_where_all_was_forced_back_before(
    forced: int, complaints: int
) -> None:
    told = Delivered("m3", "refund", {"refund_id": "", "status": "forced", "count": forced})
    refunds = [
        Refund("", 7, forced, [], EPOCH, Audit.APPROVED),
        Refund("oursR1", 8, 3, [], EPOCH, Audit.REJECTED),
    ]
    right = zzy(lambda order: setattr(order, "refunds", refunds))(book())
    [order] = right.zzy
    found = list(judge._refunds(replace(right, delivered=(told,)), order))
    assert len(found) == complaints

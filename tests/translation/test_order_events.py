"""Which events a transition means to those who listen, and what they must not hold."""

from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.events import OrderEvent
from tests.doubles import NOON
from tests.saga.facts import STOCK, V1, V2, V3, an_order, ordered
from worker.saga.events import TimerFired
from worker.saga.states import Ending, Failure, Order, PastRefund, Phase, Refund
from worker.translation.order_events import kinds, order_event

OPEN = Refund("R1", 2)
REJECTED = PastRefund(OPEN, Ending.REJECTED, 0)
PAID = an_order(phase=Phase.AWAITING_TICKET)
ISSUED = an_order(phase=Phase.ISSUED, vouchers=(V1, V2), notified=1)


def happened(before: Order | None, after: Order) -> tuple[str, ...]:
    return kinds(before, after, TimerFired())


def test_an_event_has_all_its_fields_and_each_is_of_its_type() -> None:
    for before, after in ((None, ISSUED), (PAID, replace(PAID, failure=STOCK, human="why"))):
        event = order_event(before, after, TimerFired(), 3)
        assert event is not None
        assert vars(event).keys() == OrderEvent.model_fields.keys()
        assert OrderEvent(**vars(event)) == event


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, an_order(phase=Phase.CREATING), ("accepted",)),
        (None, an_order(phase=Phase.REFUSED, failure=STOCK), ("failed",)),
        (an_order(phase=Phase.CREATING), an_order(phase=Phase.PAYING), ("created",)),
        (an_order(phase=Phase.PAYING), PAID, ("paid",)),
        (an_order(phase=Phase.PAYING), replace(PAID, refund=OPEN), ("paid", "refund_requested")),
        (an_order(phase=Phase.PAYING), ISSUED, ("issued",)),
        (PAID, ISSUED, ("issued",)),
        (ISSUED, replace(ISSUED, vouchers=(V1, V2, V3)), ("issued",)),
        (ISSUED, replace(ISSUED, checked=1), ("verified",)),
        (ISSUED, replace(ISSUED, refund=OPEN), ("refund_requested",)),
        (
            replace(ISSUED, refund=OPEN),
            replace(ISSUED, phase=Phase.REFUNDED, refunded=2),
            ("refunded",),
        ),
        (replace(ISSUED, refund=OPEN), replace(ISSUED, refunds=(REJECTED,)), ("refund_rejected",)),
        (replace(ISSUED, refund=OPEN), replace(ISSUED, refund=OPEN, refunded=1), ("refunded",)),
        (ISSUED, replace(ISSUED, refunded=1), ("refunded",)),
        (PAID, replace(PAID, phase=Phase.TICKET_FAILED, failure=STOCK), ("failed",)),
        (an_order(phase=Phase.CLOSING), an_order(phase=Phase.CANCELLED), ("cancelled",)),
        (
            an_order(phase=Phase.CLOSING),
            an_order(phase=Phase.CLOSING, human="why"),
            ("needs_human",),
        ),
        (ISSUED, replace(ISSUED, wake_at=NOON), ()),
        (ISSUED, replace(ISSUED, human="", vouchers_told=2), ()),
        (an_order(phase=Phase.PAYING), an_order(phase=Phase.CLOSING), ()),
    ],
)
def test_what_a_transition_means(
    before: Order | None, after: Order, expected: tuple[str, ...]
) -> None:
    assert happened(before, after) == expected


def test_a_number_that_was_left_free_begins_a_new_life() -> None:
    refused = an_order(phase=Phase.REFUSED, failure=STOCK, checked=0)
    again = replace(refused, accepted_at=refused.accepted_at + timedelta(seconds=1))
    assert happened(refused, again) == ("failed",)
    assert happened(refused, replace(again, phase=Phase.CREATING)) == ("accepted",)


def test_an_event_holds_counts_and_numbers_and_nothing_of_a_person() -> None:
    after = replace(
        ISSUED,
        phase=Phase.TICKET_FAILED,
        failure=Failure("3008", "库存不足：张三 13456451211"),
        refund=OPEN,
        human="",
    )
    event = order_event(PAID, after, ordered(), 7)
    assert event is not None
    assert (event.kind, event.also) == ("refund_requested", ("failed", "issued"))
    assert (event.version, event.count, event.vouchers, event.pending) == (7, 2, 2, 2)
    assert (event.refund_id, event.code, event.reason) == ("R1", "3008", "库存不足")
    text = event.model_dump_json()
    assert [s for s in ("张三", "13456451211", "110101199003070134", "c-1") if s in text] == []


def test_nothing_new_is_no_event() -> None:
    assert order_event(ISSUED, replace(ISSUED, calls=9), ordered(), 8) is None

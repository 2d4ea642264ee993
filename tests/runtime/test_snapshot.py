"""An order's state as JSON: nothing is lost, and what an earlier release stored still reads.

stored_orders.json was written by the release that knew no partial refunds. It is history:
do not write it anew.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.doubles import NOON
from tests.saga.facts import POLICY, cancelled, checked, refund_noticed, refunded_by_channel
from tests.saga.laws import check
from worker.errors import StoreUnavailableError
from worker.runtime import snapshot
from worker.runtime.ports import OrderRow
from worker.saga.decide import decide
from worker.saga.effects import RefundTold
from worker.saga.events import TimerFired
from worker.saga.states import Order, Phase

STORED = json.loads((Path(__file__).parent / "stored_orders.json").read_text(encoding="utf-8"))
NUM = "0e0c0fa2becaccb078332d796b2ca858"


def read(state: bytes) -> Order:
    row = OrderRow(NUM, 1, "k", "2x", None, "", None, None, state, NOON, NOON)
    order = snapshot.read(row)
    assert order is not None
    return order


def stored(name: str) -> Order:
    return read(json.dumps(STORED[name]).encode())


@pytest.mark.parametrize("name", STORED)
def test_an_order_of_an_earlier_release_reads_and_keeps_what_it_held(name: str) -> None:
    order = stored(name)
    kept = json.loads(snapshot.opened(snapshot.write(order)))
    assert snapshot.parsed(snapshot.write(order)) == order
    assert _within(STORED[name], kept), "something that was stored is lost"


def _within(old: object, new: object) -> bool:
    """Tell whether ``new`` holds all of ``old``, with fields added at most."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(key in new and _within(value, new[key]) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_within, old, new))
    return old == new


@pytest.mark.parametrize("name", STORED)
def test_an_order_of_an_earlier_release_goes_on(name: str) -> None:
    order = stored(name)
    later = order.wake_at or order.accepted_at
    events = (TimerFired(), cancelled(), checked(2), refund_noticed(f"{NUM}R1"), refund_noticed(""))
    for event in (*events, refunded_by_channel("r-1", 1)):
        check(order, decide(order, event, later, POLICY), later)


def test_a_refund_that_was_open_before_is_settled_and_told() -> None:
    order = stored("refund under audit, one waits")
    decision = decide(order, refund_noticed("A1"), order.accepted_at, POLICY)
    assert decision.order is not None
    assert (decision.order.phase, decision.order.refunded) == (Phase.REFUNDED, 2)
    told = [getattr(effect, "news", None) for effect in decision.effects]
    assert RefundTold(f"{NUM}R1", 2, (), "approved", "") in told


def test_a_rejection_that_was_recorded_before_is_a_repeat() -> None:
    order = stored("refund rejected")
    again = decide(order, refund_noticed("A1", approved=False), order.accepted_at, POLICY)
    assert again.row is not None
    assert (again.order, again.effects) == (replace(order), [])


def test_what_a_newer_version_wrote_is_left_to_it() -> None:
    newer = snapshot.write(stored("pay doubtful")).replace(b":2,", b":3,", 1)
    with pytest.raises(StoreUnavailableError, match="newer version"):
        read(newer)


def test_the_first_release_cannot_read_what_is_written_now() -> None:
    """It would take the fields that it knows, and write the order back without the others."""
    named = set(json.loads(snapshot.write(stored("pay doubtful"))))
    assert named.isdisjoint(STORED["pay doubtful"])

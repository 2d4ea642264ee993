"""The table against its laws: random walks, and orders that no walk comes to."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.channel import Code
from tests.doubles import NOON
from tests.saga import laws
from tests.saga.beginnings import (
    awaiting,
    contradicted,
    creating,
    has_tickets,
    much_refused,
    no_ticket,
    part_audited,
    part_refunded,
    part_refunding,
    pay_doubtful,
    pay_unknown,
    paying,
    people_forgotten,
    refund_refused,
    refund_unknown,
    refunding,
    ticketless,
    ticketless_while_part_refunding,
)
from tests.saga.facts import POLICY, STOCK, V1, V2, ZZY, an_order, cancelled, issued
from tests.saga.playbook import Playbook
from tests.saga.walks import EVERYTHING, HASTY, NOTICES, TERMS, Walk
from worker.saga import codes
from worker.saga.decide import decide
from worker.saga.events import CreateSucceeded, Event
from worker.saga.guards import always
from worker.saga.states import FINAL, RANK, CallKind, Order, Phase, Refund
from worker.saga.transitions import ROWS, TABLE

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=400, deadline=None, suppress_health_check=SLOW)
@given(st.integers(min_value=0), st.integers(min_value=1, max_value=60))
def test_no_walk_breaks_a_law(seed: int, length: int) -> None:
    walk = Walk(random.Random(seed))
    for _ in range(length):
        walk.step()


PAID = {Phase.AWAITING_TICKET, Phase.ISSUED, Phase.TICKET_FAILED}
CALLS = {
    Phase.CREATING: (None, CallKind.CREATE),
    Phase.PAYING: (None, CallKind.PAY, CallKind.PROBE),
    Phase.CLOSING: (None, CallKind.CANCEL, CallKind.PROBE),
    Phase.AWAITING_TICKET: (None, CallKind.PROBE),
    Phase.ISSUED: (None, CallKind.PROBE),
}


@st.composite
def orders_in(draw: st.DrawFn, phase: Phase) -> Order:
    """Return any order that could stand in ``phase``, whether or not a walk comes there."""
    call = draw(st.sampled_from(CALLS.get(phase, (None,))))
    told = draw(st.sampled_from((None, 0, 2)))
    checked, refunded = draw(st.sampled_from(((0, 0), (0, 1), (1, 0), (1, 1), (2, 0))))
    refund = None
    if phase is Phase.TICKET_FAILED or (phase in PAID and draw(st.booleans())):
        audit = draw(st.booleans())
        left = 2 - checked - refunded
        refund = Refund("R", left, draw(st.booleans()), audit, draw(st.sampled_from(("", "A1"))))
        call = CallKind.REFUND if not audit and draw(st.booleans()) else None
    order = an_order(
        phase=phase,
        zzy_order_id="" if phase is Phase.CREATING else ZZY,
        call=call,
        calls=7,
        wake_at=NOON + timedelta(seconds=draw(st.sampled_from((5, 705)))),
        pay_doubtful=phase in {Phase.PAYING, Phase.CLOSING} and draw(st.booleans()),
        cancel_waits=(call is not None or phase is Phase.CLOSING) and draw(st.booleans()),
        failure=STOCK if phase is Phase.CLOSING and draw(st.booleans()) else None,
        failure_told=phase in {Phase.REFUSED, Phase.CANCELLED},
        vouchers=(V1, V2) if told else (),
        vouchers_told=told,
        checked=checked,
        refunded=refunded,
        refund=refund,
        refunds_made=1 if refund else 0,
    )
    if not laws.waits(order):
        order = replace(order, wake_at=None)
    if order.call is None and draw(st.booleans()):
        stuck = order.wake_at is None or draw(st.booleans())
        order = replace(order, human="look at it", wake_at=None if stuck else order.wake_at)
    return order


def event_made(index: int, seed: int) -> Event:
    return EVERYTHING[index % len(EVERYTHING)](random.Random(seed))


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.NEW])
@settings(max_examples=250, deadline=None, suppress_health_check=SLOW)
@given(st.data())
def test_no_event_breaks_a_law_in_any_order(phase: Phase, data: st.DataObject) -> None:
    order = data.draw(orders_in(phase))
    event = event_made(data.draw(st.integers(0, 10_000)), data.draw(st.integers(0)))
    late = timedelta(seconds=data.draw(st.sampled_from((0.0, 5.0, 605.0, 705.0))))
    laws.check(order, decide(order, event, NOON + late, POLICY), NOON + late)


def beginnings() -> list[Playbook]:
    """Return stories to go on from: orders that a walk from nothing seldom comes to."""
    audited = [part_audited(awaiting()), part_audited()]
    audited += [part_refunding(awaiting()), part_refunding()]
    cancelling = [s.fork().on(cancelled()).expect(s.order.phase) for s in audited]
    checked_then = [s.fork().set(checked=1) for s in (*audited, refunding(awaiting()))]
    called = [awaiting(), has_tickets(), refunding(), ticketless(), people_forgotten()]
    called += [part_refunded(), people_forgotten(part_refunded())]
    exhausted = [much_refused(awaiting()), much_refused()]
    failed = [ticketless_while_part_refunding(), ticketless_while_part_refunding()]
    called.append(awaiting().on(issued(ask=True)).expect(Phase.ISSUED, "call probe"))
    called += [pay_unknown(), no_ticket(), refund_refused(), contradicted()]
    called.append(pay_unknown().set(failure=STOCK, cancel_waits=False))
    called += [refund_unknown(s) for s in (awaiting(), has_tickets(), ticketless())]
    called += [refund_unknown(part_refunding(s)) for s in (awaiting(), has_tickets())]
    failed += [refund_unknown(ticketless_while_part_refunding())]
    bought = [Playbook(), creating(), creating().set(pay_deadline=NOON), paying()]
    bought.append(paying().on(cancelled()).expect(Phase.PAYING))
    bought.append(creating().on(cancelled()).expect(Phase.CREATING))
    created = bought[-1].fork().answer(CreateSucceeded(ZZY))
    bought.append(created.expect(Phase.CLOSING, "call cancel"))
    bought.append(pay_doubtful().on(cancelled()).expect(Phase.CLOSING, "call cancel"))
    return [*bought, *called, *audited, *cancelling, *checked_then, *exhausted, *failed]


def begun(story: Playbook, dice: random.Random) -> Walk:
    """Go on from where a story stands, or from nothing."""
    notices = dice.choice((NOTICES, NOTICES[1:], NOTICES[3:]))
    walk = Walk(dice, dice.choice((POLICY, HASTY)), notices)
    if story.has_order:
        walk.now, walk.order = story.now, replace(story.order, terms=dice.choice(TERMS))
        walk.calls = [story.last_call]
        if story.order.refund:
            walk.intents[story.last_call.key] = story.order.refund.refund_id
    return walk


@pytest.mark.timeout(400)
def test_every_row_is_walked_through() -> None:
    dice, stories = random.Random(9), beginnings()
    missed = set(ROWS)
    for _ in range(24_000):
        phases = {row.phase for row in missed}
        near = [s for s in stories if not s.has_order or s.order.phase in phases]
        walk = begun(dice.choice(near if dice.random() < 0.7 else stories), dice)
        for _ in range(dice.randint(4, 25)):
            walk.step()
        missed.difference_update(walk.rows)
        if not missed:
            return
    pytest.fail("never walked through: " + ", ".join(map(_line, missed)))


def _line(row: object) -> str:
    when = row.when.__name__  # type: ignore[attr-defined]
    return f"{row.phase} {row.event.__name__} {when}"  # type: ignore[attr-defined]


def test_a_rows_last_resort_stands_last() -> None:
    for rows in TABLE.values():
        assert all(row.when is not always for row in rows[:-1]), _line(rows[-1])


def test_no_row_falls_back() -> None:
    for row in ROWS:
        assert row.then is None or RANK[row.then] >= RANK[row.phase], _line(row)


def test_the_final_phases_lead_nowhere() -> None:
    assert [_line(row) for row in ROWS if row.phase in FINAL and row.then] == []


@pytest.mark.parametrize(
    "name", [name for name in vars(codes) if name.isupper() and not name.endswith("_TEXT")]
)
def test_the_sagas_codes_are_the_channels(name: str) -> None:
    assert getattr(codes, name) in set(Code)


def test_the_sagas_code_of_an_order_already_checked_is_the_documents() -> None:
    assert codes.ALREADY_CHECKED == Code.ORDER_ALREADY_CHECKED
    assert codes.ALREADY_CANCELLED == Code.ORDER_ALREADY_CANCELLED
    assert codes.ORDER_UNKNOWN == Code.ORDER_UNKNOWN
    assert codes.CANCEL_FAILED == Code.CANCEL_FAILED
    assert codes.CREATE_FAILED == Code.CREATE_FAILED
    assert codes.SUCCESS == Code.SUCCESS

"""Thousands of lives against the ledger; and each oracle seen red on a planted fault."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.saga.simulation import Life
from worker.saga import decide as deciding
from worker.saga import guards as g
from worker.saga.events import (
    CancelRefused,
    CodesMissing,
    CreateSucceeded,
    PayRefused,
    PayUnknown,
    RefundRefused,
    TicketFailed,
    TicketIssued,
    TimerFired,
)
from worker.saga.states import Order, Phase
from worker.saga.steps import calls as c
from worker.saga.steps import outcomes as s
from worker.saga.steps import refunds as r
from worker.saga.steps import tickets as t
from worker.saga.transitions import TABLE, Row

LIVES = 8000
HARD_LIVES = 4000

Plant = Callable[[Sequence[Row]], Sequence[Row]]


def live(seeds: range, faults: float = 0.25) -> set[Phase]:
    """Live all the seeds; a failure names its seed."""
    ends = set()
    for seed in seeds:
        life = Life(seed, faults)
        try:
            life.live()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        assert life.order is not None
        ends.add(life.order.phase)
    return ends


def test_no_money_is_lost_in_any_life() -> None:
    ends = live(range(LIVES))
    assert {Phase.ISSUED, Phase.REFUSED, Phase.CANCELLED, Phase.REFUNDED} <= ends


def test_no_money_is_lost_where_most_calls_go_wrong() -> None:
    live(range(LIVES, LIVES + HARD_LIVES), faults=0.7)


def test_without_faults_every_order_ends_by_itself() -> None:
    for seed in range(300):
        life = Life(seed, faults=0)
        life.live()
        assert life.order is not None
        assert life.order.phase is not Phase.NEW


def only(*rows: Row) -> Plant:
    return lambda _: rows


def a_row(phase: Phase, event: type[Any], do: tuple[Any, ...], then: Phase | None) -> Row:
    return Row(phase, event, g.always, do, then)


PLANTED: list[tuple[str, Phase, type[Any], Plant]] = [
    (
        "a pay refused after an unknown pay ends the order without the oracle",
        Phase.PAYING,
        PayRefused,
        only(a_row(Phase.PAYING, PayRefused, (s.fail_as_refused, s.tell_failure), Phase.REFUSED)),
    ),
    (
        "the oracle's refusal is not believed",
        Phase.CLOSING,
        CancelRefused,
        lambda rows: [row for row in rows if "may_be_paid" not in row.when.__name__],
    ),
    (
        "pay is repeated though a cancel waits",
        Phase.PAYING,
        CodesMissing,
        lambda rows: [row for row in rows if row.when is not g.cancel_waits],
    ),
    (
        "pay is repeated past its deadline",
        Phase.PAYING,
        CodesMissing,
        lambda rows: [row for row in rows if row.when is not g.past_pay_deadline],
    ),
    (
        "what was created late is paid",
        Phase.CREATING,
        CreateSucceeded,
        lambda rows: [row for row in rows if row.when is not g.past_pay_deadline],
    ),
    (
        "a failed ticket is told, and its money forgotten",
        Phase.AWAITING_TICKET,
        TicketFailed,
        only(
            a_row(
                Phase.AWAITING_TICKET,
                TicketFailed,
                (s.fail_as_ticketless, s.tell_failure),
                Phase.REFUSED,
            )
        ),
    ),
    (
        "a ticket is waited for without a deadline",
        Phase.AWAITING_TICKET,
        TimerFired,
        only(a_row(Phase.AWAITING_TICKET, TimerFired, (), None)),
    ),
    (
        "a refund that was refused is forgotten",
        Phase.TICKET_FAILED,
        RefundRefused,
        only(a_row(Phase.TICKET_FAILED, RefundRefused, (r.drop_refused_refund,), None)),
    ),
    (
        "an unknown pay leaves no doubt",
        Phase.PAYING,
        PayUnknown,
        only(a_row(Phase.PAYING, PayUnknown, (c.retry_pay_later,), None)),
    ),
    (
        "vouchers are kept for ever",
        Phase.AWAITING_TICKET,
        TicketIssued,
        only(a_row(Phase.AWAITING_TICKET, TicketIssued, (t.note_tickets,), Phase.ISSUED)),
    ),
]


@pytest.mark.parametrize(
    ("phase", "event", "plant"), [p[1:] for p in PLANTED], ids=[p[0] for p in PLANTED]
)
def test_a_planted_fault_is_seen(
    monkeypatch: pytest.MonkeyPatch, phase: Phase, event: type[Any], plant: Plant
) -> None:
    monkeypatch.setitem(TABLE, (phase, event), tuple(plant(TABLE[phase, event])))
    with pytest.raises(AssertionError, match="seed"):
        live(range(3000), faults=0.4)


def test_stale_answers_that_are_believed_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def believe(_order: Order, event: object, _answers: object) -> bool:
        return deciding.ANSWERS.get(type(event)) is not None

    monkeypatch.setattr(deciding, "_answers_call_out", believe)
    with pytest.raises(AssertionError, match="seed"):
        live(range(3000), faults=0.5)


def test_a_second_order_at_zzy_that_is_paid_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_order: Order, _event: object) -> bool:
        return False

    monkeypatch.setattr(deciding, "_of_another_zzy_order", never)
    pay = a_row(Phase.PAYING, CreateSucceeded, (t.keep_zzy_number, c.call_pay), None)
    key: tuple[Phase, type[Any]] = (Phase.PAYING, CreateSucceeded)
    monkeypatch.setitem(TABLE, key, (pay,))
    with pytest.raises(AssertionError, match="seed"):
        live(range(3000), faults=0.5)


def test_a_timer_that_is_left_over_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def settle(before: Order, after: Order, _now: datetime) -> Order:
        return replace(after, wake_at=None) if after.phase is before.phase else after

    monkeypatch.setattr(deciding, "_settle", settle)
    with pytest.raises(AssertionError, match="seed"):
        live(range(300))

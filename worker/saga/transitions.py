"""THE table: what each event means in each phase.

Everything that affects an order's life must stand here. Rules for its readers:

* A row reads: *in* these phases, *on* this event, *when* the guard holds, *do* these steps
  in order, and stand in *then* (``None``: stay).
* Of the rows for one phase and event the first whose guard holds applies; the last has no
  guard. A pair without any row is illegal or stale: it is recorded and has no effect.
* A timer that fires while a call is out is that call's unknown outcome. An answer that comes
  when its call is no longer out counts only if it is a success (both: decide.py).
* Leaving a phase ends its timer and its call; only a refund goes on across phases.
* NEW is an order that decide.py has just begun from its OrderCommanded.
* An order never falls back (states.RANK); only a number that was left free, by a refusal
  before Create, begins a new life.
* Money is safe because of three things only: Pay is sent in PAYING alone, for the one ZZY
  order of this order; an order whose pay is doubtful is ended only by CancelOrder's word;
  an order that was paid is ended only by a refund.

docs/saga.svg is drawn from this table. Source: PROTOCOL.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from worker.saga import guards as g
from worker.saga.events import (
    CancelAccepted,
    CancelCommanded,
    CancelRefused,
    CancelUnknown,
    CodesMissing,
    CreateRefused,
    CreateSucceeded,
    CreateUnknown,
    OrderCommanded,
    PayRefused,
    PaySucceeded,
    PayUnknown,
    RefundAccepted,
    RefundNoticed,
    RefundRefused,
    RefundUnknown,
    TicketDoubted,
    TicketFailed,
    TicketIssued,
    TimerFired,
    VerificationNoticed,
)
from worker.saga.states import Phase
from worker.saga.steps import Guard, Step
from worker.saga.steps import calls as c
from worker.saga.steps import humans as h
from worker.saga.steps import outcomes as s
from worker.saga.steps import refunds as r
from worker.saga.steps import tickets as t

E = TypeVar("E")

NEW, CREATING, PAYING, CLOSING = Phase.NEW, Phase.CREATING, Phase.PAYING, Phase.CLOSING
AWAITING, ISSUED, TICKETLESS = Phase.AWAITING_TICKET, Phase.ISSUED, Phase.TICKET_FAILED
REFUSED, CANCELLED, REFUNDED = Phase.REFUSED, Phase.CANCELLED, Phase.REFUNDED

UNPAID_ENDS = (REFUSED, CANCELLED)
PAID = (AWAITING, ISSUED, TICKETLESS)
KNOWN = tuple(phase for phase in Phase if phase is not NEW)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    phase: Phase
    event: type[Any]
    when: Guard[Any]
    do: tuple[Step[Any], ...]
    then: Phase | None


def _row(
    phases: Phase | Iterable[Phase],
    event: type[E],
    when: Guard[E],
    do: tuple[Step[E], ...],
    then: Phase | None = None,
) -> list[Row]:
    where = (phases,) if isinstance(phases, Phase) else tuple(phases)
    return [Row(phase, event, when, do, then) for phase in where]


# fmt: off
_CREATE = [
    # in        on               when                     do                                                   then
    _row(NEW, OrderCommanded, g.refused_at_the_door, (s.fail_at_door, s.tell_refusal_at_door), REFUSED),
    _row(NEW, OrderCommanded, g.past_pay_deadline, (s.fail_as_late, s.tell_failure), REFUSED),
    _row(NEW, OrderCommanded, g.always, (c.call_create,), CREATING),

    _row(CREATING, CreateSucceeded, g.cancel_waits, (t.keep_zzy_number, t.doubt_touched, c.call_cancel), CLOSING),
    _row(CREATING, CreateSucceeded, g.was_touched, (t.keep_zzy_number, t.doubt_touched, s.answer_created, c.retry_pay_later), PAYING),
    _row(CREATING, CreateSucceeded, g.past_pay_deadline, (t.keep_zzy_number, s.fail_as_late, c.call_cancel), CLOSING),
    _row(CREATING, CreateSucceeded, g.always, (t.keep_zzy_number, s.answer_created, c.call_pay), PAYING),

    _row(CREATING, CreateRefused, g.is_duplicate, (s.fail_as_refused, s.tell_failure, s.answer_already_cancelled, h.alarm_stock_held), REFUSED),
    _row(CREATING, CreateRefused, g.always, (s.fail_as_refused, s.tell_failure, s.answer_already_cancelled), REFUSED),

    _row(CREATING, CreateUnknown, g.cancel_waits, (s.answer_cancelled, s.tell_cancelled_order, h.alarm_stock_held), CANCELLED),
    _row(CREATING, CreateUnknown, g.past_pay_deadline, (s.fail_as_late, s.tell_failure, h.alarm_stock_held), REFUSED),
    _row(CREATING, CreateUnknown, g.create_may_repeat, (c.report_signature, c.retry_create_later)),
    _row(CREATING, CreateUnknown, g.always, (s.fail_as_unknown, s.tell_failure, h.alarm_stock_held), REFUSED),

    _row(CREATING, TimerFired, g.past_pay_deadline, (s.fail_as_late, s.tell_failure, h.alarm_stock_held), REFUSED),
    _row(CREATING, TimerFired, g.always, (c.call_create,)),

    _row(CREATING, TicketIssued, g.always, (r.hold_notice,)),
    _row(CREATING, TicketFailed, g.always, (r.hold_notice,)),
    _row(CREATING, VerificationNoticed, g.always, (r.hold_notice,)),
]

_PAY = [
    _row(PAYING, PaySucceeded, g.cancel_waits, (t.note_pay, s.answer_paid, r.open_refund), AWAITING),
    _row(PAYING, PaySucceeded, g.always, (t.note_pay, s.answer_paid, c.await_ticket), AWAITING),

    _row(PAYING, PayRefused, g.already_paid_and_cancel_waits, (s.answer_paid, r.open_refund), AWAITING),
    _row(PAYING, PayRefused, g.already_paid, (s.answer_paid, c.await_ticket), AWAITING),
    _row(PAYING, PayRefused, g.always, (s.fail_as_refused, c.call_cancel), CLOSING),

    _row(PAYING, PayUnknown, g.cancel_waits, (t.doubt_pay, c.report_signature, c.call_cancel), CLOSING),
    _row(PAYING, PayUnknown, g.always, (t.doubt_pay, c.report_signature, c.retry_pay_later)),
    _row(PAYING, TimerFired, g.always, (c.call_probe,)),

    _row(PAYING, CodesMissing, g.cancel_waits, (c.call_cancel,), CLOSING),
    _row(PAYING, CodesMissing, g.past_pay_deadline, (s.fail_as_late, c.call_cancel), CLOSING),
    _row(PAYING, CodesMissing, g.pay_tries_spent, (s.fail_as_unknown, c.call_cancel), CLOSING),
    _row(PAYING, CodesMissing, g.always, (c.call_pay,)),
]

_CLOSE = [
    _row(CLOSING, CancelAccepted, g.has_failed, (s.tell_failure, s.answer_cancelled), REFUSED),
    _row(CLOSING, CancelAccepted, g.always, (s.answer_cancelled, s.tell_cancelled_order), CANCELLED),

    _row(CLOSING, CancelRefused, g.pay_is_doubtful_and_cancel_waits, (s.forget_failure, s.answer_paid, r.open_refund), AWAITING),
    _row(CLOSING, CancelRefused, g.pay_is_doubtful, (s.forget_failure, s.answer_paid, c.await_ticket), AWAITING),
    _row(CLOSING, CancelRefused, g.has_failed, (s.tell_failure, s.answer_cancelled, h.alarm_stock_held), REFUSED),
    _row(CLOSING, CancelRefused, g.always, (s.answer_cancelled, s.tell_cancelled_order, h.alarm_stock_held), CANCELLED),

    _row(CLOSING, CancelUnknown, g.cancel_tries_left, (c.report_signature, c.retry_cancel_later)),
    _row(CLOSING, CancelUnknown, g.pay_is_doubtful, (c.report_signature, h.human_for_cancel)),
    _row(CLOSING, CancelUnknown, g.has_failed, (s.tell_failure, s.answer_cancelled, h.alarm_stock_held), REFUSED),
    _row(CLOSING, CancelUnknown, g.always, (s.answer_cancelled, s.tell_cancelled_order, h.alarm_stock_held), CANCELLED),
    _row(CLOSING, TimerFired, g.always, (c.call_cancel,)),

    _row(CLOSING, PaySucceeded, g.cancel_waits, (t.note_pay, s.forget_failure, s.answer_paid, r.open_refund), AWAITING),
    _row(CLOSING, PaySucceeded, g.always, (t.note_pay, s.forget_failure, s.answer_paid, c.await_ticket), AWAITING),
]

_TICKET = [
    _row((PAYING, CLOSING), TicketIssued, g.cancel_waits, (t.note_tickets, s.forget_failure, s.answer_paid, r.open_refund), ISSUED),
    _row((PAYING, CLOSING), TicketIssued, g.always, (t.note_tickets, s.forget_failure, s.answer_paid, t.tell_vouchers), ISSUED),
    _row((PAYING, CLOSING), TicketFailed, g.always, (s.fail_as_ticketless, r.open_refund), TICKETLESS),

    _row((PAYING, CLOSING, AWAITING, ISSUED), TicketDoubted, g.call_is_out, (r.hold_notice,)),
    _row((AWAITING, ISSUED), TicketDoubted, g.refund_is_open, ()),
    _row((PAYING, AWAITING, ISSUED), TicketDoubted, g.always, (t.doubt_tickets, c.call_probe)),

    _row(AWAITING, TicketIssued, g.refund_is_open, (t.note_tickets,), ISSUED),
    _row(AWAITING, TicketIssued, g.always, (t.note_tickets, t.tell_vouchers), ISSUED),
    _row(AWAITING, TicketFailed, g.refund_is_under_audit, (s.fail_as_ticketless, s.tell_failure, s.answer_refund_open), TICKETLESS),
    _row(AWAITING, TicketFailed, g.refund_is_open, (s.fail_as_ticketless,), TICKETLESS),
    _row(AWAITING, TicketFailed, g.always, (s.fail_as_ticketless, r.open_refund), TICKETLESS),
    _row(AWAITING, CodesMissing, g.ticket_probes_left, (c.probe_again_later,)),
    _row(AWAITING, CodesMissing, g.always, (h.human_for_ticket,)),
    _row(PAID, PaySucceeded, g.always, (t.note_pay,)),

    _row(ISSUED, TicketIssued, g.adds_nothing, (t.note_pay,)),
    _row(ISSUED, TicketIssued, g.refund_is_open, (t.note_tickets,)),
    _row(ISSUED, TicketIssued, g.always, (t.note_tickets, t.tell_new_vouchers)),
    _row(ISSUED, CodesMissing, g.never_told, (t.tell_vouchers, c.probe_again_later)),
    _row(ISSUED, CodesMissing, g.codes_still_wanted, (c.probe_again_later,)),
    _row(ISSUED, TicketFailed, g.always, (h.human_for_contradiction,)),

    _row(TICKETLESS, TicketIssued, g.always, (t.note_tickets, h.human_for_contradiction)),
    _row(UNPAID_ENDS, TicketIssued, g.always, (t.note_tickets, h.human_for_contradiction)),
    _row(UNPAID_ENDS, PaySucceeded, g.always, (t.note_pay, h.human_for_contradiction)),
    _row(UNPAID_ENDS, TicketFailed, g.always, (h.human_for_contradiction,)),
    _row(UNPAID_ENDS, VerificationNoticed, g.raises_the_check, (h.human_for_contradiction,)),
    _row(PAID, CancelAccepted, g.always, (h.human_for_contradiction,)),

    _row((PAYING, CLOSING, AWAITING, ISSUED, TICKETLESS, REFUNDED), VerificationNoticed, g.raises_the_check, (t.note_check,)),
]

_CANCEL = [
    _row(KNOWN, CancelCommanded, g.of_another_channel, (s.answer_unknown_order,)),
    _row(CREATING, CancelCommanded, g.call_is_out, (s.wait_for_outcome, s.want_cancel)),
    _row(CREATING, CancelCommanded, g.always, (s.wait_for_outcome, s.answer_cancelled, s.tell_cancelled_order, h.alarm_stock_held), CANCELLED),
    _row(PAYING, CancelCommanded, g.call_is_out, (s.wait_for_outcome, s.want_cancel)),
    _row(PAYING, CancelCommanded, g.always, (s.wait_for_outcome, s.want_cancel, c.call_cancel), CLOSING),
    _row(CLOSING, CancelCommanded, g.call_is_out, (s.wait_for_outcome, s.want_cancel)),
    _row(CLOSING, CancelCommanded, g.always, (s.wait_for_outcome, s.want_cancel, c.call_cancel)),
    _row((AWAITING, ISSUED), CancelCommanded, g.refund_is_open, (s.wait_for_outcome, s.want_cancel)),
    _row((AWAITING, ISSUED), CancelCommanded, g.something_checked, (s.wait_for_outcome, s.answer_already_checked)),
    _row((AWAITING, ISSUED), CancelCommanded, g.always, (s.wait_for_outcome, s.want_cancel, r.open_refund)),
    _row(TICKETLESS, CancelCommanded, g.always, (s.wait_for_outcome, s.answer_refund_open)),
    _row((REFUSED, CANCELLED, REFUNDED), CancelCommanded, g.always, (s.wait_for_outcome, s.answer_already_cancelled)),
]

_REFUND = [
    _row((AWAITING, ISSUED), RefundAccepted, g.was_approved, (r.settle_refund, s.answer_cancelled), REFUNDED),
    _row((AWAITING, ISSUED), RefundNoticed, g.notice_approves, (r.settle_refund, s.answer_cancelled), REFUNDED),
    _row(TICKETLESS, RefundAccepted, g.was_approved, (r.settle_refund, s.tell_failure, s.answer_cancelled), REFUNDED),
    _row(TICKETLESS, RefundNoticed, g.notice_approves, (r.settle_refund, s.tell_failure, s.answer_cancelled), REFUNDED),

    _row((AWAITING, ISSUED), RefundRefused, g.repeats_a_doubtful_refund, (r.await_audit,)),
    _row(TICKETLESS, RefundRefused, g.repeats_a_doubtful_refund, (r.await_audit, s.tell_failure, s.answer_refund_open)),
    _row(PAID, RefundRefused, g.doubtful_and_tries_left, (c.retry_refund_later,)),
    _row(PAID, RefundRefused, g.refund_is_doubtful, (h.human_for_unknown_refund,)),

    _row(AWAITING, RefundAccepted, g.was_rejected, (r.reject_refund, s.answer_cancel_failed, c.await_ticket)),
    _row(AWAITING, RefundNoticed, g.notice_matches, (r.reject_refund, s.answer_cancel_failed, c.await_ticket)),
    _row(AWAITING, RefundRefused, g.always, (r.reject_refund, s.answer_cancel_failed, c.await_ticket)),

    _row(ISSUED, RefundAccepted, g.was_rejected, (r.reject_refund, s.answer_cancel_failed, t.tell_new_vouchers)),
    _row(ISSUED, RefundNoticed, g.notice_matches, (r.reject_refund, s.answer_cancel_failed, t.tell_new_vouchers)),
    _row(ISSUED, RefundRefused, g.always, (r.reject_refund, s.answer_cancel_failed, t.tell_new_vouchers)),

    _row(TICKETLESS, RefundAccepted, g.was_rejected, (r.drop_refused_refund, s.answer_cancel_failed, h.human_for_refused_refund)),
    _row(TICKETLESS, RefundNoticed, g.notice_matches, (r.drop_refused_refund, s.answer_cancel_failed, h.human_for_refused_refund)),
    _row(TICKETLESS, RefundRefused, g.always, (r.drop_refused_refund, s.answer_cancel_failed, h.human_for_refused_refund)),

    _row((AWAITING, ISSUED), RefundAccepted, g.refund_is_open, (r.await_audit,)),
    _row(TICKETLESS, RefundAccepted, g.refund_is_open, (r.await_audit, s.tell_failure, s.answer_refund_open)),
    _row(PAID, RefundUnknown, g.refund_tries_left, (r.doubt_refund, c.report_signature, c.retry_refund_later)),
    _row(PAID, RefundUnknown, g.always, (r.doubt_refund, h.human_for_unknown_refund)),

    _row((PAYING, CLOSING), RefundNoticed, g.always, (r.hold_notice,)),
    _row(PAID, RefundNoticed, g.repeats_a_rejection, ()),
    _row(PAID, RefundNoticed, g.forces_nothing, ()),
    _row(TICKETLESS, RefundNoticed, g.forces_all, (r.note_forced_refund, r.forget_intent, s.tell_failure, s.answer_cancelled), REFUNDED),
    _row((AWAITING, ISSUED), RefundNoticed, g.forces_all, (r.note_forced_refund, r.forget_intent, s.answer_cancelled), REFUNDED),
    _row(PAID, RefundNoticed, g.is_forced, (r.note_forced_refund,)),
    _row(PAID, RefundNoticed, g.refund_call_is_out, (r.hold_notice,)),
    _row(PAID, RefundNoticed, g.always, (h.human_for_stray_refund,)),

    _row(PAID, TimerFired, g.refund_is_under_audit, (h.human_for_unknown_refund,)),
    _row(PAID, TimerFired, g.refund_is_open, (c.call_refund,)),
    _row((AWAITING, ISSUED), TimerFired, g.always, (c.call_probe,)),
]

_AGAIN = [
    _row(PAYING, OrderCommanded, g.known_created, (s.wait_for_outcome, s.answer_created)),
    _row((CREATING, PAYING, CLOSING), OrderCommanded, g.same_content, (s.wait_for_outcome,)),
    _row((AWAITING, ISSUED), OrderCommanded, g.same_content, (s.wait_for_outcome, s.answer_paid)),
    _row(TICKETLESS, OrderCommanded, g.failed_same_content, (s.wait_for_outcome, s.answer_failure)),
    _row(TICKETLESS, OrderCommanded, g.same_content, (s.wait_for_outcome,)),
    _row((REFUSED, CANCELLED), OrderCommanded, g.same_content, (s.wait_for_outcome, s.answer_failure)),
    _row(REFUNDED, OrderCommanded, g.same_content, (s.wait_for_outcome, s.answer_refunded_order)),
    _row(KNOWN, OrderCommanded, g.always, (s.answer_conflict,)),
]
# fmt: on

ROWS: tuple[Row, ...] = tuple(
    row
    for part in (_CREATE, _PAY, _CLOSE, _TICKET, _CANCEL, _REFUND, _AGAIN)
    for rows in part
    for row in rows
)

TABLE: dict[tuple[Phase, type[Any]], tuple[Row, ...]] = {}
for _line in ROWS:
    TABLE[_line.phase, _line.event] = (*TABLE.get((_line.phase, _line.event), ()), _line)

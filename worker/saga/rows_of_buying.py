"""Rows of the table (transitions.py) from the order to the ticket.

Why it exists: the part of the table that spends money. Its rules stand in transitions.py.
"""

from worker.saga import guards as g
from worker.saga import refund_guards as q
from worker.saga.events import (
    CancelAccepted,
    CancelRefused,
    CancelUnknown,
    CodesMissing,
    CreateRefused,
    CreateSucceeded,
    CreateUnknown,
    EvidenceHeard,
    OrderCommanded,
    OutcomeUnheard,
    PayRefused,
    PaySucceeded,
    PayUnknown,
    TicketDoubted,
    TicketFailed,
    TicketIssued,
    TimerFired,
    VerificationNoticed,
)
from worker.saga.rows import (
    AWAITING,
    CANCELLED,
    CLOSING,
    CREATING,
    ISSUED,
    KNOWN,
    NEW,
    PAID,
    PAYING,
    REFUNDED,
    REFUSED,
    TICKETLESS,
    UNPAID_ENDS,
    row,
)
from worker.saga.steps import calls as c
from worker.saga.steps import humans as h
from worker.saga.steps import outcomes as s
from worker.saga.steps import refunds as r
from worker.saga.steps import tickets as t

# fmt: off
CREATE = [
    # in        on               when                     do                                                   then
    row(NEW, OrderCommanded, g.refused_at_the_door, (s.fail_at_door, s.tell_refusal_at_door), REFUSED),
    row(NEW, OrderCommanded, g.past_pay_deadline, (s.fail_as_late, s.tell_failure), REFUSED),
    row(NEW, OrderCommanded, g.always, (c.call_create,), CREATING),
    row(REFUSED, OutcomeUnheard, g.failure_is_untold, (s.tell_failure,)),

    row(CREATING, CreateSucceeded, g.cancel_waits, (t.keep_zzy_number, t.doubt_touched, c.call_cancel), CLOSING),
    row(CREATING, CreateSucceeded, g.was_touched, (t.keep_zzy_number, t.doubt_touched, s.answer_created, c.retry_pay_later), PAYING),
    row(CREATING, CreateSucceeded, g.past_pay_deadline, (t.keep_zzy_number, s.fail_as_late, c.call_cancel), CLOSING),
    row(CREATING, CreateSucceeded, g.always, (t.keep_zzy_number, s.answer_created, c.call_pay), PAYING),

    row(CREATING, CreateRefused, g.is_duplicate, (s.fail_as_refused, s.tell_failure, s.answer_already_cancelled, h.alarm_stock_held), REFUSED),
    row(CREATING, CreateRefused, g.always, (s.fail_as_refused, s.tell_failure, s.answer_already_cancelled), REFUSED),

    row(CREATING, CreateUnknown, g.cancel_waits, (s.answer_cancelled, s.tell_cancelled_order, h.alarm_stock_held), CANCELLED),
    row(CREATING, CreateUnknown, g.past_pay_deadline, (s.fail_as_late, s.tell_failure, h.alarm_stock_held), REFUSED),
    row(CREATING, CreateUnknown, g.create_may_repeat, (c.report_signature, c.retry_create_later)),
    row(CREATING, CreateUnknown, g.always, (s.fail_as_unknown, s.tell_failure, h.alarm_stock_held), REFUSED),

    row(CREATING, TimerFired, g.past_pay_deadline, (s.fail_as_late, s.tell_failure, h.alarm_stock_held), REFUSED),
    row(CREATING, TimerFired, g.always, (c.call_create,)),

    row(CREATING, TicketIssued, g.always, (r.hold_notice,)),
    row(CREATING, TicketFailed, g.always, (r.hold_notice,)),
    row(CREATING, VerificationNoticed, g.always, (r.hold_notice,)),
]

PAY = [
    row(PAYING, PaySucceeded, g.refund_is_wanted, (t.note_pay, s.answer_paid, r.open_refund), AWAITING),
    row(PAYING, PaySucceeded, g.always, (t.note_pay, s.answer_paid, s.answer_not_refundable, c.await_ticket), AWAITING),

    row(PAYING, PayRefused, g.already_paid_and_refund_is_wanted, (s.answer_paid, r.open_refund), AWAITING),
    row(PAYING, PayRefused, g.already_paid, (s.answer_paid, s.answer_not_refundable, c.await_ticket), AWAITING),
    row(PAYING, PayRefused, g.always, (s.fail_as_refused, c.call_cancel), CLOSING),

    row(PAYING, PayUnknown, g.cancel_waits, (t.doubt_pay, c.report_signature, c.call_cancel), CLOSING),
    row(PAYING, PayUnknown, g.always, (t.doubt_pay, c.report_signature, c.retry_pay_later)),
    row(PAYING, TimerFired, g.always, (c.call_probe,)),

    row(PAYING, CodesMissing, g.cancel_waits, (c.call_cancel,), CLOSING),
    row(PAYING, CodesMissing, g.past_pay_deadline, (s.fail_as_late, c.call_cancel), CLOSING),
    row(PAYING, CodesMissing, g.pay_tries_spent, (s.fail_as_unknown, c.call_cancel), CLOSING),
    row(PAYING, CodesMissing, g.always, (c.call_pay,)),
]

CLOSE = [
    row(CLOSING, CancelAccepted, g.has_failed, (s.tell_failure, s.answer_cancelled), REFUSED),
    row(CLOSING, CancelAccepted, g.always, (s.answer_cancelled, s.tell_cancelled_order), CANCELLED),

    row(CLOSING, CancelRefused, g.may_be_paid_and_refund_is_wanted, (s.forget_failure, s.answer_paid, r.open_refund), AWAITING),
    row(CLOSING, CancelRefused, g.may_be_paid, (s.forget_failure, s.answer_paid, s.answer_not_refundable, c.await_ticket), AWAITING),
    row(CLOSING, CancelRefused, g.has_failed, (s.tell_failure, s.answer_cancelled, h.alarm_stock_held), REFUSED),
    row(CLOSING, CancelRefused, g.always, (s.answer_cancelled, s.tell_cancelled_order, h.alarm_stock_held), CANCELLED),

    row(CLOSING, CancelUnknown, g.cancel_tries_left, (c.report_signature, c.retry_cancel_later)),
    row(CLOSING, CancelUnknown, g.pay_is_doubtful, (c.report_signature, h.human_for_cancel)),
    row(CLOSING, CancelUnknown, g.has_failed, (s.tell_failure, s.answer_cancelled, h.alarm_stock_held), REFUSED),
    row(CLOSING, CancelUnknown, g.always, (s.answer_cancelled, s.tell_cancelled_order, h.alarm_stock_held), CANCELLED),
    row(CLOSING, TimerFired, g.always, (c.call_cancel,)),

    row(CLOSING, PaySucceeded, g.refund_is_wanted, (t.note_pay, s.forget_failure, s.answer_paid, r.open_refund), AWAITING),
    row(CLOSING, PaySucceeded, g.always, (t.note_pay, s.forget_failure, s.answer_paid, s.answer_not_refundable, c.await_ticket), AWAITING),
]

TICKET = [
    row((PAYING, CLOSING), TicketIssued, g.refund_is_wanted, (t.note_tickets, s.forget_failure, s.answer_paid, r.open_refund), ISSUED),
    row((PAYING, CLOSING), TicketIssued, g.always, (t.note_tickets, s.forget_failure, s.answer_paid, s.answer_not_refundable, t.tell_vouchers), ISSUED),
    row((PAYING, CLOSING), TicketFailed, g.always, (s.fail_as_ticketless, r.open_refund), TICKETLESS),

    row((PAYING, CLOSING, AWAITING, ISSUED), TicketDoubted, g.call_is_out, (r.hold_notice,)),
    row((AWAITING, ISSUED), TicketDoubted, q.refund_is_open, ()),
    row((PAYING, AWAITING, ISSUED), TicketDoubted, g.always, (t.doubt_tickets, c.call_probe)),

    row(KNOWN, EvidenceHeard, g.always, ()),

    row(AWAITING, TicketIssued, q.refund_holds_vouchers, (t.note_tickets,), ISSUED),
    row(AWAITING, TicketIssued, q.refund_is_open, (t.note_tickets, t.tell_known_vouchers), ISSUED),
    row(AWAITING, TicketIssued, g.always, (t.note_tickets, t.tell_vouchers), ISSUED),
    row(AWAITING, TicketFailed, q.own_refund_is_under_audit, (s.fail_as_ticketless, s.tell_failure, s.answer_refund_open), TICKETLESS),
    row(AWAITING, TicketFailed, q.refund_is_open, (s.fail_as_ticketless,), TICKETLESS),
    row(AWAITING, TicketFailed, g.always, (s.fail_as_ticketless, r.open_refund), TICKETLESS),
    row(AWAITING, CodesMissing, g.ticket_probes_left, (c.probe_again_later,)),
    row(AWAITING, CodesMissing, g.always, (h.human_for_ticket,)),
    row(PAID, PaySucceeded, g.always, (t.note_pay,)),

    row(ISSUED, TicketIssued, g.adds_nothing, (t.note_pay,)),
    row(ISSUED, TicketIssued, g.is_forgotten, (t.note_forgotten_tickets,)),
    row(ISSUED, TicketIssued, q.refund_holds_vouchers, (t.note_tickets,)),
    row(ISSUED, TicketIssued, q.refund_is_open, (t.note_tickets, t.tell_known_vouchers)),
    row(ISSUED, TicketIssued, g.always, (t.note_tickets, t.tell_new_vouchers)),
    row(ISSUED, CodesMissing, g.never_told, (t.tell_vouchers, c.probe_again_later)),
    row(ISSUED, CodesMissing, g.codes_still_wanted, (c.probe_again_later,)),
    row(ISSUED, TicketFailed, g.always, (h.human_for_contradiction,)),

    row(TICKETLESS, TicketIssued, g.always, (t.note_tickets, h.human_for_contradiction)),
    row(UNPAID_ENDS, TicketIssued, g.always, (t.note_tickets, h.human_for_contradiction)),
    row(UNPAID_ENDS, PaySucceeded, g.always, (t.note_pay, h.human_for_contradiction)),
    row(UNPAID_ENDS, TicketFailed, g.always, (h.human_for_contradiction,)),
    row(UNPAID_ENDS, VerificationNoticed, q.check_adds_something, (h.human_for_contradiction,)),
    row(PAID, CancelAccepted, g.always, (h.human_for_contradiction,)),
]

AGAIN = [
    row(PAYING, OrderCommanded, g.known_created, (s.wait_for_outcome, s.answer_created)),
    row((CREATING, PAYING, CLOSING), OrderCommanded, g.same_content, (s.wait_for_outcome,)),
    row((AWAITING, ISSUED), OrderCommanded, g.same_content, (s.wait_for_outcome, s.answer_paid)),
    row(TICKETLESS, OrderCommanded, g.failed_same_content, (s.wait_for_outcome, s.answer_failure)),
    row(TICKETLESS, OrderCommanded, g.same_content, (s.wait_for_outcome,)),
    row((REFUSED, CANCELLED), OrderCommanded, g.same_content, (s.wait_for_outcome, s.answer_failure)),
    row(REFUNDED, OrderCommanded, g.same_content, (s.wait_for_outcome, s.answer_refunded_order)),
    row(KNOWN, OrderCommanded, g.always, (s.answer_conflict,)),
]
# fmt: on

"""Rows of the table (transitions.py) about money that goes back, checks, and vouchers again.

Why it exists: the part of the table after the ticket. Its rules stand in transitions.py. A
refund is the channel's own (部分退款, with a refund_num), or ours: all that is left, for a
cancel or a ticket that failed. An order of which something was used never becomes 已退款:
with the rest refunded it stays issued, and nothing is left of it.
"""

from worker.saga import guards as g
from worker.saga import refund_guards as q
from worker.saga.events import (
    CancelCommanded,
    PersonalDataErased,
    RefundAccepted,
    RefundCommanded,
    RefundNoticed,
    RefundRefused,
    RefundUnknown,
    ResendCommanded,
    TimerFired,
    VerificationNoticed,
)
from worker.saga.resolutions import OperatorSettled
from worker.saga.rows import (
    AWAITING,
    CANCELLED,
    CLOSING,
    CREATING,
    ISSUED,
    KNOWN,
    OVER,
    PAID,
    PAYING,
    REFUNDED,
    STANDING,
    TICKETLESS,
    UNSETTLED,
    row,
    rows,
)
from worker.saga.steps import calls as c
from worker.saga.steps import forgetting as f
from worker.saga.steps import humans as h
from worker.saga.steps import outcomes as s
from worker.saga.steps import refund_replies as a
from worker.saga.steps import refunds as r
from worker.saga.steps import resends as v
from worker.saga.steps import tickets as t

GRANTED = (RefundAccepted, RefundNoticed, OperatorSettled)
"""What may say that a refund was approved."""
DENIED = (RefundAccepted, RefundNoticed, RefundRefused, OperatorSettled)
"""What may say that it was not."""
ONCE_PAID = (*PAID, REFUNDED)
"""Where something may have been refunded."""

# fmt: off
CANCEL = [
    row(KNOWN, CancelCommanded, g.of_another_channel, (s.answer_unknown_order,)),
    row(CREATING, CancelCommanded, g.call_is_out, (s.wait_for_outcome, s.want_cancel)),
    row(CREATING, CancelCommanded, g.always, (s.wait_for_outcome, s.answer_cancelled, s.tell_cancelled_order, h.alarm_stock_held), CANCELLED),
    row(PAYING, CancelCommanded, g.call_is_out, (s.wait_for_outcome, s.want_cancel)),
    row(PAYING, CancelCommanded, g.always, (s.wait_for_outcome, s.want_cancel, c.call_cancel), CLOSING),
    row(CLOSING, CancelCommanded, g.call_is_out, (s.wait_for_outcome, s.want_cancel)),
    row(CLOSING, CancelCommanded, g.always, (s.wait_for_outcome, s.want_cancel, c.call_cancel)),
    row(STANDING, CancelCommanded, q.commanded_refund_and_something_checked, (s.wait_for_outcome, s.answer_already_checked)),
    row(STANDING, CancelCommanded, q.refund_is_open, (s.wait_for_outcome, s.want_cancel, a.answer_under_audit)),
    row(STANDING, CancelCommanded, g.something_checked, (s.wait_for_outcome, s.answer_already_checked)),
    row(STANDING, CancelCommanded, g.is_not_refundable, (s.wait_for_outcome, s.answer_not_refundable)),
    row(STANDING, CancelCommanded, q.too_many_refunds, (s.wait_for_outcome, s.answer_refunds_exhausted, h.alarm_refunds_exhausted)),
    row(STANDING, CancelCommanded, g.always, (s.wait_for_outcome, s.want_cancel, r.open_refund)),
    row(TICKETLESS, CancelCommanded, g.always, (s.wait_for_outcome, s.answer_refund_open)),
    row(OVER, CancelCommanded, g.always, (s.wait_for_outcome, s.answer_already_cancelled)),
]

REFUND_COMMANDED = [
    row(KNOWN, RefundCommanded, g.of_another_channel, (s.answer_unknown_order,)),
    row(ONCE_PAID, RefundCommanded, q.refund_num_is_taken, (a.refuse_as_conflict,)),
    row(ONCE_PAID, RefundCommanded, q.refund_is_over, (a.answer_past_refund,)),
    row(PAID, RefundCommanded, q.same_refund_is_open, (s.wait_for_outcome, a.answer_under_audit)),
    row(UNSETTLED, RefundCommanded, g.always, (a.refuse_as_unpaid,)),
    row(STANDING, RefundCommanded, q.asks_for_used, (a.refuse_as_used,)),
    row(STANDING, RefundCommanded, g.is_not_refundable, (a.refuse_as_fixed,)),
    row(STANDING, RefundCommanded, q.refund_is_open, (a.refuse_as_busy,)),
    row(ISSUED, RefundCommanded, g.asks_for_forgotten, (a.refuse_forgotten_codes,)),
    row(STANDING, RefundCommanded, q.asks_for_unknown, (a.refuse_unknown_codes,)),
    row(ISSUED, RefundCommanded, q.asks_for_refunded, (a.refuse_refunded_codes,)),
    row(STANDING, RefundCommanded, q.asks_for_too_many, (a.refuse_too_many,)),
    row(STANDING, RefundCommanded, q.too_many_refunds, (a.refuse_as_exhausted, h.alarm_refunds_exhausted)),
    row(STANDING, RefundCommanded, g.always, (s.wait_for_outcome, r.open_commanded_refund)),
    row(TICKETLESS, RefundCommanded, g.always, (a.refuse_as_busy,)),
    row(OVER, RefundCommanded, g.always, (a.refuse_as_over,)),
]

AUDIT = [
    row(STANDING, RefundRefused, q.repeats_a_doubtful_refund, (r.await_audit, a.answer_under_audit)),
    row(TICKETLESS, RefundRefused, q.repeats_a_doubtful_command, (r.await_audit, a.answer_under_audit)),
    row(TICKETLESS, RefundRefused, q.repeats_a_doubtful_refund, (r.await_audit, s.tell_failure, s.answer_refund_open)),
    row(PAID, RefundRefused, q.doubtful_and_tries_left, (c.retry_refund_later,)),
    row(PAID, RefundRefused, q.refund_is_doubtful, (h.human_for_unknown_refund,)),

    rows(STANDING, GRANTED, q.approval_leaves_nothing, (h.human_if_refund_exceeds, r.settle_refund, a.answer_refund, s.answer_cancelled), REFUNDED),
    rows(STANDING, GRANTED, q.approved_and_rest_is_wanted, (h.human_if_refund_exceeds, r.settle_refund, a.answer_refund, r.open_refund)),
    rows(AWAITING, GRANTED, q.commanded_is_approved, (h.human_if_refund_exceeds, r.settle_refund, a.answer_refund, s.answer_cancel_failed, c.await_ticket)),
    rows(ISSUED, GRANTED, q.commanded_is_approved, (h.human_if_refund_exceeds, r.settle_refund, a.answer_refund, s.answer_cancel_failed, t.tell_new_vouchers)),
    rows(AWAITING, GRANTED, q.is_approved, (h.human_if_refund_exceeds, r.settle_refund, s.answer_cancelled, c.await_ticket)),
    rows(ISSUED, GRANTED, q.is_approved, (h.human_if_refund_exceeds, r.settle_refund, s.answer_cancelled, t.tell_new_vouchers)),
    rows(TICKETLESS, GRANTED, q.approval_leaves_nothing, (h.human_if_refund_exceeds, r.settle_refund, a.answer_refund, s.tell_failure, s.answer_cancelled), REFUNDED),
    rows(TICKETLESS, GRANTED, q.is_approved, (r.settle_refund, a.answer_refund, r.open_refund)),

    rows(STANDING, DENIED, q.rejected_and_rest_is_wanted, (r.reject_refund, a.answer_refund, r.open_refund)),
    rows(AWAITING, DENIED, q.is_rejected, (r.reject_refund, a.answer_refund, s.answer_cancel_failed, c.await_ticket)),
    rows(ISSUED, DENIED, q.is_rejected, (r.reject_refund, a.answer_refund, s.answer_cancel_failed, t.tell_new_vouchers)),
    rows(TICKETLESS, DENIED, q.commanded_is_rejected, (r.reject_refund, a.answer_refund, r.open_refund)),
    rows(TICKETLESS, DENIED, q.is_rejected, (r.drop_refused_refund, s.answer_cancel_failed, h.human_for_refused_refund)),

    row(STANDING, RefundAccepted, q.refund_is_open, (r.await_audit, a.answer_under_audit)),
    row(TICKETLESS, RefundAccepted, q.commanded_refund_is_open, (r.await_audit, a.answer_under_audit)),
    row(TICKETLESS, RefundAccepted, q.refund_is_open, (r.await_audit, s.tell_failure, s.answer_refund_open)),
    row(PAID, RefundUnknown, g.refund_tries_left, (r.doubt_refund, c.report_signature, c.retry_refund_later)),
    row(PAID, RefundUnknown, g.always, (r.doubt_refund, h.human_for_unknown_refund)),

    row(PAID, TimerFired, q.refund_is_under_audit, (h.human_for_unknown_refund,)),
    row(PAID, TimerFired, q.refund_is_open, (c.call_refund,)),
    row(STANDING, TimerFired, g.always, (c.call_probe,)),
]

FORCED = [
    row((PAYING, CLOSING), RefundNoticed, g.always, (r.hold_notice,)),
    row(PAID, RefundNoticed, q.repeats_an_outcome, ()),
    row(PAID, RefundNoticed, q.forced_is_doubted, (r.set_forced_refund_apart, h.human_for_doubted_refund)),
    row(TICKETLESS, RefundNoticed, q.forces_all, (r.note_forced_refund, r.forget_intent, a.answer_refund, s.tell_failure, s.answer_cancelled), REFUNDED),
    row(STANDING, RefundNoticed, q.forces_all, (r.note_forced_refund, r.forget_intent, a.answer_refund, s.answer_cancelled), REFUNDED),
    row(PAID, RefundNoticed, q.forces_beyond, (r.note_forced_refund, h.human_for_excess)),
    row(PAID, RefundNoticed, q.forces_nothing, ()),
    row(PAID, RefundNoticed, q.is_forced, (r.note_forced_refund,)),
    row(PAID, RefundNoticed, q.refund_call_is_out, (r.hold_notice,)),
    row(PAID, RefundNoticed, g.always, (h.human_for_stray_refund,)),
]

CHECK = [
    row(ONCE_PAID, VerificationNoticed, q.checks_what_was_refunded, (t.note_check, h.human_for_contradiction)),
    row((PAYING, CLOSING, *ONCE_PAID), VerificationNoticed, q.check_adds_something, (t.note_check,)),
]

FORGET = [
    row((ISSUED, *OVER), PersonalDataErased, g.may_be_forgotten, (f.forget_people,)),
]

RESEND = [
    row(KNOWN, ResendCommanded, g.of_another_channel, (s.answer_unknown_order,)),
    row((*UNSETTLED, AWAITING), ResendCommanded, g.always, (v.refuse_as_unissued,)),
    row(ISSUED, ResendCommanded, g.nothing_is_usable, (v.refuse_as_used_up,)),
    row(ISSUED, ResendCommanded, q.refund_holds_vouchers, (v.refuse_as_refunding,)),
    row(ISSUED, ResendCommanded, g.is_forgotten, (v.refuse_as_forgotten,)),
    row(ISSUED, ResendCommanded, g.were_never_told, (v.refuse_as_unissued,)),
    row(ISSUED, ResendCommanded, g.has_no_codes, (v.refuse_as_codeless,)),
    row(ISSUED, ResendCommanded, g.was_just_texted, (v.refuse_as_too_soon,)),
    row(ISSUED, ResendCommanded, g.always, (v.resend_vouchers,)),
    row((TICKETLESS, *OVER), ResendCommanded, g.always, (v.refuse_as_gone,)),
]
# fmt: on

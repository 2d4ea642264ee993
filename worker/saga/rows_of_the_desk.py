"""Rows of the table (transitions.py) about orders in front of a human.

Why it exists: what an operator does has rows like any other event. What is not safe is refused
by the first of them; a refund that is open is settled by the rows of rows_of_returns.py, as
though its notice had come. Their rules stand in transitions.py.
"""

from worker.saga import desk_guards as d
from worker.saga import guards as g
from worker.saga import refund_guards as q
from worker.saga.events import CodesMissing
from worker.saga.resolutions import (
    RESOLUTIONS,
    OperatorProbed,
    OperatorRefunded,
    OperatorRetried,
    OperatorSettled,
)
from worker.saga.rows import (
    AWAITING,
    CANCELLED,
    CLOSING,
    ISSUED,
    KNOWN,
    OVER,
    PAID,
    REFUNDED,
    REFUSED,
    STANDING,
    TICKETLESS,
    row,
    rows,
)
from worker.saga.steps import calls as c
from worker.saga.steps import humans
from worker.saga.steps import outcomes as s
from worker.saga.steps import refunds as r
from worker.saga.steps import resolving as h
from worker.saga.steps import tickets as t

# fmt: off
DESK = [
    rows(KNOWN, RESOLUTIONS, d.is_not_safe, (h.refuse,)),

    row((CLOSING, *STANDING), OperatorProbed, g.always, (c.call_probe,)),
    row(CLOSING, CodesMissing, g.cancel_waits, (c.call_cancel,)),
    row(CLOSING, CodesMissing, g.always, (humans.human_for_cancel,)),

    row(CLOSING, OperatorRetried, g.always, (h.begin_anew, c.call_cancel)),
    row(PAID, OperatorRetried, q.refund_is_open, (h.begin_anew, h.doubt_open_refund, c.call_refund)),
    row(AWAITING, OperatorRetried, g.always, (h.begin_anew, c.call_probe)),

    row(PAID, OperatorRefunded, g.always, (r.open_refund,)),

    row(CLOSING, OperatorSettled, d.was_unpaid_and_has_failed, (s.tell_failure, s.answer_cancelled), REFUSED),
    row(CLOSING, OperatorSettled, d.was_unpaid, (s.answer_cancelled, s.tell_cancelled_order), CANCELLED),
    row(CLOSING, OperatorSettled, d.was_paid_and_refund_is_wanted, (s.forget_failure, s.answer_paid, r.open_refund), AWAITING),
    row(CLOSING, OperatorSettled, d.was_paid, (s.forget_failure, s.answer_paid, s.answer_not_refundable, c.await_ticket), AWAITING),
    row(AWAITING, OperatorSettled, d.was_issued, (t.tell_vouchers,), ISSUED),
    row(AWAITING, OperatorSettled, d.money_is_back, (r.note_money_back, s.answer_cancelled), REFUNDED),
    row(TICKETLESS, OperatorSettled, d.money_is_back, (r.note_money_back, s.tell_failure, s.answer_cancelled), REFUNDED),
]

DONE = [
    row((CLOSING, *PAID, *OVER), OperatorSettled, g.always, (h.let_go,)),
]
# fmt: on

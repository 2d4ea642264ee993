"""What is left of an order whose people are forgotten (个人信息删除).

Why it exists: an order's numbers, counts, money and history are kept for ever, its people are
not. A voucher's code stays as a mark of eight digits, too short to tell the code and long
enough to know it again beside the order's others, so that a notice that comes late still
counts right. It must not forget anybody of whom something is still to come.
Source: docs/decisions/0019-forgetting-people.md.
"""

import hashlib
from datetime import date, datetime
from typing import Final

from worker.saga import codes
from worker.saga.events import (
    Event,
    RefundCommanded,
    RefundNoticed,
    TicketIssued,
    VerificationNoticed,
)
from worker.saga.replacing import replace
from worker.saga.states import FINAL, Demand, Failure, Order, PastRefund, Phase, Voucher

MARK_DIGITS: Final = 8


def objection(o: Order, visited_before: date) -> str:
    """Return why an order's people cannot be forgotten yet; empty when they can."""
    unused = o.phase is Phase.ISSUED and o.refundable > 0
    reasons = {
        "it was done before": o.erased_at is not None,
        f"the order has not ended: it is {o.phase}": o.phase not in {Phase.ISSUED, *FINAL},
        "the order is in front of a human": o.human != "",
        "a refund of it is open": o.refund is not None,
        "something of it is still to come": o.call is not None or o.wake_at is not None,
        "its visit may still be to come": unused and o.demand.visit_date >= visited_before,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def forgotten(o: Order, now: datetime) -> Order:
    """Return the order without its people, and with marks in place of its codes."""
    failure = o.failure and Failure(o.failure.code, codes.FORGOTTEN_TEXT)
    return replace(
        o,
        erased_at=now,
        demand=without_people(o.demand),
        order_code=_mark(o, o.order_code),
        vouchers=_marked_vouchers(o, o.vouchers),
        checked_codes=_marks(o, o.checked_codes),
        refunded_codes=_marks(o, o.refunded_codes),
        refunds=tuple(_marked_refund(o, past) for past in o.refunds),
        failure=failure,
        waiters=(),
    )


def without_people(demand: Demand) -> Demand:
    """Return what was ordered, without for whom."""
    return replace(demand, take_phone="", tourists=())


def marked(o: Order, event: Event) -> Event:
    """Return an event about a forgotten order with marks in place of codes, and no people."""
    match event:
        case TicketIssued():
            return replace(
                event,
                vouchers=_marked_vouchers(o, event.vouchers),
                order_code=_mark(o, event.order_code),
            )
        case VerificationNoticed() | RefundNoticed() | RefundCommanded():
            return replace(event, codes=_marks(o, event.codes))
        case _:
            return event


def _marked_refund(o: Order, past: PastRefund) -> PastRefund:
    intent = replace(past.intent, codes=_marks(o, past.intent.codes))
    return replace(past, intent=intent, codes=_marks(o, past.codes), reason="")


def _marked_vouchers(o: Order, vouchers: tuple[Voucher, ...]) -> tuple[Voucher, ...]:
    return tuple(Voucher(_mark(o, v.code), product_name=v.product_name) for v in vouchers)


def _marks(o: Order, named: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_mark(o, code) for code in named)


def _mark(o: Order, code: str) -> str:
    """Return what stands for a code of this order; nothing stays nothing."""
    if not code:
        return ""
    return hashlib.sha256(f"{o.order_num}\n{code}".encode()).hexdigest()[:MARK_DIGITS]

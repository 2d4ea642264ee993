"""The questions about what an operator wants that rows of the table ask.

Why it exists: beside the guards of the other events, in a file of its own. It must not change
anything.
"""

from worker.saga import desk
from worker.saga.guards import refund_is_wanted
from worker.saga.resolutions import OperatorSettled, Resolution, Settled
from worker.saga.states import Order
from worker.saga.steps import Moment


def is_not_safe(o: Order, e: Resolution, _m: Moment) -> bool:
    """Tell whether the order is not to be helped in this way."""
    return desk.objection(o, e) != ""


def was_unpaid(_o: Order, e: OperatorSettled, _m: Moment) -> bool:
    """Tell whether ZZY says that nothing was paid."""
    return e.settled is Settled.UNPAID


def was_unpaid_and_has_failed(o: Order, e: OperatorSettled, m: Moment) -> bool:
    """Tell whether nothing was paid, and the order was ended because of a failure."""
    return was_unpaid(o, e, m) and o.failure is not None


def was_paid(_o: Order, e: OperatorSettled, _m: Moment) -> bool:
    """Tell whether ZZY says that it was paid."""
    return e.settled is Settled.PAID


def was_paid_and_refund_is_wanted(o: Order, e: OperatorSettled, m: Moment) -> bool:
    """Tell whether it was paid, and the channel wants that back."""
    return was_paid(o, e, m) and refund_is_wanted(o, e, m)


def was_issued(_o: Order, e: OperatorSettled, _m: Moment) -> bool:
    """Tell whether the guest has the tickets."""
    return e.settled is Settled.ISSUED


def money_is_back(o: Order, e: OperatorSettled, _m: Moment) -> bool:
    """Tell whether the money came back without a refund of ours that is open."""
    return e.settled is Settled.REFUNDED and o.refund is None

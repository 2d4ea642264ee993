"""Steps that an operator's word leads to, beside those that the table has anyway.

Why it exists: an operator who refuses to wait is answered, and what was tried before begins
anew. It must not decide whether that is safe: desk.py does.
"""

from worker.saga import codes, desk
from worker.saga.effects import Reply
from worker.saga.replacing import replace
from worker.saga.resolutions import Resolution
from worker.saga.states import Attempts, Order
from worker.saga.steps import Moment, Result


def refuse(o: Order, e: Resolution, _m: Moment) -> Result:
    """Tell the operator why nothing was done."""
    if e.waiter is None:
        return o, ()
    return o, (Reply(e.waiter, codes.CANCEL_FAILED, desk.objection(o, e)),)


def begin_anew(o: Order, _e: Resolution, _m: Moment) -> Result:
    """Forget how often each call was sent, but for those that made or paid the order."""
    made = Attempts(create=o.attempts.create, pay=o.attempts.pay)
    return replace(o, attempts=made), ()


def doubt_open_refund(o: Order, _e: Resolution, _m: Moment) -> Result:
    """Remember that ZZY may have the refund: 批次号重复 will mean that it has."""
    refund = o.refund and replace(o.refund, doubtful=True, under_audit=False)
    return replace(o, refund=refund), ()


def let_go(o: Order, _e: Resolution, _m: Moment) -> Result:
    """Let the person go; what was under way goes on."""
    return replace(o, human=""), ()

"""Steps that send vouchers again (重发凭证).

Why it exists: a guest loses a voucher; what can still be used goes out once more, under a
new number. It must not send a voucher that was used, refunded, or is being given back.
"""

from worker.saga import codes
from worker.saga.effects import TextVouchers
from worker.saga.events import ResendCommanded
from worker.saga.replacing import replace
from worker.saga.states import Order
from worker.saga.steps import Moment, Result
from worker.saga.steps.outcomes import tell_asker
from worker.saga.steps.tickets import send_vouchers


def resend_vouchers(o: Order, e: ResendCommanded, m: Moment) -> Result:
    """Send what can be used; who waits for an SMS is answered by those who send it."""
    usable = o.usable_codes
    chosen = tuple(v for v in o.vouchers[: o.vouchers_told] if v.code in usable)
    sent, effects = send_vouchers(o, chosen, e.by or o.terms.vouchers_by, e.waiter)
    texted = any(isinstance(effect, TextVouchers) for effect in effects)
    if texted:
        return replace(sent, texted_at=m.now), effects
    return sent, (*effects, *tell_asker(e, codes.SUCCESS, codes.OK_TEXT))


def refuse_as_unissued(o: Order, e: ResendCommanded, _m: Moment) -> Result:
    """Refuse while there are no vouchers that were told of."""
    return o, tell_asker(e, codes.CREATE_FAILED, codes.RESEND_UNISSUED_TEXT)


def refuse_as_codeless(o: Order, e: ResendCommanded, _m: Moment) -> Result:
    """Refuse where the supplier texts its guests by itself (短信)."""
    return o, tell_asker(e, codes.CREATE_FAILED, codes.RESEND_CODELESS_TEXT)


def refuse_as_forgotten(o: Order, e: ResendCommanded, _m: Moment) -> Result:
    """Refuse where the vouchers were forgotten with the people."""
    return o, tell_asker(e, codes.CREATE_FAILED, codes.RESEND_FORGOTTEN_TEXT)


def refuse_as_too_soon(o: Order, e: ResendCommanded, _m: Moment) -> Result:
    """Refuse to text a guest again who was texted just now."""
    return o, tell_asker(e, codes.CREATE_FAILED, codes.RESEND_TOO_SOON_TEXT)


def refuse_as_refunding(o: Order, e: ResendCommanded, _m: Moment) -> Result:
    """Refuse while all that is left is being given back."""
    return o, tell_asker(e, codes.CANCEL_FAILED, codes.RESEND_REFUNDING_TEXT)


def refuse_as_gone(o: Order, e: ResendCommanded, _m: Moment) -> Result:
    """Refuse for an order that was cancelled or refunded, or failed."""
    return o, tell_asker(e, codes.ALREADY_CANCELLED, codes.ALREADY_CANCELLED_TEXT)


def refuse_as_used_up(o: Order, e: ResendCommanded, _m: Moment) -> Result:
    """Refuse where every ticket that was not refunded was used."""
    return o, tell_asker(e, codes.ALREADY_CHECKED, codes.ALREADY_CHECKED_TEXT)

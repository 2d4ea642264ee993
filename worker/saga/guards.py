"""The questions that rows of the table ask before they apply.

Why it exists: a row reads as a sentence because its condition has a name. It must not
change anything.
"""

from worker.saga import vouchers
from worker.saga.events import (
    CancelCommanded,
    CreateRefused,
    CreateSucceeded,
    CreateUnknown,
    Event,
    OrderCommanded,
    PayRefused,
    RefundAccepted,
    RefundNoticed,
    RefundRefused,
    TicketIssued,
    VerificationNoticed,
)
from worker.saga.states import Order, Wants
from worker.saga.steps import Moment

# --- the order --------------------------------------------------------------------------


def always(_o: Order, _e: Event, _m: Moment) -> bool:
    """Apply in every case: the last row of its kind."""
    return True


def cancel_waits(o: Order, _e: Event, _m: Moment) -> bool:
    """Tell whether the channel wants the order cancelled."""
    return o.cancel_waits


def call_is_out(o: Order, _e: Event, _m: Moment) -> bool:
    """Tell whether a call is under way whose answer decides what can be done."""
    return o.call is not None


def past_pay_deadline(o: Order, _e: Event, m: Moment) -> bool:
    """Tell whether it is too late to pay anything."""
    return m.now >= o.pay_deadline


def pay_is_doubtful(o: Order, _e: Event, _m: Moment) -> bool:
    """Tell whether money may have moved without our knowing."""
    return o.pay_doubtful


def pay_is_doubtful_and_cancel_waits(o: Order, _e: Event, _m: Moment) -> bool:
    """Tell whether money may have moved for an order that the channel wants cancelled."""
    return o.pay_doubtful and o.cancel_waits


def has_failed(o: Order, _e: Event, _m: Moment) -> bool:
    """Tell whether the order is being ended because of a failure."""
    return o.failure is not None


def refund_is_open(o: Order, _e: Event, _m: Moment) -> bool:
    """Tell whether a refund intent waits for its outcome."""
    return o.refund is not None


def refund_is_under_audit(o: Order, _e: Event, _m: Moment) -> bool:
    """Tell whether ZZY has the refund and its audit is open."""
    return o.refund is not None and o.refund.under_audit


def something_checked(o: Order, _e: Event, _m: Moment) -> bool:
    """Tell whether any ticket was used."""
    return o.checked > 0


def never_told(o: Order, _e: Event, _m: Moment) -> bool:
    """Tell whether issued vouchers have not been told and nothing holds them back."""
    return o.vouchers_told is None and o.refund is None


# --- retries ----------------------------------------------------------------------------


def create_tries_left(o: Order, _e: Event, m: Moment) -> bool:
    """Tell whether Create may be sent again."""
    return o.attempts.create <= len(m.policy.unknown_retries)


def create_may_repeat(o: Order, e: CreateUnknown, m: Moment) -> bool:
    """Tell whether to repeat Create; a refused signature never ends an order."""
    return e.signature_refused or create_tries_left(o, e, m)


def pay_tries_left(o: Order, _e: Event, m: Moment) -> bool:
    """Tell whether Pay may be sent again."""
    return o.attempts.pay <= len(m.policy.unknown_retries)


def pay_tries_spent(o: Order, e: Event, m: Moment) -> bool:
    """Tell whether Pay was sent as often as it may be."""
    return not pay_tries_left(o, e, m)


def cancel_tries_left(o: Order, _e: Event, m: Moment) -> bool:
    """Tell whether CancelOrder may be sent again."""
    return o.attempts.cancel <= len(m.policy.unknown_retries)


def refund_tries_left(o: Order, _e: Event, m: Moment) -> bool:
    """Tell whether Refund may be sent again."""
    return o.attempts.refund <= len(m.policy.unknown_retries)


def ticket_probes_left(o: Order, _e: Event, m: Moment) -> bool:
    """Tell whether PersonQrCodes will be asked again for a missing notice."""
    return o.attempts.probe <= len(m.policy.ticket_probes)


def codes_still_wanted(o: Order, e: Event, m: Moment) -> bool:
    """Tell whether to ask again for codes of an issued order: none known, or a notice doubted."""
    return (o.tickets_doubted or not o.vouchers) and ticket_probes_left(o, e, m)


# --- the event --------------------------------------------------------------------------


def refused_at_the_door(_o: Order, e: OrderCommanded, _m: Moment) -> bool:
    """Tell whether the order cannot even be asked of ZZY."""
    return e.refusal is not None


def same_content(o: Order, e: OrderCommanded, _m: Moment) -> bool:
    """Tell whether this is the same order again."""
    return o.demand == e.demand


def failed_same_content(o: Order, e: OrderCommanded, m: Moment) -> bool:
    """Tell whether the order that failed is asked for again, and the channel knows of it."""
    return o.failure is not None and o.failure_told and same_content(o, e, m)


def known_created(o: Order, e: OrderCommanded, m: Moment) -> bool:
    """Tell whether it is the same order again, and being created is all that is asked."""
    return (
        same_content(o, e, m)
        and e.waiter is not None
        and e.waiter.wants is Wants.CREATED
        and o.zzy_order_id != ""
    )


def of_another_channel(o: Order, e: CancelCommanded, _m: Moment) -> bool:
    """Tell whether the order belongs to somebody else."""
    return o.app_key != e.app_key


def was_touched(_o: Order, e: CreateSucceeded, _m: Moment) -> bool:
    """Tell whether ZZY's order is no longer waiting for its first pay."""
    return not e.untouched


def is_duplicate(_o: Order, e: CreateRefused, _m: Moment) -> bool:
    """Tell whether ZZY has this OriginOrderId already."""
    return e.duplicate


def already_paid(_o: Order, e: PayRefused, _m: Moment) -> bool:
    """Tell whether the refusal says that it was paid before (已支付)."""
    return e.already_paid


def already_paid_and_cancel_waits(o: Order, e: PayRefused, _m: Moment) -> bool:
    """Tell whether it was paid before and the channel wants it cancelled."""
    return e.already_paid and o.cancel_waits


def adds_nothing(o: Order, e: TicketIssued, _m: Moment) -> bool:
    """Tell whether all of it is known already, or still being asked for."""
    told = o.vouchers_told is not None or e.ask_codes
    return told and vouchers.merged(o, e).vouchers == o.vouchers


def raises_the_check(o: Order, e: VerificationNoticed, _m: Moment) -> bool:
    """Tell whether more tickets were used than we knew of."""
    return min(e.checked, o.demand.count) > o.checked


def was_approved(o: Order, e: RefundAccepted, _m: Moment) -> bool:
    """Tell whether the open refund's answer is final and good."""
    return o.refund is not None and e.approved is True


def was_rejected(o: Order, e: RefundAccepted, _m: Moment) -> bool:
    """Tell whether the open refund's answer is final and bad."""
    return o.refund is not None and e.approved is False


def refund_is_doubtful(o: Order, _e: RefundRefused, _m: Moment) -> bool:
    """Tell whether an earlier call may have arrived, so that a refusal proves nothing."""
    return o.refund is not None and o.refund.doubtful


def doubtful_and_tries_left(o: Order, e: RefundRefused, m: Moment) -> bool:
    """Tell whether to ask again with the same RefundId: 批次号重复 would end the doubt."""
    return refund_is_doubtful(o, e, m) and refund_tries_left(o, e, m)


def repeats_a_doubtful_refund(o: Order, e: RefundRefused, _m: Moment) -> bool:
    """Tell whether the refusal proves that an earlier, doubtful call arrived."""
    return e.repeat and o.refund is not None and o.refund.doubtful


def notice_matches(o: Order, e: RefundNoticed, _m: Moment) -> bool:
    """Tell whether the notice names our open intent."""
    names = (o.refund.refund_id, o.refund.apply_id) if o.refund else ()
    return e.apply_no != "" and e.apply_no in names


def notice_approves(o: Order, e: RefundNoticed, m: Moment) -> bool:
    """Tell whether our open intent was approved (审核通过)."""
    return notice_matches(o, e, m) and e.approved


def repeats_a_rejection(o: Order, e: RefundNoticed, _m: Moment) -> bool:
    """Tell whether the notice says again that an intent was rejected."""
    return not e.approved and e.apply_no in o.rejected_refunds


def refund_call_is_out(o: Order, e: RefundNoticed, _m: Moment) -> bool:
    """Tell whether the notice may name an ApplyId that an answer to come will tell."""
    to_come = o.refund is not None and not o.refund.under_audit and o.wake_at is not None
    return e.apply_no != "" and to_come


def is_forced(_o: Order, e: RefundNoticed, _m: Moment) -> bool:
    """Tell whether the supplier refunded by itself (强制退款)."""
    return e.apply_no == "" and e.approved


def forces_nothing(o: Order, e: RefundNoticed, m: Moment) -> bool:
    """Tell whether a forced refund names only what came back before."""
    return is_forced(o, e, m) and forced_count(o, e) == 0


def forces_all(o: Order, e: RefundNoticed, m: Moment) -> bool:
    """Tell whether a forced refund leaves nothing."""
    return is_forced(o, e, m) and forced_count(o, e) >= o.refundable > 0


def forced_count(o: Order, e: RefundNoticed) -> int:
    """Return how many tickets a forced refund takes: all that is left, or one a new code."""
    personal = {code for code in e.codes if code and code != o.order_code}
    if not personal or len(personal) < len({code for code in e.codes if code}):
        return o.refundable
    return min(len(personal - set(o.refunded_codes)), o.refundable)

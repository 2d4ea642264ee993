"""The questions that rows of the table ask before they apply.

Why it exists: a row reads as a sentence because its condition has a name. It must not
change anything.
"""

from datetime import timedelta

from worker.saga import vouchers
from worker.saga.erasure import objection, without_people
from worker.saga.events import (
    CancelCommanded,
    CancelRefused,
    CreateRefused,
    CreateSucceeded,
    CreateUnknown,
    Event,
    OrderCommanded,
    OutcomeUnheard,
    PayRefused,
    PersonalDataErased,
    RefundCommanded,
    ResendCommanded,
    TicketIssued,
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


def refund_is_wanted(o: Order, _e: Event, _m: Moment) -> bool:
    """Tell whether the channel wants it cancelled and what was paid may be asked back.

    An order of which a ticket was used is not cancelled any more (4003).
    """
    return o.cancel_waits and o.terms.refundable and not o.checked


def may_be_paid(o: Order, e: CancelRefused, _m: Moment) -> bool:
    """Tell whether ZZY keeps the order because it was paid, as far as anybody can know.

    It says so itself where a pay that it refused came a second time, on the network's account.
    """
    return o.pay_doubtful or e.paid


def may_be_paid_and_refund_is_wanted(o: Order, e: CancelRefused, m: Moment) -> bool:
    """Tell whether money may have moved that the channel wants back."""
    return may_be_paid(o, e, m) and refund_is_wanted(o, e, m)


def is_not_refundable(o: Order, _e: Event, _m: Moment) -> bool:
    """Tell whether the product gives nothing back at the channel's wish (RefundSet 0)."""
    return not o.terms.refundable


def has_failed(o: Order, _e: Event, _m: Moment) -> bool:
    """Tell whether the order is being ended because of a failure."""
    return o.failure is not None


def something_checked(o: Order, _e: Event, _m: Moment) -> bool:
    """Tell whether any ticket was used."""
    return o.checked > 0


def never_told(o: Order, _e: Event, _m: Moment) -> bool:
    """Tell whether issued vouchers have not been told and nothing holds them back."""
    return o.vouchers_told is None and o.refund is None


def is_forgotten(o: Order, _e: Event, _m: Moment) -> bool:
    """Tell whether the order's people were forgotten, and its codes are only marks."""
    return o.erased_at is not None


def asks_for_forgotten(o: Order, e: RefundCommanded, _m: Moment) -> bool:
    """Tell whether it names vouchers of an order of which only marks of them are left."""
    return o.erased_at is not None and bool(e.codes)


def may_be_forgotten(o: Order, e: PersonalDataErased, _m: Moment) -> bool:
    """Tell whether nothing is still to come of the order that needs its people."""
    return not objection(o, e.visited_before)


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
    """Tell whether this is the same order again, as far as it is still known."""
    return o.demand == (e.demand if o.erased_at is None else without_people(e.demand))


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


def of_another_channel(
    o: Order, e: CancelCommanded | RefundCommanded | ResendCommanded, _m: Moment
) -> bool:
    """Tell whether the order belongs to somebody else."""
    return o.app_key != e.app_key


def failure_is_untold(o: Order, e: OutcomeUnheard, _m: Moment) -> bool:
    """Tell whether the order's failure was only answered, and its channel missed the answer."""
    return o.app_key == e.app_key and not o.failure_told


def was_touched(_o: Order, e: CreateSucceeded, _m: Moment) -> bool:
    """Tell whether ZZY's order is no longer waiting for its first pay."""
    return not e.untouched


def is_duplicate(_o: Order, e: CreateRefused, _m: Moment) -> bool:
    """Tell whether ZZY has this OriginOrderId already."""
    return e.duplicate


def already_paid(_o: Order, e: PayRefused, _m: Moment) -> bool:
    """Tell whether the refusal says that it was paid before (已支付)."""
    return e.already_paid


def already_paid_and_refund_is_wanted(o: Order, e: PayRefused, m: Moment) -> bool:
    """Tell whether it was paid before and the channel wants it cancelled."""
    return e.already_paid and refund_is_wanted(o, e, m)


def adds_nothing(o: Order, e: TicketIssued, _m: Moment) -> bool:
    """Tell whether all of it is known already, or still being asked for."""
    told = o.vouchers_told is not None or e.ask_codes
    return told and vouchers.merged(o, e).vouchers == o.vouchers


# --- vouchers again ---------------------------------------------------------------------


def nothing_is_usable(o: Order, _e: ResendCommanded, _m: Moment) -> bool:
    """Tell whether every ticket was used or refunded."""
    return o.refundable == 0 or bool(o.vouchers and not o.usable_codes)


def has_no_codes(o: Order, _e: ResendCommanded, _m: Moment) -> bool:
    """Tell whether there is nothing to send: ZZY texts such guests by itself (短信)."""
    return not o.vouchers and o.order_code == ""


def were_never_told(o: Order, _e: ResendCommanded, _m: Moment) -> bool:
    """Tell whether the vouchers have not gone out a first time."""
    return o.vouchers_told is None


def was_just_texted(o: Order, e: ResendCommanded, m: Moment) -> bool:
    """Tell whether another text (短信) is asked for too soon after the last one."""
    if o.texted_at is None or (e.by or o.terms.vouchers_by) == "notify":
        return False
    return m.now < o.texted_at + timedelta(seconds=m.policy.resend_interval)

"""The questions about refunds (退款) and checks (核销) that rows of the table ask.

Why it exists: how many tickets are left, and which, is counted here in one place, so that
checked, refunded and pending never exceed what was bought. It must not change anything.
"""

from typing import Final

from worker.saga.events import (
    CancelCommanded,
    Event,
    RefundAccepted,
    RefundCommanded,
    RefundNoticed,
    RefundRefused,
    VerificationNoticed,
)
from worker.saga.guards import refund_tries_left
from worker.saga.resolutions import OperatorSettled, Settled
from worker.saga.states import Ending, Order, Phase, Refund
from worker.saga.steps import Moment

# --- the open intent --------------------------------------------------------------------


def refund_is_open(o: Order, _e: Event, _m: Moment) -> bool:
    """Tell whether a refund intent waits for its outcome."""
    return o.refund is not None


def commanded_refund_is_open(o: Order, _e: Event, _m: Moment) -> bool:
    """Tell whether the open intent is a refund that the channel named itself (部分退款)."""
    return o.refund is not None and o.refund.refund_num != ""


def refund_is_under_audit(o: Order, _e: Event, _m: Moment) -> bool:
    """Tell whether ZZY has the refund and its audit is open."""
    return o.refund is not None and o.refund.under_audit


def own_refund_is_under_audit(o: Order, e: Event, m: Moment) -> bool:
    """Tell whether the refund that ZZY audits is for all that is left, and ours."""
    return refund_is_under_audit(o, e, m) and not commanded_refund_is_open(o, e, m)


def refund_holds_vouchers(o: Order, _e: Event, _m: Moment) -> bool:
    """Tell whether all that is left is being given back, so that no voucher goes out."""
    return o.refund is not None and (o.cancel_waits or o.pending >= o.refundable)


def commanded_refund_and_something_checked(o: Order, e: Event, m: Moment) -> bool:
    """Tell whether a cancel is hopeless: a ticket was used, and the open refund is another's."""
    return commanded_refund_is_open(o, e, m) and o.checked > 0


# --- its outcome ------------------------------------------------------------------------

Decided = RefundAccepted | RefundNoticed | RefundRefused | OperatorSettled


def notice_matches(o: Order, e: RefundNoticed, _m: Moment) -> bool:
    """Tell whether the notice names our open intent."""
    names = (o.refund.refund_id, o.refund.apply_id) if o.refund else ()
    return e.apply_no != "" and e.apply_no in names


def is_approved(o: Order, e: Decided, m: Moment) -> bool:
    """Tell whether our open intent was approved (审核通过)."""
    if isinstance(e, OperatorSettled):
        return o.refund is not None and e.settled is Settled.REFUNDED
    if isinstance(e, RefundNoticed):
        return notice_matches(o, e, m) and e.approved
    return o.refund is not None and isinstance(e, RefundAccepted) and e.approved is True


def is_rejected(o: Order, e: Decided, m: Moment) -> bool:
    """Tell whether our open intent was refused, or rejected by the audit (审核不通过)."""
    if isinstance(e, OperatorSettled):
        return o.refund is not None and e.settled is Settled.KEPT
    if isinstance(e, RefundNoticed):
        return notice_matches(o, e, m) and not e.approved
    if isinstance(e, RefundAccepted):
        return o.refund is not None and e.approved is False
    return o.refund is not None


def commanded_is_approved(o: Order, e: Decided, m: Moment) -> bool:
    """Tell whether the refund that the channel named was approved."""
    return commanded_refund_is_open(o, e, m) and is_approved(o, e, m)


def commanded_is_rejected(o: Order, e: Decided, m: Moment) -> bool:
    """Tell whether the refund that the channel named was refused or rejected."""
    return commanded_refund_is_open(o, e, m) and is_rejected(o, e, m)


def approval_leaves_nothing(o: Order, e: Decided, m: Moment) -> bool:
    """Tell whether the order is over once the refund is settled: what failed was never used."""
    return is_approved(o, e, m) and o.pending >= o.refundable and _never_used(o)


def _never_used(o: Order) -> bool:
    return o.checked == 0 or o.phase is Phase.TICKET_FAILED


def _rest_is_wanted(o: Order, e: Decided, m: Moment) -> bool:
    return o.cancel_waits and o.checked == 0 and commanded_refund_is_open(o, e, m)


def approved_and_rest_is_wanted(o: Order, e: Decided, m: Moment) -> bool:
    """Tell whether a cancel waited for the channel's own refund, which was approved."""
    return is_approved(o, e, m) and _rest_is_wanted(o, e, m)


def rejected_and_rest_is_wanted(o: Order, e: Decided, m: Moment) -> bool:
    """Tell whether a cancel waited for the channel's own refund, which was rejected."""
    return is_rejected(o, e, m) and _rest_is_wanted(o, e, m)


def repeats_an_outcome(o: Order, e: RefundNoticed, _m: Moment) -> bool:
    """Tell whether the notice says again what became of an intent that is over."""
    if e.apply_no == "":
        return False
    ends = {past.ending for past in o.refunds if e.apply_no in _names(past.intent)}
    if e.approved:
        return bool(ends - {Ending.REJECTED})
    return Ending.REJECTED in ends or e.apply_no in o.rejected_refunds


def _names(intent: Refund) -> tuple[str, str]:
    return intent.refund_id, intent.apply_id


# --- doubt ------------------------------------------------------------------------------


def refund_is_doubtful(o: Order, _e: RefundRefused, _m: Moment) -> bool:
    """Tell whether an earlier call may have arrived, so that a refusal proves nothing."""
    return o.refund is not None and o.refund.doubtful


def doubtful_and_tries_left(o: Order, e: RefundRefused, m: Moment) -> bool:
    """Tell whether to ask again with the same RefundId: 批次号重复 would end the doubt."""
    return refund_is_doubtful(o, e, m) and refund_tries_left(o, e, m)


def repeats_a_doubtful_refund(o: Order, e: RefundRefused, _m: Moment) -> bool:
    """Tell whether the refusal proves that an earlier, doubtful call arrived."""
    return e.repeat and o.refund is not None and o.refund.doubtful


def repeats_a_doubtful_command(o: Order, e: RefundRefused, m: Moment) -> bool:
    """Tell whether it proves so of the refund that the channel named."""
    return repeats_a_doubtful_refund(o, e, m) and commanded_refund_is_open(o, e, m)


def refund_call_is_out(o: Order, e: RefundNoticed, _m: Moment) -> bool:
    """Tell whether the notice may name an ApplyId that an answer to come will tell."""
    to_come = o.refund is not None and not o.refund.under_audit and o.wake_at is not None
    return e.apply_no != "" and to_come


# --- the supplier's own (强制退款) -------------------------------------------------------


def is_forced(_o: Order, e: RefundNoticed, _m: Moment) -> bool:
    """Tell whether the supplier refunded by itself (强制退款)."""
    return e.apply_no == "" and e.approved


def forces_nothing(o: Order, e: RefundNoticed, m: Moment) -> bool:
    """Tell whether a forced refund names only what came back before."""
    return is_forced(o, e, m) and forced_count(o, e) == 0


def forces_all(o: Order, e: RefundNoticed, m: Moment) -> bool:
    """Tell whether a forced refund leaves nothing of an order of which nothing was used."""
    return is_forced(o, e, m) and forced_count(o, e) >= o.refundable > 0 and _never_used(o)


def forces_beyond(o: Order, e: RefundNoticed, m: Moment) -> bool:
    """Tell whether a forced refund names tickets that were used, or more than are left."""
    new = forced_codes(o, e) - set(o.refunded_codes)
    return is_forced(o, e, m) and len(new) > forced_count(o, e)


def forced_is_doubted(o: Order, e: RefundNoticed, m: Moment) -> bool:
    """Tell whether something speaks against a forced refund that would take anything."""
    takes = forced_count(o, e) > 0 or forces_beyond(o, e, m)
    return is_forced(o, e, m) and e.doubt != "" and takes


def forced_codes(o: Order, e: RefundNoticed) -> frozenset[str]:
    """Return the personal codes that a forced refund names; none where it means all."""
    named = {code for code in e.codes if code}
    return frozenset() if o.order_code in named else frozenset(named)


def forced_count(o: Order, e: RefundNoticed) -> int:
    """Return how many tickets a forced refund takes: all that is left, or one a new code."""
    personal = forced_codes(o, e)
    if not personal:
        return o.refundable
    return min(len(personal - {*o.refunded_codes, *o.checked_codes}), o.refundable)


# --- what a channel asks for ------------------------------------------------------------


def refund_num_is_taken(o: Order, e: RefundCommanded, _m: Moment) -> bool:
    """Tell whether its refund_num names another refund of this order."""
    intents = (*(past.intent for past in o.refunds), *((o.refund,) if o.refund else ()))
    return any(
        intent.refund_num == e.refund_num and not intent.same_content(e.count, e.codes)
        for intent in intents
    )


def refund_is_over(o: Order, e: RefundCommanded, _m: Moment) -> bool:
    """Tell whether this refund has its outcome already."""
    return any(past.intent.refund_num == e.refund_num for past in o.refunds)


def same_refund_is_open(o: Order, e: RefundCommanded, _m: Moment) -> bool:
    """Tell whether this very refund waits for its outcome."""
    return o.refund is not None and o.refund.refund_num == e.refund_num


def wanted_count(o: Order, e: RefundCommanded) -> int:
    """Return how many tickets are asked for; naming none means all that is left."""
    return len(e.codes) or (o.refundable if e.count is None else e.count)


def asks_for_used(o: Order, e: RefundCommanded, _m: Moment) -> bool:
    """Tell whether what is asked for includes tickets that were used."""
    if o.checked == 0:
        return False
    unused, wanted = o.refundable, wanted_count(o, e)
    fits_but_for_checks = unused < wanted <= unused + o.checked
    return unused == 0 or fits_but_for_checks or bool(set(e.codes) & set(o.checked_codes))


def asks_for_unknown(o: Order, e: RefundCommanded, _m: Moment) -> bool:
    """Tell whether it names vouchers that are nobody's of this order; one for all is none."""
    return bool(set(e.codes) - {v.code for v in o.vouchers if v.code != o.order_code})


def asks_for_refunded(o: Order, e: RefundCommanded, _m: Moment) -> bool:
    """Tell whether it names vouchers that came back before."""
    return bool(set(e.codes) & set(o.refunded_codes))


def asks_for_too_many(o: Order, e: RefundCommanded, _m: Moment) -> bool:
    """Tell whether it asks for more than is left."""
    return not 0 < wanted_count(o, e) <= o.refundable


SPARE_REFUNDS: Final = 100
"""How many refunds of an order may come to nothing; each is kept for ever, by its name."""


def too_many_refunds(o: Order, _e: RefundCommanded | CancelCommanded, _m: Moment) -> bool:
    """Tell whether so many refunds were tried that a channel may not open another one."""
    return len(o.refunds) >= o.demand.count + SPARE_REFUNDS


# --- checks -----------------------------------------------------------------------------


def check_adds_something(o: Order, e: VerificationNoticed, _m: Moment) -> bool:
    """Tell whether more tickets were used than we knew of, or others."""
    raised = min(e.checked, o.demand.count - o.refunded) > o.checked
    return raised or bool({code for code in e.codes if code} - set(o.checked_codes))


def checks_what_was_refunded(o: Order, e: VerificationNoticed, _m: Moment) -> bool:
    """Tell whether more tickets were used than were left after the refunds."""
    return o.refunded > 0 and min(e.checked, o.demand.count) > o.demand.count - o.refunded

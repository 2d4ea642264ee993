"""What can happen to an order: facts, in the past tense.

Why it exists: commands, ZZY's answers, ZZY's notices and timers all reach the saga as one
of these. An *unknown* event says that a call's outcome is not known: it may or may not
have been carried out. It must not say what follows from a fact: that is the table's.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from worker.saga.resolutions import Resolution
from worker.saga.states import STANDARD_TERMS, Demand, Failure, Terms, Voucher, Waiter

# --- commands ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OrderCommanded:
    """A channel ordered (下单). ``refusal``: why it cannot even be asked of ZZY, if so."""

    order_num: str
    app_key: str
    channel_order_num: str
    demand: Demand
    zzy_product_id: str
    received_at: datetime
    waiter: Waiter | None = None
    refusal: Failure | None = None
    terms: Terms = STANDARD_TERMS
    alarm: str = ""
    """The kind of the alarm that the refusal raises, if it does."""


@dataclass(frozen=True, slots=True)
class CancelCommanded:
    """A channel wants its order cancelled (取消订单)."""

    app_key: str
    waiter: Waiter | None = None


@dataclass(frozen=True, slots=True)
class RefundCommanded:
    """A channel wants some of its tickets refunded (部分退款), under a name of its own."""

    app_key: str
    refund_num: str
    count: int | None = None
    codes: tuple[str, ...] = ()
    """Neither count nor codes: all that is left."""
    waiter: Waiter | None = None


@dataclass(frozen=True, slots=True)
class ResendCommanded:
    """A channel wants its vouchers sent again (重发凭证)."""

    app_key: str
    by: str | None = None
    """notify, sms or both; None: as the order's terms say."""
    waiter: Waiter | None = None


@dataclass(frozen=True, slots=True)
class OutcomeUnheard:
    """The channel read 1000 for its order, for no outcome was known in time."""

    app_key: str


Command = OrderCommanded | CancelCommanded | RefundCommanded | ResendCommanded

# --- ZZY's answers ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CreateSucceeded:
    """ZZY created the order. ``untouched``: its OrderStatus is 0, nothing was paid."""

    zzy_order_id: str
    untouched: bool = True


@dataclass(frozen=True, slots=True)
class CreateRefused:
    """ZZY said no; ``duplicate``: because it has this OriginOrderId already."""

    failure: Failure
    duplicate: bool = False
    alarm: str = ""


@dataclass(frozen=True, slots=True)
class CreateUnknown:
    """No clear answer; ``signature_refused``: ZZY did not accept our signature."""

    reason: str
    signature_refused: bool = False


@dataclass(frozen=True, slots=True)
class PaySucceeded:
    """The pay went through; the tickets are still to come."""

    money: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PayRefused:
    """ZZY said no to the pay, or that it failed (支付失败)."""

    failure: Failure
    already_paid: bool = False
    alarm: str = ""


@dataclass(frozen=True, slots=True)
class PayUnknown:
    """No clear answer to the pay; ``sent``: whether it may have reached ZZY at all."""

    reason: str
    signature_refused: bool = False
    sent: bool = True


@dataclass(frozen=True, slots=True)
class CancelAccepted:
    """ZZY cancelled the order: nothing was paid, and nothing can be paid any more."""


@dataclass(frozen=True, slots=True)
class CancelRefused:
    """ZZY did not cancel the order; ``paid``: because it is paid (已支付)."""

    message: str = ""
    paid: bool = False


@dataclass(frozen=True, slots=True)
class CancelUnknown:
    """No clear answer to CancelOrder."""

    reason: str
    signature_refused: bool = False


@dataclass(frozen=True, slots=True)
class CodesMissing:
    """PersonQrCodes showed no code, or did not answer: it proves nothing."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class RefundAccepted:
    """ZZY has the refund. ``approved``: None while its audit (审核) is open."""

    apply_id: str = ""
    approved: bool | None = None
    reason: str = ""
    refund_id: str = ""
    """Which intent's call it answers: it may come when another one is open."""


@dataclass(frozen=True, slots=True)
class RefundRefused:
    """ZZY does not take the refund; ``repeat``: it knows this RefundId already (批次号重复)."""

    message: str = ""
    repeat: bool = False


@dataclass(frozen=True, slots=True)
class RefundUnknown:
    """No clear answer to the refund; ``sent``: whether it may have reached ZZY at all."""

    reason: str
    signature_refused: bool = False
    sent: bool = True


# --- the tickets, from whichever side they come -----------------------------------------


@dataclass(frozen=True, slots=True)
class TicketIssued:
    """Tickets exist: by the pay's answer, by a ticket notice (出票通知) or by PersonQrCodes."""

    vouchers: tuple[Voucher, ...] = ()
    order_code: str = ""
    money: Decimal | None = None
    ask_codes: bool = False
    """Issued, but the codes were not told: ask PersonQrCodes."""
    zzy_order_id: str = ""


@dataclass(frozen=True, slots=True)
class TicketFailed:
    """No ticket will come for money that was taken (出票失败)."""

    zzy_order_id: str = ""


@dataclass(frozen=True, slots=True)
class TicketDoubted:
    """A ticket notice was set apart as forged: ask PersonQrCodes what is true."""


@dataclass(frozen=True, slots=True)
class EvidenceHeard:
    """What PersonQrCodes showed when a notice was strange: for the order's history alone."""

    reason: str


# --- other notices ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VerificationNoticed:
    """Tickets were checked at the gate (核销); ``checked`` is ZZY's running total."""

    checked: int
    check_time: str
    zzy_order_id: str = ""
    codes: tuple[str, ...] = ()
    """The vouchers that were used, where ZZY names them."""


@dataclass(frozen=True, slots=True)
class RefundNoticed:
    """ZZY decided a refund (退款通知); a blank ``apply_no`` is the supplier's own (强制退款)."""

    apply_no: str
    approved: bool
    reason: str = ""
    codes: tuple[str, ...] = ()
    zzy_order_id: str = ""
    doubt: str = ""
    """What speaks against a forced one, where the operator wants a person asked; else empty."""


# --- people ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PersonalDataErased:
    """Its people are to be forgotten (个人信息删除): its time is over, or somebody asked for it.

    ``visited_before``: an order whose visit is of this day or later is still needed.
    """

    visited_before: date
    reason: str = ""


# --- time -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TimerFired:
    """The order's timer is due."""


Event = (
    Command
    | OutcomeUnheard
    | CreateSucceeded
    | CreateRefused
    | CreateUnknown
    | PaySucceeded
    | PayRefused
    | PayUnknown
    | CancelAccepted
    | CancelRefused
    | CancelUnknown
    | CodesMissing
    | RefundAccepted
    | RefundRefused
    | RefundUnknown
    | TicketIssued
    | TicketFailed
    | TicketDoubted
    | EvidenceHeard
    | VerificationNoticed
    | RefundNoticed
    | PersonalDataErased
    | Resolution
    | TimerFired
)

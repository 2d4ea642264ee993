"""What an order is: its phases and everything the saga remembers of it.

Why it exists: one frozen value holds an order whole, so that a decision is a function of
it. It must not hold behaviour beyond questions about itself.
Source: PROTOCOL.md, "ZZY side" and "Channel side".
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final


class Phase(StrEnum):
    """Where an order stands. Phases have a rank and an order never falls back (RANK)."""

    NEW = "new"
    """Not known yet (or its number was left free by a refusal before Create)."""
    CREATING = "creating"
    """下单中: Create was sent, or will be sent again; nothing can be paid."""
    PAYING = "paying"
    """支付中: Pay was sent, or will be; its outcome is not known."""
    CLOSING = "closing"
    """关闭中: CancelOrder was sent to end the order; its answer tells whether it was paid."""
    AWAITING_TICKET = "awaiting_ticket"
    """待出票: paid; ZZY has not issued yet."""
    ISSUED = "issued"
    """已出票: the vouchers are known, or on their way to the guest's phone."""
    TICKET_FAILED = "ticket_failed"
    """出票失败: paid, no ticket came; the money is being fetched back."""
    REFUSED = "refused"
    """已拒绝: ended; nothing was paid; the channel knows why."""
    CANCELLED = "cancelled"
    """已取消: ended at the channel's wish before anything was paid."""
    REFUNDED = "refunded"
    """已退款: ended; all that was paid came back."""


RANK = {
    Phase.NEW: 0,
    Phase.CREATING: 1,
    Phase.PAYING: 2,
    Phase.CLOSING: 3,
    Phase.AWAITING_TICKET: 4,
    Phase.ISSUED: 5,
    Phase.TICKET_FAILED: 5,
    Phase.REFUSED: 6,
    Phase.CANCELLED: 6,
    Phase.REFUNDED: 6,
}

FINAL = frozenset({Phase.REFUSED, Phase.CANCELLED, Phase.REFUNDED})


class CallKind(StrEnum):
    """The calls to ZZY that a saga makes."""

    CREATE = "create"
    PAY = "pay"
    CANCEL = "cancel"
    PROBE = "probe"
    REFUND = "refund"


class Wants(StrEnum):
    """What somebody who waits for a reply wants to know."""

    CREATED = "created"
    PAID = "paid"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    RESENT = "resent"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Terms:
    """What held for the channel and the product when the order was taken."""

    vouchers_by: str = "notify"
    """notify, sms or both: how the guest gets the vouchers."""
    refundable: bool = True
    """RefundSet (退款规则): False: nothing is given back at the channel's wish."""
    is_ticket: bool = False
    """IsTicket (是否需要换票): vouchers are exchanged for paper tickets."""
    ticket_get_address: str = ""
    """TicketGetAddress (换票地址): where."""
    settlement_price: Decimal | None = None
    """Yuan that one ticket costs the channel's prepaid account; None: it has none."""


STANDARD_TERMS: Final = Terms()
"""Those of an order that says nothing else."""


@dataclass(frozen=True, slots=True)
class Tourist:
    """One visitor (游客) by id card."""

    id_card: str
    name: str


@dataclass(frozen=True, slots=True)
class Demand:
    """What the channel ordered; two demands that are equal are the same order again."""

    product_code: str
    take_phone: str
    tourists: tuple[Tourist, ...]
    visit_date: date
    price: Decimal
    amount: Decimal
    count: int
    begin_play_time: str = ""
    end_play_time: str = ""


@dataclass(frozen=True, slots=True)
class Voucher:
    """One entrance voucher (入园凭证)."""

    code: str
    id_card: str = ""
    mobile: str = ""
    name: str = ""
    product_name: str = ""
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Waiter:
    """Somebody who waits for a reply: an address on the broker, and what to tell."""

    reply_to: str
    correlation_id: str
    wants: Wants
    audit_reply: str = "wait"
    """What to tell while a refund is under audit: wait (退款审核中) or accepted (成功)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an order failed, as the channel reads it."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Refund:
    """An open refund intent (退款): made and stored before the call, closed by its outcome.

    What is sent of it never changes: ``count`` is what was asked, whatever happens since.
    """

    refund_id: str
    count: int
    doubtful: bool = False
    """A call for it had an unknown outcome."""
    under_audit: bool = False
    """ZZY has it and a person there decides (等待审核)."""
    apply_id: str = ""
    refund_num: str = ""
    """The channel's own name of it (部分退款); empty: a cancel, or a ticket that failed."""
    asked: int | None = None
    """How many the channel named; None: by codes, or all that was left."""
    codes: tuple[str, ...] = ()
    """The vouchers that it takes back; empty: any, or all."""

    @property
    def whole(self) -> bool:
        """Tell whether it asks for all that was left."""
        return self.asked is None and not self.codes

    def same_content(self, count: int | None, codes: tuple[str, ...]) -> bool:
        """Tell whether a channel asked for just this; the order of codes means nothing."""
        return (None if codes else count) == self.asked and set(codes) == set(self.codes)


class Ending(StrEnum):
    """How a refund ended."""

    APPROVED = "approved"
    """审核通过: the money is back."""
    REJECTED = "rejected"
    """审核不通过: refused by ZZY or by its audit."""
    FORCED = "forced"
    """强制退款: the supplier refunded by itself."""


@dataclass(frozen=True, slots=True)
class PastRefund:
    """A refund that is over. ``intent`` is what was asked; a forced one asked for nothing."""

    intent: Refund
    ending: Ending
    count: int
    """How many tickets it gave back."""
    codes: tuple[str, ...] = ()
    """The vouchers that it is known to have taken back."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often each call was sent."""

    create: int = 0
    pay: int = 0
    cancel: int = 0
    probe: int = 0
    refund: int = 0


@dataclass(frozen=True)
class Order:
    """Everything the saga knows of one order. Without slots: replacing.py copies its dict."""

    order_num: str
    app_key: str
    channel_order_num: str
    demand: Demand
    zzy_product_id: str
    accepted_at: datetime
    pay_deadline: datetime
    terms: Terms = STANDARD_TERMS
    phase: Phase = Phase.NEW
    zzy_order_id: str = ""
    call: CallKind | None = None
    """The call that is out: committed before it is made, cleared by its answer."""
    calls: int = 0
    """How many calls were sent; the last one's key carries this number."""
    wake_at: datetime | None = None
    """The order's one timer: the lease of a call, a retry, or a deadline."""
    attempts: Attempts = Attempts()
    pay_doubtful: bool = False
    """A pay may have moved money without our knowing: only an oracle may end this order."""
    pay_money: Decimal | None = None
    order_code: str = ""
    vouchers: tuple[Voucher, ...] = ()
    vouchers_told: int | None = None
    """How many of ``vouchers`` the channel was told of; None: not even that they exist."""
    tickets_doubted: bool = False
    """A ticket notice was set apart as forged, and PersonQrCodes has not answered since."""
    checked: int = 0
    checked_codes: tuple[str, ...] = ()
    """The vouchers that ZZY named as used; it may tell how many and not which."""
    check_time: str = ""
    """When the last check was that raised the count, as ZZY wrote it."""
    texted_at: datetime | None = None
    """When the vouchers were last sent again by SMS (短信); None: never."""
    refunded: int = 0
    refunded_codes: tuple[str, ...] = ()
    cancel_waits: bool = False
    """The channel wants it cancelled and has not been told the outcome."""
    refund: Refund | None = None
    refunds_made: int = 0
    refunds: tuple[PastRefund, ...] = ()
    """All that are over, forced ones too, oldest first; an order of an earlier release has gaps."""
    rejected_refunds: tuple[str, ...] = ()
    """RefundId and ApplyId of intents rejected before ``refunds`` was kept."""
    refunds_exhausted: bool = False
    """A refund was not opened because there were too many, and the operator was alarmed."""
    failure: Failure | None = None
    failure_told: bool = False
    human: str = ""
    """Why a person must look at it; empty when none must."""
    human_since: datetime | None = None
    """Since when; None where nobody must, and where an earlier release called."""
    notified: int = 0
    """How many notifications were made; the next one's sequence number is one higher."""
    waiters: tuple[Waiter, ...] = ()
    erased_at: datetime | None = None
    """When its people were forgotten (erasure.py); None: they are known."""

    @property
    def refundable(self) -> int:
        """How many tickets are neither refunded nor checked (退款 takes all of these)."""
        return max(self.demand.count - self.refunded - self.checked, 0)

    @property
    def pending(self) -> int:
        """How many tickets a refund is open for: of those that are left, at most."""
        if self.refund is None:
            return 0
        gone = set(self.refunded_codes) & set(self.refund.codes)
        return min(self.refund.count - len(gone), self.refundable)

    @property
    def usable_codes(self) -> frozenset[str]:
        """The vouchers that no check and no refund has named; one for all is never gone."""
        gone = {*self.refunded_codes, *self.checked_codes} - {self.order_code}
        return frozenset(voucher.code for voucher in self.vouchers) - gone

    @property
    def call_key(self) -> str:
        """The key of the call that is out, or of the last that was."""
        return f"{self.order_num}:{self.calls}"

"""What the saga wants done: frozen data, performed by one interpreter (runtime/perform.py).

Why it exists: a decision that only describes its effects can be tested without any.
Each effect names an idempotency key, the same on every repeat of the same intent. It must
not perform anything. There is no timer effect: an order has one timer, ``Order.wake_at``.
"""

from dataclasses import dataclass

from worker.saga.states import CallKind, Voucher, Waiter


@dataclass(frozen=True, slots=True)
class CallZzy:
    """Make one call; its answer comes back as an event. ``key`` is the order's ``call_key``."""

    kind: CallKind
    key: str


@dataclass(frozen=True, slots=True)
class RefundStands:
    """How a refund stands: pending, approved, rejected or forced."""

    refund_id: str
    count: int
    status: str


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer somebody who waits: best effort, lost with the connection."""

    to: Waiter
    code: str
    message: str
    final: bool = True
    """False: how it stands so far (退款审核中); whoever waits goes on waiting."""
    refund: RefundStands | None = None
    """The refund that it is about, where one was asked for."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Call a person's attention. ``kind`` is stable; ``text`` says what happened."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class VouchersTold:
    """The ``voucher`` notification: new vouchers; empty for tickets without codes (短信)."""

    vouchers: tuple[Voucher, ...]
    order_code: str


@dataclass(frozen=True, slots=True)
class FailureTold:
    """The ``order_failed`` notification."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckTold:
    """The document's check notification (状态变更通知)."""

    check_time: str
    total: int
    checked: int
    refunded: int


@dataclass(frozen=True, slots=True)
class RefundTold:
    """The ``refund`` notification. ``status``: approved, rejected or forced."""

    refund_id: str
    count: int
    codes: tuple[str, ...]
    status: str
    reason: str


News = VouchersTold | FailureTold | CheckTold | RefundTold


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell the channel, at least once, under an id made of order, type and ``seq``."""

    seq: int
    news: News


@dataclass(frozen=True, slots=True)
class TextVouchers:
    """Text vouchers to the guest (短信), at least once, under an id made of order and ``seq``.

    ``waiter``: who is to be told whether the gateway took it, if anybody.
    """

    seq: int
    vouchers: tuple[Voucher, ...]
    order_code: str
    waiter: Waiter | None = None


@dataclass(frozen=True, slots=True)
class HoldNotice:
    """Nothing is decided yet: bring this notice again a little later."""


@dataclass(frozen=True, slots=True)
class SetApart:
    """Keep this notice for a person: it had no effect, and may come again."""

    reason: str


Effect = CallZzy | Reply | Alarm | Notify | TextVouchers | HoldNotice | SetApart

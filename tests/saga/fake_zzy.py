"""ZZY as a ledger in memory: what truly happened, for the simulation to judge by."""

from dataclasses import dataclass, field
from datetime import datetime

from tests.saga.facts import STOCK, WHIM
from tests.saga.walks import Dice
from worker.saga.events import (
    CancelAccepted,
    CancelRefused,
    CodesMissing,
    CreateRefused,
    CreateSucceeded,
    Event,
    PayRefused,
    PaySucceeded,
    RefundAccepted,
    RefundNoticed,
    RefundRefused,
    TicketFailed,
    TicketIssued,
)
from worker.saga.states import CallKind, Order, Voucher


@dataclass
class Booking:
    """One order at ZZY."""

    number: str
    count: int
    paid: int = 0
    cancelled: bool = False
    tickets: list[Voucher] = field(default_factory=list)
    failed: bool = False
    refunds: dict[str, bool | None] = field(default_factory=dict)
    """By RefundId: approved, rejected, or None while under audit."""
    money_back: bool = False


@dataclass
class Zzy:
    """The supplier; ``later`` holds the notices that it means to send, with their delay."""

    dice: Dice
    bookings: list[Booking] = field(default_factory=list)
    later: list[tuple[float, Event]] = field(default_factory=list)

    def booking(self, number: str) -> Booking:
        return next(b for b in self.bookings if b.number == number)

    def does(self, kind: CallKind, order: Order, _now: datetime) -> Event:
        """Carry out a call and return what its answer would say."""
        match kind:
            case CallKind.CREATE:
                return self._create(order)
            case CallKind.PAY:
                return self._pay(self.booking(order.zzy_order_id))
            case CallKind.CANCEL:
                return self._cancel(self.booking(order.zzy_order_id))
            case CallKind.PROBE:
                return self._probe()
            case CallKind.REFUND:
                return self._refund(self.booking(order.zzy_order_id), order)

    def refuses(self, kind: CallKind) -> Event | None:
        """Return a refusal out of a whim: nothing is done."""
        refusals: dict[CallKind, Event] = {
            CallKind.CREATE: CreateRefused(STOCK),
            CallKind.PAY: PayRefused(WHIM),
            CallKind.CANCEL: CancelRefused("busy"),
            CallKind.PROBE: CodesMissing("busy"),
            CallKind.REFUND: RefundRefused("busy"),
        }
        return refusals[kind]

    def _create(self, order: Order) -> Event:
        if self.bookings and self.dice.random() < 0.3:
            return CreateRefused(WHIM, duplicate=True)
        if not self.bookings or self.dice.random() < 0.2:  # the same number made two orders
            self.bookings.append(Booking(str(len(self.bookings) + 1), order.demand.count))
        return CreateSucceeded(self.bookings[-1].number)

    def _pay(self, booking: Booking) -> Event:
        if booking.cancelled:
            return PayRefused(WHIM)
        if booking.paid:
            return PayRefused(WHIM, already_paid=True)
        booking.paid += 1
        d = self.dice
        if d.random() < 0.1:
            booking.failed = True
            self._tell(TicketFailed(booking.number))
            return TicketFailed() if d.random() < 0.5 else PaySucceeded()
        parts = d.choice((1, 1, 1, 2))
        booking.tickets = [Voucher(f"{booking.number}-{n}") for n in range(booking.count * parts)]
        if d.random() < 0.2:
            booking.tickets = []  # by SMS
        for part in range(parts):
            some = tuple(booking.tickets[part::parts])
            self._tell(TicketIssued(some, zzy_order_id=booking.number))
        if d.random() < 0.3:
            codes = tuple(booking.tickets[::parts])
            return TicketIssued(codes, ask_codes=not codes)
        return PaySucceeded()

    def _cancel(self, booking: Booking) -> Event:
        if booking.paid:
            return CancelRefused("已支付", paid=True)
        booking.cancelled = True
        return CancelAccepted()

    def _probe(self) -> Event:
        shown = tuple(
            v for b in self.bookings for v in b.tickets if not b.money_back and not b.cancelled
        )
        return TicketIssued(shown) if shown else CodesMissing()

    def _refund(self, booking: Booking, order: Order) -> Event:
        assert order.refund is not None
        refund_id, d = order.refund.refund_id, self.dice
        if refund_id in booking.refunds:
            return RefundRefused("批次号重复", repeat=True)
        if not booking.paid or booking.money_back:
            return RefundRefused("没有可退")
        approved = d.random() < 0.7
        if d.random() < 0.4:
            self._decide(booking, refund_id, approved=approved)
            return RefundAccepted(f"A{refund_id}", approved, refund_id=refund_id)
        booking.refunds[refund_id] = None
        name = d.choice((refund_id, f"A{refund_id}"))
        notice = RefundNoticed(name, approved, zzy_order_id=booking.number)
        self.later.append((d.choice((1, 30, 86_400)), notice))
        return RefundAccepted(f"A{refund_id}", refund_id=refund_id)

    def force_refund(self) -> None:
        """Refund a paid order unasked (强制退款)."""
        for booking in self.bookings:
            if booking.paid and not booking.money_back:
                booking.money_back = True
                self._tell(RefundNoticed("", approved=True, zzy_order_id=booking.number))

    def audit(self, notice: RefundNoticed) -> None:
        """Carry out what an audit's notice is about to say."""
        booking = self.booking(notice.zzy_order_id)
        if notice.apply_no:
            self._decide(booking, notice.apply_no.removeprefix("A"), approved=notice.approved)

    def _decide(self, booking: Booking, refund_id: str, *, approved: bool) -> None:
        booking.refunds[refund_id] = approved
        booking.money_back = booking.money_back or approved

    def _tell(self, notice: Event) -> None:
        """Send a notice some time: early, late, twice, or never."""
        d = self.dice
        if d.random() < 0.1:
            return
        for _ in range(d.choice((1, 1, 1, 2))):
            self.later.append((d.choice((0, 0.2, 5, 300, 5000)), notice))

"""Steps about payment, vouchers and checks at the gate.

Why it exists: what ZZY tells of an order's tickets is merged here, by code and never by
position, so that repeats and parts (打包票反码, bundles) come to the same. It must not
decide which notice is legal: that is the table's.
"""

from decimal import Decimal

from worker.saga import vouchers
from worker.saga.effects import Alarm, CheckTold, Notify, TextVouchers, VouchersTold
from worker.saga.events import (
    CreateSucceeded,
    Event,
    PaySucceeded,
    PayUnknown,
    TicketIssued,
    VerificationNoticed,
)
from worker.saga.replacing import replace
from worker.saga.states import Order, Voucher, Waiter
from worker.saga.steps import Moment, Result
from worker.saga.steps.calls import call_probe
from worker.saga.steps.outcomes import notify, text_vouchers


def keep_zzy_number(o: Order, e: Event, _m: Moment) -> Result:
    """Remember ZZY's number of the order, which its answer or notice told."""
    number = getattr(e, "zzy_order_id", "")
    return (replace(o, zzy_order_id=number), ()) if number else (o, ())


def doubt_pay(o: Order, e: PayUnknown, _m: Moment) -> Result:
    """Remember that money may have moved without our knowing, unless nothing left us."""
    return replace(o, pay_doubtful=o.pay_doubtful or e.sent), ()


def doubt_touched(o: Order, e: CreateSucceeded, _m: Moment) -> Result:
    """Treat an order that ZZY created in any state but 等待支付 as one of unknown pay."""
    return replace(o, pay_doubtful=o.pay_doubtful or not e.untouched), ()


def note_pay(o: Order, e: PaySucceeded | TicketIssued, _m: Moment) -> Result:
    """Keep what ZZY took (PayMoney); more than the channel pays raises an alarm."""
    paid = replace(o, pay_doubtful=False, pay_money=o.pay_money if e.money is None else e.money)
    if e.money is None or e.money <= o.demand.amount or e.money == o.pay_money:
        return paid, ()
    return paid, (Alarm("paid_above_price", _above(e.money, o.demand.amount)),)


def _above(money: Decimal, amount: Decimal) -> str:
    return f"ZZY took {money}, the channel pays {amount}"


def note_tickets(o: Order, e: TicketIssued, m: Moment) -> Result:
    """Merge the vouchers, with the names that the order gives their id cards."""
    kept = replace(
        vouchers.merged(o, e), order_code=e.order_code or o.order_code, tickets_doubted=False
    )
    return note_pay(kept, e, m)


def note_forgotten_tickets(o: Order, e: TicketIssued, m: Moment) -> Result:
    """Keep the marks of tickets of an order whose people were forgotten; tell nobody."""
    noted, alarms = note_tickets(o, e, m)
    return replace(noted, vouchers_told=len(noted.vouchers)), alarms


def doubt_tickets(o: Order, _e: Event, _m: Moment) -> Result:
    """Remember that a notice was set apart whose codes only PersonQrCodes can tell."""
    return replace(o, tickets_doubted=True), ()


def tell_vouchers(o: Order, e: Event, m: Moment) -> Result:
    """Deliver the vouchers; where their codes were not told, ask PersonQrCodes first."""
    if isinstance(e, TicketIssued) and e.ask_codes and not o.vouchers:
        return call_probe(o, e, m)
    untold = tuple(
        voucher
        for voucher in o.vouchers[o.vouchers_told or 0 :]
        if voucher.code not in o.refunded_codes
    )
    return send_vouchers(replace(o, vouchers_told=len(o.vouchers)), untold, o.terms.vouchers_by)


def send_vouchers(
    o: Order, chosen: tuple[Voucher, ...], by: str, waiter: Waiter | None = None
) -> Result:
    """Send vouchers as the terms say: to the channel, to the guest's phone, or both.

    Tickets without codes have nothing to text, for their guest has an SMS of the supplier's:
    the channel is told of them, whatever the terms say.
    """
    effects: list[Notify | TextVouchers] = []
    if by != "sms" or not chosen:
        o, notice = notify(o, VouchersTold(chosen, o.order_code))
        effects.append(notice)
    if by != "notify" and chosen:
        o, text = text_vouchers(o, chosen, waiter)
        effects.append(text)
    return o, tuple(effects)


def tell_new_vouchers(o: Order, e: Event, m: Moment) -> Result:
    """Deliver the vouchers that were not told yet, if there are any."""
    if o.vouchers_told == len(o.vouchers):
        return o, ()
    return tell_vouchers(o, e, m)


def tell_known_vouchers(o: Order, e: Event, m: Moment) -> Result:
    """Deliver what is known while a refund's timer runs: codes not told are asked for later."""
    return tell_new_vouchers(o, e, m) if o.vouchers else (o, ())


def note_check(o: Order, e: VerificationNoticed, _m: Moment) -> Result:
    """Keep the highest count of checked tickets (核销), and which; tell the channel of a rise.

    No more can be checked than refunds have left: who is called for the rest, the row says.
    """
    checked = max(o.checked, min(e.checked, o.demand.count - o.refunded))
    named = tuple(dict.fromkeys((*o.checked_codes, *filter(None, e.codes))))
    noted = replace(o, checked=checked, checked_codes=named)
    if checked == o.checked:
        return noted, ()
    noted = replace(noted, check_time=e.check_time)
    told, notice = notify(noted, CheckTold(e.check_time, o.demand.count, checked, o.refunded))
    if told.pending == o.pending and not _is_being_refunded(told):
        return told, (notice,)
    text = "tickets were checked at the gate that a refund is open for"
    return told, (notice, Alarm("checked_during_refund", text))


def _is_being_refunded(o: Order) -> bool:
    return o.refund is not None and bool(set(o.refund.codes) & set(o.checked_codes))

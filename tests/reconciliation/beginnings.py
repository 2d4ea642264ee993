"""Facts of orders on which all sides agree, and what is judged by."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from tests.doubles import NOON
from tests.saga.facts import DEMAND, NUM, V1, V2, ZZY
from tests.saga.simulation import Life
from worker.reconciliation import Facts, Rules, Told
from worker.saga.accounting import movements
from worker.saga.effects import CheckTold, FailureTold, RefundTold, VouchersTold
from worker.saga.states import Attempts, Order, Phase, Terms

DAY = date(2026, 5, 1)
LATER = NOON + timedelta(hours=18)
RULES = Rules(LATER, timedelta(hours=4))
ISSUED = Order(
    order_num=NUM,
    app_key="k",
    channel_order_num="2x",
    demand=DEMAND,
    zzy_product_id="11063",
    accepted_at=NOON,
    pay_deadline=NOON + timedelta(seconds=600),
    phase=Phase.ISSUED,
    zzy_order_id=ZZY,
    attempts=Attempts(create=1, pay=1),
    pay_money=Decimal("100.00"),
    vouchers=(V1, V2),
    vouchers_told=2,
    notified=1,
    terms=Terms(settlement_price=Decimal("55.00")),
)
_TYPES = {
    VouchersTold: "voucher",
    RefundTold: "refund",
    FailureTold: "order_failed",
    CheckTold: "check",
}


def told(kind: str, status: str = "delivered", seq: int = 1) -> Told:
    return Told(kind, seq, status, NOON + timedelta(minutes=1))


def booked(order: Order) -> dict[str, Decimal]:
    """Return what an account holds of an order that was booked as it should be."""
    sums: dict[str, Decimal] = {}
    for one in movements(None, order):
        sums[one.kind] = sums.get(one.kind, Decimal(0)) + one.amount
    return sums


def agreeing(order: Order = ISSUED, *news: str, codes: Iterable[str] | None = None) -> Facts:
    """Return facts of an order on which everybody agrees."""
    valid = (voucher.code for voucher in order.vouchers) if order.phase is Phase.ISSUED else ()
    return Facts(
        order,
        changed_at=NOON + timedelta(minutes=1),
        asked=order.attempts.create > 0,
        codes=frozenset(valid if codes is None else codes),
        told=tuple(told(kind, seq=seq) for seq, kind in enumerate(news or ("voucher",), 1)),
        booked=booked(order),
    )


def facts_of(life: Life) -> Facts:
    """Return what would be gathered at the end of a life, with everything delivered."""
    order = life.order
    assert order is not None
    shown = {
        voucher.code
        for booking in life.zzy.bookings
        for voucher in booking.tickets
        if not booking.money_back and not booking.cancelled
    }
    news = [_TYPES[type(one)] for one in life.told]
    facts = agreeing(order, *news, codes=shown)
    return replace(facts, told=facts.told if news else (), changed_at=life.now)

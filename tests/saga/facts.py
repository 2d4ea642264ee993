"""The facts that stories, walks and simulations are made of."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from tests.doubles import NOON
from worker.saga.events import (
    CancelCommanded,
    OrderCommanded,
    PersonalDataErased,
    RefundCommanded,
    RefundNoticed,
    ResendCommanded,
    TicketIssued,
    VerificationNoticed,
)
from worker.saga.policy import Policy
from worker.saga.resolutions import (
    OperatorProbed,
    OperatorRefunded,
    OperatorRetried,
    OperatorSettled,
    Resolution,
    Settled,
)
from worker.saga.states import Demand, Failure, Order, Tourist, Voucher, Waiter, Wants

POLICY = Policy()
NUM = "0e0c0fa2becaccb078332d796b2ca858"
ZZY = "4623122"

ZHANG, LI = Tourist("110101199003070134", "张三"), Tourist("110101199204051260", "李四")
DEMAND = Demand(
    product_code="P11063",
    take_phone="13456451211",
    tourists=(ZHANG, LI),
    visit_date=date(2026, 5, 2),
    price=Decimal("60.00"),
    amount=Decimal("120.00"),
    count=2,
)
BUYER = Waiter("reply", "buyer", Wants.PAID)
EARLY_BUYER = Waiter("reply", "early buyer", Wants.CREATED)
CANCELLER = Waiter("reply", "canceller", Wants.CANCELLED)
REFUNDER = Waiter("reply", "refunder", Wants.REFUNDED)
OPERATOR = Waiter("reply", "operator", Wants.RESOLVED)
RESENDER = Waiter("reply", "resender", Wants.RESENT)
STOCK = Failure("3008", "库存不足")
WHIM = Failure("3000", "创建订单失败：系统繁忙")

V1 = Voucher("c-1", id_card=ZHANG.id_card, name=ZHANG.name)
V2 = Voucher("c-2", id_card=LI.id_card, name=LI.name)
V3 = Voucher("c-3", product_name="another part")


def ordered(
    *,
    waiter: Waiter | None = BUYER,
    demand: Demand = DEMAND,
    refusal: Failure | None = None,
    received: float = 0,
) -> OrderCommanded:
    return OrderCommanded(
        order_num=NUM,
        app_key="k",
        channel_order_num="2x",
        demand=demand,
        zzy_product_id="11063",
        received_at=NOON + timedelta(seconds=received),
        waiter=waiter,
        refusal=refusal,
    )


def cancelled(waiter: Waiter | None = CANCELLER, app_key: str = "k") -> CancelCommanded:
    return CancelCommanded(app_key, waiter)


def refunded_by_channel(
    refund_num: str,
    count: int | None = None,
    *codes: str,
    waiter: Waiter | None = REFUNDER,
    app_key: str = "k",
) -> RefundCommanded:
    return RefundCommanded(app_key, refund_num, count, codes, waiter)


def resent(
    by: str | None = None, waiter: Waiter | None = RESENDER, app_key: str = "k"
) -> ResendCommanded:
    return ResendCommanded(app_key, by, waiter)


def issued(*vouchers: Voucher, zzy: str = "", ask: bool = False, code: str = "") -> TicketIssued:
    return TicketIssued(vouchers, order_code=code, zzy_order_id=zzy, ask_codes=ask)


def checked(count: int, *codes: str) -> VerificationNoticed:
    return VerificationNoticed(count, "2026-05-02 10:36:09", ZZY, codes)


def refund_noticed(apply_no: str, *codes: str, approved: bool = True) -> RefundNoticed:
    return RefundNoticed(apply_no, approved, "", codes, ZZY)


def operated(
    action: str, settled: Settled = Settled.DONE, waiter: Waiter | None = None
) -> Resolution:
    """An operator does something about the order, and says why."""
    if action == "settle":
        return OperatorSettled("asked by telephone", "cli:wang", settled, waiter)
    kinds: dict[str, Callable[..., Resolution]] = {
        "probe": OperatorProbed,
        "retry": OperatorRetried,
        "refund": OperatorRefunded,
    }
    return kinds[action]("asked by telephone", "cli:wang", waiter)


def erased(days: int = 30) -> PersonalDataErased:
    """Have people forgotten so many days after the document's example was ordered."""
    return PersonalDataErased(NOON.date() + timedelta(days=days), "its time is over")


def an_order(**fields: object) -> Order:
    base = Order(
        order_num=NUM,
        app_key="k",
        channel_order_num="2x",
        demand=DEMAND,
        zzy_product_id="11063",
        accepted_at=NOON,
        pay_deadline=NOON + timedelta(seconds=POLICY.pay_deadline),
    )
    return replace(base, **fields)  # type: ignore[arg-type]

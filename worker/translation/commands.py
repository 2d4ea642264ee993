"""Commands from the queue as facts of the saga.

Why it exists: the one place where a channel's order becomes what the saga knows of it:
its demand, its ZZY product, and whether it can be asked of ZZY at all. It must not refuse
what only ZZY can judge.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from contracts.channel import Code, CreateOrder, order_num
from contracts.commands import (
    CancelOrderCommand,
    CreateOrderCommand,
    RefundOrderCommand,
    ResendVoucherCommand,
    ResolveOrderCommand,
)
from worker.saga.events import (
    CancelCommanded,
    OrderCommanded,
    RefundCommanded,
    ResendCommanded,
)
from worker.saga.resolutions import (
    OperatorProbed,
    OperatorRefunded,
    OperatorRetried,
    OperatorSettled,
    Resolution,
    Settled,
)
from worker.saga.states import Demand, Failure, Tourist, Waiter, Wants
from worker.translation.admission import admission_refusal

WANTS: Mapping[str, Wants] = MappingProxyType({"created": Wants.CREATED, "paid": Wants.PAID})


@dataclass(frozen=True, slots=True)
class MappedProduct:
    """A ZZY product, and the session (场次) that is meant where an order names none."""

    zzy_product_id: str
    begin_play_time: str = ""
    end_play_time: str = ""


@dataclass(frozen=True, slots=True)
class ProductMap:
    """Which ZZY product a channel's product_code means."""

    by_code: Mapping[str, MappedProduct] = field(default_factory=dict)
    """From the configuration; what is not in it is ZZY's ProductId as text."""

    def find(self, product_code: str) -> MappedProduct | None:
        """Return the product, or None when the code means none."""
        mapped = self.by_code.get(product_code)
        if mapped is None and product_code.isascii() and product_code.isdigit():
            return MappedProduct(product_code)
        return mapped

    def product_codes(self, zzy_product_id: str) -> list[str]:
        """Return the codes under which channels know a ZZY product."""
        codes = [c for c, p in self.by_code.items() if p.zzy_product_id == zzy_product_id]
        return codes or [zzy_product_id]


def order_commanded(
    command: CreateOrderCommand,
    product: MappedProduct | None,
    today: date,
    reply_to: str,
    correlation_id: str,
) -> OrderCommanded:
    """Return the fact that a channel ordered ``product``; ``today`` is Asia/Shanghai's."""
    order = command.order
    wants = WANTS.get(command.reply_on)
    return OrderCommanded(
        order_num=order_num(command.app_key, order.channel_order_num),
        app_key=command.app_key,
        channel_order_num=order.channel_order_num,
        demand=_demand(order, product or MappedProduct("")),
        zzy_product_id=product.zzy_product_id if product else "",
        received_at=command.received_at,
        waiter=Waiter(reply_to, correlation_id, wants) if reply_to and wants else None,
        refusal=_refusal(order, product, today),
    )


def _refusal(order: CreateOrder, product: MappedProduct | None, today: date) -> Failure | None:
    if product is None:
        return Failure(Code.PRODUCT_UNAVAILABLE, f"{Code.PRODUCT_UNAVAILABLE.text}：product_code")
    error = admission_refusal(order, today)
    return Failure(error.code, error.message) if error else None


def _demand(order: CreateOrder, product: MappedProduct) -> Demand:
    return Demand(
        product_code=order.product_code,
        take_phone=order.take_phone,
        tourists=tuple(Tourist(t.id_card, t.name) for t in order.tourist_info),
        visit_date=order.date,
        price=order.price,
        amount=order.amount,
        count=order.count,
        begin_play_time=order.begin_play_time or product.begin_play_time,
        end_play_time=order.end_play_time or product.end_play_time,
    )


def cancel_commanded(
    command: CancelOrderCommand, reply_to: str, correlation_id: str
) -> CancelCommanded:
    """Return the fact that a channel wants an order cancelled."""
    waiter = _waiter(reply_to, correlation_id, Wants.CANCELLED, command.audit_reply)
    return CancelCommanded(command.app_key, waiter)


def refund_commanded(
    command: RefundOrderCommand, reply_to: str, correlation_id: str
) -> RefundCommanded:
    """Return the fact that a channel wants some of its tickets refunded (部分退款)."""
    waiter = _waiter(reply_to, correlation_id, Wants.REFUNDED, command.audit_reply)
    return RefundCommanded(
        command.app_key, command.refund_num, command.count, command.codes, waiter
    )


def resend_commanded(
    command: ResendVoucherCommand, reply_to: str, correlation_id: str
) -> ResendCommanded:
    """Return the fact that a channel wants its vouchers sent again (重发凭证)."""
    waiter = _waiter(reply_to, correlation_id, Wants.RESENT)
    return ResendCommanded(command.app_key, command.by, waiter)


def resolved(command: ResolveOrderCommand, reply_to: str, correlation_id: str) -> Resolution:
    """Return the fact that an operator helps an order on."""
    waiter = _waiter(reply_to, correlation_id, Wants.RESOLVED)
    match command.action:
        case "probe":
            return OperatorProbed(command.why, command.by, waiter)
        case "retry":
            return OperatorRetried(command.why, command.by, waiter)
        case "refund":
            return OperatorRefunded(command.why, command.by, waiter)
        case _:
            settled = Settled(command.settled or Settled.DONE)
            return OperatorSettled(command.why, command.by, settled, waiter)


def _waiter(
    reply_to: str, correlation_id: str, wants: Wants, audit_reply: str = "wait"
) -> Waiter | None:
    return Waiter(reply_to, correlation_id, wants, audit_reply) if reply_to else None

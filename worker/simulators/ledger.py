"""The books of the simulated supplier: orders, money, stock, codes, refunds.

Why it exists: after a run full of faults somebody must know what truly happened at ZZY;
the invariants are judged on these books alone. It must not do I/O, roll dice or know
a fault. Source: zzy.txt 1.1.4 to 1.1.8.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from worker.simulators.catalogue import Product, assortment
from worker.simulators.records import (
    Audit,
    Order,
    Pay,
    Refund,
    RefusalError,
    Status,
    Ticket,
)

FIRST_ORDER_ID = 4_623_122
FIRST_APPLY_ID = 700_001
FIRST_CODE = 635_474_911_632


class Ledger:
    """What the platform knows. Every method is one atomic piece of its work."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Start with the assortment and empty books."""
        self._now = now
        self.products = assortment()
        self.orders: dict[int, Order] = {}
        self.balance: Decimal | None = None
        """What the distributor's account (账户余额) still holds; None: enough."""
        self._by_origin: dict[str, list[Order]] = {}
        self._refund_ids: set[str] = set()
        self._applies = 0
        self._codes = 0

    # --- looking up ---------------------------------------------------------------------

    def product(self, product_id: int) -> Product:
        """Return a product. Raises RefusalError."""
        product = self.products.get(product_id)
        if product is None:
            raise RefusalError("产品不存在")
        return product

    def order(self, order_id: int) -> Order:
        """Return an order by ZZY's number. Raises RefusalError."""
        order = self.orders.get(order_id)
        if order is None:
            raise RefusalError("订单不存在")
        return order

    def by_origin(self, origin_order_id: str) -> list[Order]:
        """Return the orders made under a distributor's number, oldest first."""
        return self._by_origin.get(origin_order_id, [])

    def refund_of(self, apply_no: str) -> tuple[Order, Refund]:
        """Return a refund by its RefundId or ApplyId. Raises RefusalError."""
        for order in self.orders.values():
            for refund in order.refunds:
                if apply_no in {refund.refund_id, str(refund.apply_id)}:
                    return order, refund
        raise RefusalError("退款申请不存在")

    # --- what the distributor may ask for -----------------------------------------------

    def create(self, order: Order) -> None:
        """Enter an order, number it and book its stock; all but stock was checked before."""
        product = self.product(order.product_id)
        if not product.takes(order.visit_date, order.quantity):
            raise RefusalError("库存不足")
        product.book(order.visit_date, order.quantity)
        order.order_id = FIRST_ORDER_ID + len(self.orders)
        self.orders[order.order_id] = order
        self._by_origin.setdefault(order.origin_order_id, []).append(order)
        self._note(order, "created")

    def pay(self, order: Order) -> Pay:
        """Take the money. Raises RefusalError where there is nothing (more) to pay."""
        amount = self.products[order.product_id].price * order.quantity
        self._check_balance(order, amount)
        pay = Pay(self._now(), not order.times_paid and order.cancelled_at is None, amount)
        order.pays.append(pay)
        if order.cancelled_at is not None:
            self._note(order, "pay refused: cancelled")
            raise RefusalError("订单已取消")
        if not pay.moved_money:
            self._note(order, "pay refused: already paid")
            raise RefusalError("订单已支付")
        if self.balance is not None:
            self.balance -= amount
        order.status = Status.PAID
        self._note(order, "paid")
        return pay

    def refuse_pay(self, order: Order) -> None:
        """Note a pay that was refused out of a whim of the platform."""
        order.pays.append(Pay(self._now(), moved_money=False, amount=Decimal(0)))
        self._note(order, "pay refused")

    def fail_pay(self, order: Order) -> None:
        """Let the payment fail without money moving (支付失败)."""
        if not order.times_paid and order.cancelled_at is None:
            order.status = Status.PAY_FAILED
            self._note(order, "pay failed")

    def cancel(self, order: Order) -> None:
        """Cancel an unpaid order; again is accepted. Raises RefusalError if it is paid."""
        if order.times_paid:
            self._note(order, "cancel refused: paid")
            raise RefusalError("订单已支付，不能取消")
        order.cancels.append(self._now())
        if order.cancelled_at is None:
            order.cancelled_at = self._now()
            self.products[order.product_id].book(order.visit_date, -order.quantity)
        self._note(order, "cancelled")

    def ask_refund(self, order: Order, count: int, codes: list[str], refund_id: str) -> Refund:
        """Take an application into the books, waiting for the audit. Raises RefusalError."""
        if refund_id in self._refund_ids:
            raise RefusalError("批次号重复")
        if not order.times_paid:
            raise RefusalError("订单未支付")
        product = self.products[order.product_id]
        if product.refund_set == 0 and order.status is not Status.TICKET_FAILED:
            raise RefusalError("产品不支持退款")
        self._check_refund(order, count, codes)
        self._refund_ids.add(refund_id)
        return self._add_refund(order, count, codes, refund_id)

    # --- what happens at the platform by itself -----------------------------------------

    def issue(self, order: Order, *, bundle: bool) -> list[list[Ticket]]:
        """Issue the codes (出票) once; one list for each ticket notice."""
        if not order.tickets and order.usable > 0:
            product = self.products[order.product_id]
            for part in range(max(product.parts, 2 if bundle else 1)):
                order.tickets += self._tickets(order, product, part)
            order.status = Status.ISSUED
            self._note(order, f"issued {len(order.tickets)} codes")
        parts = sorted({ticket.part for ticket in order.tickets})
        return [[ticket for ticket in order.tickets if ticket.part == part] for part in parts]

    def fail_ticket(self, order: Order) -> None:
        """Let the ticketing fail after the money was taken (出票失败)."""
        order.status = Status.TICKET_FAILED
        self._note(order, "ticket failed")

    def settle(self, order: Order, refund: Refund, *, approved: bool, reason: str) -> None:
        """Decide an application (审核). Raises RefusalError if it is decided already."""
        if refund.status is not Audit.WAITING:
            raise RefusalError("退款申请已审核")
        if approved and order.checked + refund.count > order.usable:
            approved, reason = False, "已核销"  # the gate was faster
        refund.status = Audit.APPROVED if approved else Audit.REJECTED
        refund.reason = reason
        if approved:
            self._give_back(order, refund)
        self._note(order, f"refund of {refund.count} {refund.status.name.lower()}")

    def force_refund(self, order: Order, codes: list[str]) -> Refund:
        """Refund by the supplier's will (供应商强制退款): these codes, or all that is left."""
        refund = self._add_refund(order, len(codes) or order.refundable, codes, "")
        self.settle(order, refund, approved=True, reason="供应商强制退款")
        return refund

    def check(self, order: Order, count: int, codes: Sequence[str]) -> list[str]:
        """Let visitors in at the gate (核销) and return the codes used. Raises RefusalError."""
        if order.status is not Status.ISSUED:
            raise RefusalError("订单未出票")
        personal = [t for t in order.tickets if t.id_card and t.part == 0 and t.free]
        chosen = [t for t in personal if t.code in codes] if codes else personal[:count]
        count = len(chosen) if personal else count
        if count < 1 or order.checked + count > order.usable:
            raise RefusalError("可用数量不足")
        for ticket in chosen:
            ticket.checked = True
        order.checked += count
        self._note(order, f"checked {count}")
        return [ticket.code for ticket in chosen] or [order.tickets[0].code]

    def set_balance(self, amount: str | float | None) -> None:
        """Set what the distributor's account holds; None: enough for anything."""
        self.balance = None if amount is None else Decimal(str(amount))

    # --- what the invariants ask for ----------------------------------------------------

    def paid_twice(self) -> list[str]:
        """Return our order numbers for which money moved more than once."""
        return [
            origin
            for origin, orders in self._by_origin.items()
            if sum(order.times_paid for order in orders) > 1
        ]

    def paid_orders(self) -> list[str]:
        """Return our order numbers for which money moved."""
        return [o for o, orders in self._by_origin.items() if any(x.times_paid for x in orders)]

    def refunded(self) -> dict[str, int]:
        """Return how many tickets were given back, by our order number."""
        sums = {o: sum(x.refunded for x in orders) for o, orders in self._by_origin.items()}
        return {origin: count for origin, count in sums.items() if count}

    def history(self, origin_order_id: str) -> list[str]:
        """Return what happened under one of our order numbers, in words."""
        return [line for order in self.by_origin(origin_order_id) for line in order.history]

    def snapshot(self) -> dict[str, Any]:
        """Return the books as plain JSON values."""
        return {
            "orders": [order.snapshot() for order in self.orders.values()],
            "paid_twice": self.paid_twice(),
            "paid_orders": self.paid_orders(),
            "refunded": self.refunded(),
        }

    # --- inside -------------------------------------------------------------------------

    def _check_balance(self, order: Order, amount: Decimal) -> None:
        unpaid = order.cancelled_at is None and not order.times_paid
        if unpaid and self.balance is not None and self.balance < amount:
            self.refuse_pay(order)
            raise RefusalError("账户余额不足")

    def _check_refund(self, order: Order, count: int, codes: list[str]) -> None:
        if count < 1 or count > order.refundable:
            raise RefusalError("可退数量不足")
        personal = {t.code for t in order.tickets if t.id_card}
        free = {t.code for t in order.tickets if t.free}
        if not set(codes) <= free or (personal & set(codes) and len(codes) != count):
            raise RefusalError("入园凭证不可退")

    def _add_refund(self, order: Order, count: int, codes: list[str], refund_id: str) -> Refund:
        refund = Refund(refund_id, FIRST_APPLY_ID + self._applies, count, codes, self._now())
        self._applies += 1
        order.refunds.append(refund)
        self._note(order, f"refund of {count} asked for")
        return refund

    def _give_back(self, order: Order, refund: Refund) -> None:
        self.products[order.product_id].book(order.visit_date, -refund.count)
        named = [t.id_card for t in order.tickets if t.code in refund.codes and t.id_card]
        free = [t.id_card for t in order.tickets if t.id_card and t.part == 0 and t.free]
        holders = named or free[: refund.count]
        for ticket in order.tickets:
            ticket.refunded = ticket.refunded or ticket.id_card in holders
        if order.usable == 0:
            for ticket in order.tickets:
                ticket.refunded = True

    def _tickets(self, order: Order, product: Product, part: int) -> list[Ticket]:
        holders = order.visitors if product.entrance_mode == 1 else [order.contact]
        name = product.name if part == 0 else f"{product.name} {part + 1}"
        return [
            Ticket(
                self._code(),
                person.id_card if product.entrance_mode == 1 else "",
                person.name,
                person.mobile,
                name,
                product.memo,
                part,
            )
            for person in holders
        ]

    def _code(self) -> str:
        self._codes += 1
        return str(FIRST_CODE + self._codes)

    def _note(self, order: Order, text: str) -> None:
        order.history.append(f"{self._now().isoformat()} {text}")

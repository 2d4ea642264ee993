"""What the simulated supplier does by itself: tickets, audits, the gate, products.

Why it exists: each of these changes the books and then tells the distributor by a
notice. It must not know HTTP. Source: zzy.txt section 2.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import structlog

from worker.clock import Clock
from worker.simulators.faults import Lots
from worker.simulators.ledger import Ledger
from worker.simulators.records import Audit, Order, Refund, RefusalError, Status, Ticket
from worker.simulators.waiting import Changes
from worker.simulators.zzy_faults import ZzyFaults
from worker.simulators.zzy_notices import PRODUCT, REFUND, TICKET, VERIFY, Notifier, Sender
from worker.simulators.zzy_orders import SHANGHAI, tickets_as_vouchers
from worker.tasks import TaskGroup

ISSUED, FAILED = 1, 2

_log = structlog.get_logger(__name__)


class Platform:
    """The supplier behind its interfaces."""

    def __init__(self, sender: Sender, faults: ZzyFaults, clock: Clock) -> None:
        """Start with empty books."""
        self.clock = clock
        self.changes = Changes()
        self.lots = Lots(faults)
        self.ledger = Ledger(clock.now)
        self.notifier = Notifier(sender, self.lots, clock, self.changes.tell)
        self._tasks = TaskGroup(_report)

    async def stop(self) -> None:
        """Stop what is under way."""
        await self._tasks.stop()
        await self.notifier.stop()

    # --- tickets (出票) -----------------------------------------------------------------

    def ticket_soon(self, order: Order) -> None:
        """Issue the tickets after the set delay, and notify."""
        self._tasks.start(self._ticket_later(order), "zzy-ticket")

    async def ticket_at_once(self, order: Order) -> None:
        """Issue the tickets and notify before returning: the early notice."""
        for body in self._ticket_notices(order):
            await self.notifier.post_early(TICKET, order.origin_order_id, body)

    async def _ticket_later(self, order: Order) -> None:
        faults = self.lots.faults
        delay = self.lots.between(faults.ticket_delay_min, faults.ticket_delay_max)
        await self.clock.sleep(delay)
        for body in self._ticket_notices(order):
            self.notifier.post(TICKET, order.origin_order_id, body)

    def _ticket_notices(self, order: Order) -> list[dict[str, Any]]:
        """Issue, or fail to, and return the notices' bodies, 2.1.3; none if nothing is left."""
        if not order.usable:
            return []
        if not order.tickets and self.lots.strikes("ticket_failure"):
            self.ledger.fail_ticket(order)
        if order.status is Status.TICKET_FAILED:
            return [self._ticket_notice(order, [], FAILED)]
        bundle = not order.tickets and self.lots.strikes("bundle")
        parts = self.ledger.issue(order, bundle=bundle)
        self.changes.tell()
        return [self._ticket_notice(order, part, ISSUED) for part in parts]

    def _ticket_notice(
        self, order: Order, tickets: Sequence[Ticket], status: int
    ) -> dict[str, Any]:
        order_code, personal = tickets_as_vouchers(list(tickets))
        product = self.ledger.products[order.product_id]
        return {
            "OriginOrderId": order.origin_order_id,
            "OrderId": order.order_id,
            "VoucherCode": {"OrderVoucherCode": order_code, "OrderUserVouchers": personal},
            "TicketStatus": status,
            "ProductName": tickets[0].product_name if tickets else product.name,
            "Memo": product.memo,
        }

    # --- refunds (退款) -----------------------------------------------------------------

    def audit(self, order: Order, refund: Refund) -> None:
        """Do with a fresh application what the settings say."""
        mode = self.lots.faults.refund_audit
        if mode == "at_once":
            self.settle(order, refund, approved=not self.lots.strikes("refund_rejected"))
        elif mode == "later":
            self._tasks.start(self._audit_later(order, refund), "zzy-audit")

    async def _audit_later(self, order: Order, refund: Refund) -> None:
        await self.clock.sleep(self.lots.faults.refund_delay)
        if refund.status is Audit.WAITING:
            self.settle(order, refund, approved=not self.lots.strikes("refund_rejected"))

    def settle(self, order: Order, refund: Refund, *, approved: bool) -> None:
        """Decide an application (审核) and notify, 2.1.1. Raises RefusalError."""
        reason = "" if approved else "不符合退款条件"
        self.ledger.settle(order, refund, approved=approved, reason=reason)
        self._refund_notice(order, refund)

    def decide_refund(self, apply_no: str, *, approved: bool) -> None:
        """As :meth:`settle`, by RefundId or ApplyId. Raises RefusalError."""
        order, refund = self.ledger.refund_of(apply_no)
        self.settle(order, refund, approved=approved)

    def force_refund(self, origin_order_id: str, codes: Sequence[str] = ()) -> None:
        """Refund by the supplier's will (供应商强制退款) and notify. Raises RefusalError."""
        order = self.find(origin_order_id)
        self._refund_notice(order, self.ledger.force_refund(order, list(codes)))

    def _refund_notice(self, order: Order, refund: Refund) -> None:
        by_id = self.lots.faults.refund_apply_no == "apply_id"
        number = str(refund.apply_id) if by_id and refund.refund_id else refund.refund_id
        body = {
            "OrderId": order.order_id,
            "RefundApplyNo": number,
            "RefundStatus": int(refund.status),
            "RefundReason": refund.reason,
            "VoucherCode": refund.codes,
        }
        self.notifier.post(REFUND, order.origin_order_id, body)
        self.changes.tell()

    # --- the gate (核销) and the products -----------------------------------------------

    def check(self, origin_order_id: str, count: int = 1, codes: Sequence[str] = ()) -> None:
        """Let visitors in and notify, 2.1.2. Raises RefusalError."""
        order = self.find(origin_order_id)
        used = self.ledger.check(order, count, codes)
        body = {
            "TicketStatus": 1,
            "OriginOrderId": origin_order_id,
            "OrderId": order.order_id,
            "VoucherCode": used,
            "OrderTotal": order.usable,
            "CheckedNumber": order.checked,
            "VoucherType": 1,
            "CheckTime": f"{self.clock.now().astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
        }
        self.notifier.post(VERIFY, origin_order_id, body)
        self.changes.tell()

    def change_product(
        self, product_id: int, status: int, fields: Mapping[str, object] | None = None
    ) -> None:
        """Change a product and notify, 2.1.4: 0 off, 1 on, 2 edited, 3 price or stock."""
        product = self.ledger.product(product_id)
        for name, value in (fields or {}).items():
            setattr(product, name, _as(getattr(product, name, None), name, value))
        if status in {0, 1}:
            product.status = status
        product.version += 1
        self.notifier.post(PRODUCT, "", {"ProductId": product_id, "Status": status})

    def find(self, origin_order_id: str) -> Order:
        """Return the order under one of our numbers, a paid one first. Raises RefusalError."""
        orders = self.ledger.by_origin(origin_order_id)
        if not orders:
            raise RefusalError("订单不存在")
        return next((order for order in orders if order.times_paid), orders[-1])


def _as(known: object, name: str, value: object) -> object:
    """Return a value as the product's field holds it. Raises RefusalError."""
    if isinstance(known, Decimal):
        return Decimal(str(value))
    if isinstance(known, tuple) and isinstance(value, list):
        return tuple(tuple(session) for session in value)
    if known is None or name == "sold" or type(value) is not type(known):
        raise RefusalError(f"产品没有字段 {name}")
    return value


def _report(name: str, error: BaseException) -> None:
    _log.error("simulator_task_failed", task=name, error=repr(error))

"""What the simulated supplier does with each request: the eight interfaces, no HTTP.

Why it exists: the rules of the platform, apart from wire and faults; each function takes
a checked request, works on the books, and returns ``Data`` and ``Message``. It must not
wait, roll dice or send anything. Source: zzy.txt 1.1.1 to 1.1.8.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from worker.clock import Clock
from worker.simulators.catalogue import Product
from worker.simulators.ledger import Ledger
from worker.simulators.records import Order, Person, Refund, RefusalError, Ticket
from worker.simulators.shapes import visit_date, visit_moment, whole_number
from worker.simulators.zzy_rules import (
    check_contact,
    check_count,
    check_day,
    check_person,
    check_visitors,
)

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_PAGE_SIZE: Final = 20


class Desk:
    """Serves distributor requests from the books."""

    def __init__(self, ledger: Ledger, clock: Clock, partner_id: int) -> None:
        """Serve one distributor."""
        self._ledger = ledger
        self._clock = clock
        self._partner_id = partner_id

    def products(self, query: Mapping[str, str]) -> dict[str, Any]:
        """1.1.1 获取分销商授权产品; bundles are not listed."""
        products = [p for p in self._ledger.products.values() if p.listed]
        if wanted := query.get("productId"):
            number = whole_number(wanted, "productId")
            products = [product for product in products if product.product_id == number]
        size = whole_number(query.get("pageSize", str(_PAGE_SIZE)), "pageSize")
        index = whole_number(query.get("pageIndex", "1"), "pageIndex")
        if not (size and index):
            raise RefusalError("参数类型错误: pageIndex")
        page = products[(index - 1) * size : index * size]
        return {"Products": [p.describe() for p in page], "TotalCount": len(products)}

    def prices(self, query: Mapping[str, str]) -> dict[str, Any]:
        """1.1.2 获取分销商产品价格."""
        product = self._ledger.product(whole_number(query["productId"], "productId"))
        return product.prices(visit_date(query["StartTime"]), visit_date(query["EndTime"]))

    def verify(self, body: Mapping[str, Any]) -> None:
        """1.1.3 订单下单预校验."""
        self._own(body)
        product = self._on_sale(body["ProductId"])
        check_day(product, visit_moment(body["VisitDate"]), self._now())
        _session(product, body)
        for user in body["OrderUsers"]:
            check_person(Person(user["UserName"], user["Mobile"], user["CardID"]), product)

    def create(self, body: Mapping[str, Any]) -> Order:
        """1.1.4 订单新增: everything but a repeated OriginOrderId."""
        self._own(body)
        product, quantity = self._on_sale(body["ProductId"]), body["OrderQuantity"]
        day = visit_date(body["VisitDate"])
        check_day(product, day, self._now())
        order = Order(
            origin_order_id=body["OriginOrderId"],
            product_id=product.product_id,
            quantity=quantity,
            visit_date=day,
            session=_session(product, body),
            contact=_person(body["ContactPerson"]),
            visitors=[_person(item) for item in body.get("VisitPerson") or []],
            created_at=self._clock.now(),
        )
        check_count(product, order, self._ledger.orders.values(), self._now())
        check_visitors(product, order.visitors, quantity, day)
        check_contact(order.contact)
        self._ledger.create(order)
        return order

    def payable(self, body: Mapping[str, Any]) -> Order:
        """1.1.5 订单支付, up to the money: the order that is meant."""
        self._own(body)
        order = self._ledger.order(body["OrderId"])
        if body.get("TicketCount", order.quantity) not in {None, order.quantity}:
            raise RefusalError("票数量不一致")
        if body.get("EticketNo") not in {None, "", order.origin_order_id}:
            raise RefusalError("交易电子凭证订单号不一致")
        return order

    def person_qr_codes(self, query: Mapping[str, str]) -> list[dict[str, str]]:
        """1.1.6 获取游客入园二维码: what is issued and not given back."""
        orders = self._ledger.by_origin(query["originOrderId"])
        if not orders:
            raise RefusalError("订单不存在")
        return [
            {
                "Name": ticket.name,
                "QrCode": ticket.code,
                "ProductName": ticket.product_name,
                "Memo": ticket.memo,
            }
            for order in orders
            for ticket in order.tickets
            if not ticket.refunded
        ]

    def refund(self, body: Mapping[str, Any]) -> tuple[Order, Refund]:
        """1.1.7 订单退改申请, up to the audit."""
        self._own(body)
        order = self._ledger.order(body["OrderId"])
        codes = body.get("VoucherCode") or []
        if not body["RefundId"]:
            raise RefusalError("参数缺失: RefundId")
        refund = self._ledger.ask_refund(order, body["RefundCount"], codes, body["RefundId"])
        return order, refund

    def cancel(self, query: Mapping[str, str]) -> None:
        """1.1.8 订单取消."""
        self._ledger.cancel(self._ledger.order(whole_number(query["orderId"], "orderId")))

    def _own(self, body: Mapping[str, Any]) -> None:
        if body["PartnerId"] != self._partner_id:
            raise RefusalError("合作ID不存在")

    def _on_sale(self, product_id: int) -> Product:
        product = self._ledger.product(product_id)
        if product.status != 1:
            raise RefusalError("产品已下架")
        return product

    def _now(self) -> datetime:
        return self._clock.now().astimezone(SHANGHAI)


def tickets_as_vouchers(tickets: list[Ticket]) -> tuple[str, list[dict[str, str]]]:
    """Return the order's own code (多人一码) and the personal codes (一人一码)."""
    order_code = next((ticket.code for ticket in tickets if not ticket.id_card), "")
    personal = [
        {"IDCardNo": ticket.id_card, "VoucherCode": ticket.code, "Mobile": ticket.mobile}
        for ticket in tickets
        if ticket.id_card
    ]
    return order_code, personal


def pay_data(tickets: list[Ticket], status: int, money: Decimal) -> dict[str, Any]:
    """Return ``Data`` of Pay's answer, 1.1.5."""
    order_code, personal = tickets_as_vouchers(tickets)
    return {
        "VoucherCode": order_code,
        "OrderUserVouchers": personal,
        "OrderStatus": status,
        "PayMoney": float(money),
    }


def _person(item: Mapping[str, Any]) -> Person:
    return Person(item["Name"], item["Mobile"], item["IdCard"])


def _session(product: Product, body: Mapping[str, Any]) -> str:
    """Return the session (场次) chosen; products with sessions need one."""
    chosen = (body.get("BeginPlayTime") or "", body.get("EndPlayTime") or "")
    if product.sessions and chosen not in product.sessions:
        raise RefusalError("场次不存在")
    return "-".join(chosen) if product.sessions else ""

"""The ports to the world outside: the supplier ZZY and the channels.

Why it exists: the shell speaks to these protocols; worker/clients implements them over
HTTP and tests by hand. It must not import an adapter.
"""

from collections.abc import Mapping
from typing import Protocol

from contracts.zzy import (
    CancelAnswer,
    CreateAnswer,
    CreateRequest,
    PayAnswer,
    PayRequest,
    PersonQrCodesAnswer,
    PricesAnswer,
    PricesRequest,
    ProductsAnswer,
    ProductsRequest,
    RefundAnswer,
    RefundRequest,
    VerifyAnswer,
    VerifyRequest,
)
from worker.translation.delivery import DeliveryResult
from worker.translation.supplier import SupplierResult


class ChannelPort(Protocol):
    """The way to a channel (渠道)."""

    async def deliver(self, url: str, headers: Mapping[str, str], body: bytes) -> DeliveryResult:
        """POST one notification and return what came back; raises nothing but cancellation."""
        ...


class Supplier(Protocol):
    """The supplier ZZY (中智游): its eight interfaces. Nothing raises but cancellation."""

    async def products(self, request: ProductsRequest) -> SupplierResult[ProductsAnswer]:
        """Fetch a page of the products (获取分销商授权产品), 1.1.1."""
        ...

    async def prices(self, request: PricesRequest) -> SupplierResult[PricesAnswer]:
        """Fetch prices, stock and sessions (获取分销商产品价格), 1.1.2."""
        ...

    async def verify(self, request: VerifyRequest) -> SupplierResult[VerifyAnswer]:
        """Check an order beforehand (订单下单预校验), 1.1.3."""
        ...

    async def create(self, request: CreateRequest) -> SupplierResult[CreateAnswer]:
        """Make an order (订单新增), 1.1.4. Success has ``data`` with the order's number."""
        ...

    async def pay(self, request: PayRequest) -> SupplierResult[PayAnswer]:
        """Pay an order (订单支付), 1.1.5. Success has ``data``; its OrderStatus decides."""
        ...

    async def person_qr_codes(self, origin_order_id: str) -> SupplierResult[PersonQrCodesAnswer]:
        """Fetch the visitors' codes (获取游客入园二维码) by our order number, 1.1.6."""
        ...

    async def refund(self, request: RefundRequest) -> SupplierResult[RefundAnswer]:
        """Ask for a refund (订单退改申请), 1.1.7. Success has ``data`` with its status."""
        ...

    async def cancel(self, order_id: str) -> SupplierResult[CancelAnswer]:
        """Cancel an unpaid order (订单取消) by ZZY's number, 1.1.8; may be repeated."""
        ...

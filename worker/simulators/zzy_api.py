"""The eight interfaces of the simulated supplier over HTTP, with faults on the wire.

Why it exists: checks the signature, has the request served from the books, and answers,
or fails to, as the lots fall. It must not hold a rule of the platform.
Source: zzy.txt section 1.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from aiohttp import web

from contracts.signatures import verify_zzy, within_window
from contracts.zzy import Endpoint
from worker.simulators import wire
from worker.simulators.records import RefusalError, Status
from worker.simulators.shapes import check_body, check_query
from worker.simulators.zzy_faults import AFTER_WORK, BEFORE_WORK, PAY_ANSWERS
from worker.simulators.zzy_orders import Desk, pay_data
from worker.simulators.zzy_platform import Platform

GET_ENDPOINTS: Final = frozenset({Endpoint.PRODUCTS, Endpoint.PRICES, Endpoint.PERSON_QR_CODES})
PAY_STATUS: Final[Mapping[str, Status]] = {
    "": Status.PAID,
    "pay_status_awaiting": Status.AWAITING_TICKET,
    "pay_status_zero": Status.UNPAID,
    "pay_codes_status_zero": Status.UNPAID,
    "pay_codes": Status.ISSUED,
    "pay_issued_without_codes": Status.ISSUED,
    "pay_status_ticket_failed": Status.TICKET_FAILED,
}


@dataclass(frozen=True, slots=True)
class Account:
    """A distributor at the platform, and where the platform's interfaces are."""

    partner_id: int = 9258
    sign_key: str = field(default="demo-sign-key", repr=False)
    window_seconds: float = 300
    paths: Mapping[Endpoint, str] = field(default_factory=dict)
    cancel_methods: tuple[str, ...] = ("POST",)


@dataclass(slots=True)
class Reply:
    """The answer's fields, and what starts once it is out."""

    fields: dict[str, Any]
    afterwards: Callable[[], None] | None = None


class Api:
    """The HTTP side of the platform."""

    def __init__(self, platform: Platform, account: Account) -> None:
        """Serve one distributor."""
        self.calls: Counter[str] = Counter()
        self.stopping = asyncio.Event()
        self._platform = platform
        self._account = account
        self._desk = Desk(platform.ledger, platform.clock, account.partner_id)
        self._log_ids = 0
        self._work: dict[Endpoint, Callable[[Any], Awaitable[Reply]]] = {
            Endpoint.PRODUCTS: self._products,
            Endpoint.PRICES: self._prices,
            Endpoint.VERIFY: self._verify,
            Endpoint.CREATE: self._create,
            Endpoint.PAY: self._pay,
            Endpoint.PERSON_QR_CODES: self._person_qr_codes,
            Endpoint.REFUND: self._refund,
            Endpoint.CANCEL: self._cancel,
        }

    def routes(self) -> list[web.RouteDef]:
        """Return the routes, at the paths and methods of the account."""
        return [
            web.route(method, self._account.paths.get(endpoint, endpoint.value), handler)
            for endpoint in Endpoint
            for handler in [self._handler(endpoint)]
            for method in self._methods(endpoint)
        ]

    def _methods(self, endpoint: Endpoint) -> tuple[str, ...]:
        if endpoint is Endpoint.CANCEL:
            return self._account.cancel_methods
        return ("GET",) if endpoint in GET_ENDPOINTS else ("POST",)

    def _handler(
        self, endpoint: Endpoint
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._serve(endpoint, request)

        return handle

    # --- the wire -----------------------------------------------------------------------

    async def _serve(self, endpoint: Endpoint, request: web.Request) -> web.StreamResponse:
        name = endpoint.name.lower()
        self.calls[name] += 1
        raw = await request.read()
        await self._platform.clock.sleep(self._platform.lots.latency())
        before = self._strike(BEFORE_WORK, name)
        if before == "refuse_signature" or not self._signed(request):
            return self._refuse_signature()
        if before == "drop_before":
            return wire.cut(request)
        if before == "error_before":
            return web.Response(status=500, text="Internal Server Error")
        reply = await self._answer(endpoint, request, raw)
        self._platform.changes.tell()
        return await self._send(request, reply, self._strike(AFTER_WORK, name))

    async def _answer(self, endpoint: Endpoint, request: web.Request, raw: bytes) -> Reply:
        try:
            wanted = _read(endpoint, request, raw)
            return await self._work[endpoint](wanted)
        except RefusalError as refusal:
            return Reply(
                {"Code": 0, "IsSuccess": False, "LogId": self._log_id(), "Message": str(refusal)}
            )

    async def _send(self, request: web.Request, reply: Reply, fault: str) -> web.StreamResponse:
        payload = json.dumps(reply.fields, ensure_ascii=False).encode()
        if not fault:
            response = web.Response(body=payload, content_type=wire.JSON)
            with suppress(ConnectionResetError):  # who asked has gone; what was done is done
                await response.prepare(request)
                await response.write_eof()
            if reply.afterwards:
                reply.afterwards()
            return response
        if reply.afterwards:
            reply.afterwards()
        if fault == "hang_after":
            return await wire.hang(request, self.stopping, self._platform.lots.faults.hang_seconds)
        if fault == "lost_answer":
            return await wire.cut_in_the_middle(request, payload)
        if fault == "drop_after":
            return wire.cut(request)
        if fault == "error_after":
            return web.Response(status=500, text="Internal Server Error")
        return web.Response(body=payload[: len(payload) // 2], content_type=wire.JSON)

    def _strike(self, faults: tuple[str, ...], name: str) -> str:
        only_at = self._platform.lots.faults.only_at
        return "" if only_at and name not in only_at else self._platform.lots.first(faults, name)

    def _signed(self, request: web.Request) -> bool:
        """Check the three headers against the path as it came (鉴权说明)."""
        headers, account = request.headers, self._account
        timestamp = headers.get("Timestamp", "")
        return (
            timestamp.isascii()
            and timestamp.isdigit()
            and headers.get("PartnerId") == str(account.partner_id)
            and within_window(int(timestamp), self._platform.clock.now(), account.window_seconds)
            and verify_zzy(
                [account.sign_key],
                account.partner_id,
                timestamp,
                request.rel_url.raw_path,
                headers.get("Authorization", ""),
            )
        )

    def _refuse_signature(self) -> web.Response:
        by_http = self._platform.lots.faults.signature_refusal == "http"
        fields = {"Code": 0, "IsSuccess": False, "LogId": self._log_id(), "Message": "验签失败"}
        return web.json_response(fields, status=401 if by_http else 200)

    # --- the interfaces -----------------------------------------------------------------

    async def _products(self, query: Mapping[str, str]) -> Reply:
        return Reply(self._success(1000, "成功", self._desk.products(query)))

    async def _prices(self, query: Mapping[str, str]) -> Reply:
        return Reply(self._success(1000, "成功", self._desk.prices(query)))

    async def _verify(self, body: Mapping[str, Any]) -> Reply:
        self._desk.verify(body)
        return Reply(self._success(0, "校验通过", None))

    async def _create(self, body: Mapping[str, Any]) -> Reply:
        lots, ledger = self._platform.lots, self._platform.ledger
        if lots.strikes("create_refused"):
            raise RefusalError("系统繁忙，下单失败")
        known = ledger.by_origin(body["OriginOrderId"])
        if known and lots.faults.duplicate_create == "refused":
            raise RefusalError("分销商订单号重复")
        same = known and lots.faults.duplicate_create == "same"
        order = known[0] if same else self._desk.create(body)
        data = {
            "OriginOrderId": order.origin_order_id,
            "DistributorId": self._account.partner_id,
            "OrderId": order.order_id,
            "OrderStatus": int(order.status),
        }
        return Reply(self._success(1000, "下单成功", data))

    async def _pay(self, body: Mapping[str, Any]) -> Reply:
        platform = self._platform
        order = self._desk.payable(body)
        if platform.lots.strikes("pay_refused"):
            platform.ledger.refuse_pay(order)
            raise RefusalError("支付失败，请稍后再试")
        fresh = not order.times_paid and order.cancelled_at is None
        kind = platform.lots.first(PAY_ANSWERS, "pay") if fresh else ""
        if kind == "pay_status_failed":
            platform.ledger.fail_pay(order)
            return Reply(self._success(1, "处理成功", pay_data([], Status.PAY_FAILED, Decimal(0))))
        amount = platform.ledger.pay(order).amount
        if kind == "pay_status_ticket_failed":
            platform.ledger.fail_ticket(order)
        elif kind in {"pay_codes", "pay_codes_status_zero"}:
            platform.ledger.issue(order, bundle=False)
        tickets = list(order.tickets)
        early = platform.lots.strikes("early_notice")
        if early:
            await platform.ticket_at_once(order)
        data = pay_data(tickets, PAY_STATUS[kind], amount)
        soon = None if early else lambda: platform.ticket_soon(order)
        return Reply(self._success(1, "处理成功", data), soon)

    async def _person_qr_codes(self, query: Mapping[str, str]) -> Reply:
        codes = self._desk.person_qr_codes(query)
        return Reply({"Data": codes, "IsSuccess": True, "Message": ""})

    async def _refund(self, body: Mapping[str, Any]) -> Reply:
        if self._platform.lots.strikes("refund_refused"):
            raise RefusalError("退款失败，请稍后再试")
        order, refund = self._desk.refund(body)
        self._platform.audit(order, refund)
        data = {"ApplyId": refund.apply_id, "RefundStatus": int(refund.status)}
        return Reply(self._success(1000, "退款申请成功，等待审核通知", data))

    async def _cancel(self, query: Mapping[str, str]) -> Reply:
        self._desk.cancel(query)
        return Reply(self._success(0, "订单已取消", None))

    def _success(self, code: int, message: str, data: object) -> dict[str, Any]:
        head = {"Code": code, "IsSuccess": True, "LogId": self._log_id(), "Message": message}
        return head if data is None else {"Data": data, **head}

    def _log_id(self) -> str:
        self._log_ids += 1
        return f"{self._platform.clock.now():%Y%m%d%H%M%S%f}{self._log_ids:06d}"


def _read(endpoint: Endpoint, request: web.Request, raw: bytes) -> Any:  # noqa: ANN401  (JSON)
    name = endpoint.name.lower()
    if endpoint in GET_ENDPOINTS or endpoint is Endpoint.CANCEL:
        return check_query(name, request.query)
    if request.content_type not in {wire.JSON, "text/json"}:
        raise RefusalError("请求格式错误: Content-Type")
    try:
        body = json.loads(raw)
    except ValueError:
        raise RefusalError("请求格式错误: JSON") from None
    return check_body(name, body)

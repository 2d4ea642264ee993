"""Calls the eight interfaces of the supplier ZZY (中智游), typed and signed.

Why it exists: it turns a call into one of three answers that are worth money: succeeded,
refused, unknown. It must not decide what a refusal means, nor call again by itself.
Source: zzy.txt section 1; PROTOCOL.md, "Did a call succeed?".
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Literal, TypeVar

import structlog
from yarl import URL

from contracts.signatures import authorization, sign_zzy
from contracts.zzy import (
    CancelAnswer,
    CancelRequest,
    CreateAnswer,
    CreateRequest,
    Endpoint,
    PayAnswer,
    PayRequest,
    PersonQrCodesAnswer,
    PersonQrCodesRequest,
    PricesAnswer,
    PricesRequest,
    ProductsAnswer,
    ProductsRequest,
    RefundAnswer,
    RefundRequest,
    VerifyAnswer,
    VerifyRequest,
    ZzyAnswer,
    ZzyModel,
)
from worker.clients.http import Exchange, HttpAnswer, HttpClient, HttpRequest, NotSent
from worker.clients.retry_after import retry_after
from worker.clock import Clock
from worker.telemetry import traces
from worker.translation.supplier import Refused, Succeeded, SupplierResult, Unknown

SIGNATURE_REFUSED: Final = r"签名|验签|鉴权|Authorization"
"""What a refusal of our signature is recognised by; ZZY documents no codes."""

_UNAUTHORIZED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})

A = TypeVar("A", bound=ZzyAnswer[Any])
Observe = Callable[[str, str, float], None]
"""Gets the endpoint, the outcome (done, refused, unknown, unsigned) and the seconds."""

_log = structlog.get_logger(__name__)


def _ignore(_endpoint: str, _outcome: str, _seconds: float) -> None:
    """Observe nothing."""


@dataclass(frozen=True, slots=True)
class ZzyAccess:
    """Where ZZY is, and who we are there."""

    base_url: str
    partner_id: str
    sign_key: str = field(repr=False)
    paths: Mapping[Endpoint, str] = field(default_factory=dict)
    """Paths that differ from the document's; signed as they go onto the wire."""
    cancel_method: Literal["POST", "GET"] = "POST"
    signature_refused: str = SIGNATURE_REFUSED
    """A pattern for the message of a refused signature."""


@dataclass(frozen=True, slots=True)
class _Call:
    """One call, and what is logged of it."""

    endpoint: Endpoint
    method: Literal["GET", "POST"]
    request: ZzyModel
    needs_data: bool = False
    order_num: str = ""
    zzy_order_id: str = ""


class ZzyClient:
    """The supplier over HTTP; implements :class:`worker.runtime.outside.Supplier`."""

    def __init__(
        self, http: HttpClient, access: ZzyAccess, clock: Clock, observe: Observe = _ignore
    ) -> None:
        """Use a session of somebody else's, who closes it; ``observe`` hears of every call."""
        self._http = http
        self._observe = observe
        self._access = access
        self._clock = clock
        self._signature_refused = re.compile(access.signature_refused, re.IGNORECASE)
        self._urls = {
            endpoint: URL(access.base_url.rstrip("/") + access.paths.get(endpoint, endpoint.value))
            for endpoint in Endpoint
        }

    async def products(self, request: ProductsRequest) -> SupplierResult[ProductsAnswer]:
        """Fetch a page of the products (获取分销商授权产品), 1.1.1."""
        call = _Call(Endpoint.PRODUCTS, "GET", request, needs_data=True)
        return await self._ask(call, ProductsAnswer)

    async def prices(self, request: PricesRequest) -> SupplierResult[PricesAnswer]:
        """Fetch prices, stock and sessions (获取分销商产品价格), 1.1.2."""
        call = _Call(Endpoint.PRICES, "GET", request, needs_data=True)
        return await self._ask(call, PricesAnswer)

    async def verify(self, request: VerifyRequest) -> SupplierResult[VerifyAnswer]:
        """Check an order beforehand (订单下单预校验), 1.1.3."""
        return await self._ask(_Call(Endpoint.VERIFY, "POST", request), VerifyAnswer)

    async def create(self, request: CreateRequest) -> SupplierResult[CreateAnswer]:
        """Make an order (订单新增), 1.1.4. Without Data.OrderId the outcome is unknown."""
        number = request.origin_order_id
        call = _Call(Endpoint.CREATE, "POST", request, needs_data=True, order_num=number)
        return await self._ask(call, CreateAnswer)

    async def pay(self, request: PayRequest) -> SupplierResult[PayAnswer]:
        """Pay an order (订单支付), 1.1.5."""
        call = _Call(
            Endpoint.PAY,
            "POST",
            request,
            needs_data=True,
            order_num=request.eticket_no or "",
            zzy_order_id=request.order_id,
        )
        return await self._ask(call, PayAnswer)

    async def person_qr_codes(self, origin_order_id: str) -> SupplierResult[PersonQrCodesAnswer]:
        """Fetch the visitors' codes (获取游客入园二维码) by our order number, 1.1.6."""
        request = PersonQrCodesRequest(origin_order_id=origin_order_id)
        call = _Call(Endpoint.PERSON_QR_CODES, "GET", request, order_num=origin_order_id)
        return await self._ask(call, PersonQrCodesAnswer)

    async def refund(self, request: RefundRequest) -> SupplierResult[RefundAnswer]:
        """Ask for a refund (订单退改申请), 1.1.7."""
        number = request.order_id
        call = _Call(Endpoint.REFUND, "POST", request, needs_data=True, zzy_order_id=number)
        return await self._ask(call, RefundAnswer)

    async def cancel(self, order_id: str) -> SupplierResult[CancelAnswer]:
        """Cancel an unpaid order (订单取消) by ZZY's number, 1.1.8."""
        request = CancelRequest(order_id=order_id)
        call = _Call(Endpoint.CANCEL, self._access.cancel_method, request, zzy_order_id=order_id)
        return await self._ask(call, CancelAnswer)

    async def _ask(self, call: _Call, model: type[A]) -> SupplierResult[A]:
        endpoint = call.endpoint.name.lower()
        with traces.span(f"ZZY {endpoint}", "client", endpoint=endpoint) as span:
            exchange = await self._http.exchange(self._request(call))
            result = self._judge(exchange, model, needs_data=call.needs_data)
            span.set(outcome=_outcome(result))
        self._report(call, result, exchange.seconds)
        return result

    def _request(self, call: _Call) -> HttpRequest:
        url = self._urls[call.endpoint]
        timestamp = int(self._clock.now().timestamp() * 1000)
        partner = self._access.partner_id
        sign = sign_zzy(self._access.sign_key, partner, timestamp, url.raw_path)
        headers = {
            "Timestamp": str(timestamp),
            "PartnerId": partner,
            "Authorization": authorization(partner, sign),
            "Accept": "application/json",
        }
        if call.method == "GET" or call.endpoint is Endpoint.CANCEL:
            return HttpRequest(call.method, url.with_query(call.request.to_query()), headers)
        headers["Content-Type"] = "application/json"
        return HttpRequest(call.method, url, headers, call.request.to_bytes())

    def _judge(self, exchange: Exchange, model: type[A], *, needs_data: bool) -> SupplierResult[A]:
        answered = self._answered(exchange)
        if isinstance(answered, Unknown):
            return answered
        try:
            answer = model.parse(answered.body)
        except ValueError:
            return Unknown("answer_unreadable")
        if not answer.is_success:
            if self._signature_refused.search(answer.message):
                return Unknown("signature_refused", signature_refused=True)
            return Refused(_code(answer), answer.message, answer.log_id)
        if needs_data and answer.data is None:
            return Unknown("answer_without_data")
        return Succeeded(answer, answer.log_id)

    def _answered(self, exchange: Exchange) -> HttpAnswer | Unknown:
        """Return the answer if there is one to read, else why there is none."""
        if not isinstance(exchange, HttpAnswer):
            return Unknown(exchange.reason, sent=not isinstance(exchange, NotSent))
        if not HTTPStatus.OK <= exchange.status < HTTPStatus.MULTIPLE_CHOICES:
            return Unknown(
                f"http_{exchange.status}",
                signature_refused=exchange.status in _UNAUTHORIZED,
                retry_after=retry_after(exchange.headers, self._clock.now()),
            )
        return exchange if exchange.complete else Unknown("answer_too_long")

    def _report(self, call: _Call, result: SupplierResult[A], seconds: float) -> None:
        endpoint, outcome = call.endpoint.name.lower(), _outcome(result)
        self._observe(endpoint, outcome, seconds)
        facts: dict[str, object] = {
            "endpoint": endpoint,
            "outcome": outcome,
            "seconds": round(seconds, 4),
        }
        if call.order_num:
            facts["order_num"] = call.order_num
        if call.zzy_order_id:
            facts["zzy_order_id"] = call.zzy_order_id
        if isinstance(result, Unknown):
            _log.warning("zzy_call", reason=result.reason, **facts)
        elif isinstance(result, Refused):  # without the message: it may name a person
            _log.info("zzy_call", code=result.code, log_id=result.log_id, **facts)
        else:
            _log.info("zzy_call", log_id=result.log_id, **facts)


def _outcome(result: SupplierResult[A]) -> str:
    """Return the outcome as the metrics name it."""
    if isinstance(result, Unknown):
        return "unsigned" if result.signature_refused else "unknown"
    return "refused" if isinstance(result, Refused) else "done"


def _code(answer: ZzyAnswer[Any]) -> str:
    return "" if answer.code is None else str(answer.code)

"""What goes onto the wire: paths, methods, headers, and the signature over them."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from contracts.signatures import verify_zzy
from contracts.zzy import Endpoint, PricesRequest, ProductsRequest
from tests.clients.orders import order, payment, refund, tomorrow
from tests.doubles import NOON, HeldClock
from worker.clients.http import HttpClient
from worker.clients.zzy import ZzyAccess, ZzyClient
from worker.simulators.hosting import LOOPBACK, Host

LOWER = {endpoint: endpoint.value.lower() for endpoint in Endpoint}


@dataclass
class Wire:
    """A server that takes everything and remembers how it came."""

    url: str = ""
    lines: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.lines.append(f"{request.method} {request.raw_path}")
        self.headers.append(dict(request.headers))
        self.bodies.append(await request.read())
        return web.Response(text='{"IsSuccess":false,"Message":"x"}')


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    wire, host, application = Wire(), Host(), web.Application()
    application.router.add_route("*", "/{path:.*}", wire.take)
    wire.url = await host.start(application, LOOPBACK, 0)
    yield wire
    await host.stop()


async def call_all(client: ZzyClient) -> None:
    await client.products(ProductsRequest(page_index=1, page_size=50))
    day = tomorrow()
    await client.prices(PricesRequest(start_time=day, end_time=day, product_id="11063"))
    await client.create(order())
    await client.pay(payment("4623122"))
    await client.person_qr_codes("o1")
    await client.refund(refund("4623122"))
    await client.cancel("4623122")


def signed(wire: Wire, number: int, path: str) -> bool:
    headers = wire.headers[number]
    timestamp = headers["Timestamp"]
    assert timestamp == str(int(NOON.timestamp() * 1000))
    assert headers["PartnerId"] == "9258"
    return verify_zzy(["key"], "9258", timestamp, path, headers["Authorization"])


async def test_the_documents_paths_and_methods(http: HttpClient, wire: Wire) -> None:
    await call_all(ZzyClient(http, ZzyAccess(wire.url, "9258", "key"), HeldClock()))
    day = tomorrow()
    assert wire.lines == [
        "GET /product/getProductByDistributor?pageIndex=1&pageSize=50",
        f"GET /product/getProductPriceByDistributor?StartTime={day}&EndTime={day}&productId=11063",
        "POST /order/Create",
        "POST /order/Pay",
        "GET /order/PersonQrCodes?originOrderId=o1",
        "POST /order/Refund",
        "POST /order/CancelOrder?orderId=4623122",
    ]
    for number, line in enumerate(wire.lines):
        path = line.split()[1].partition("?")[0]
        assert signed(wire, number, path), line


async def test_paths_as_set_and_below_a_prefix_are_signed_as_sent(
    http: HttpClient, wire: Wire
) -> None:
    access = ZzyAccess(wire.url + "/api/", "9258", "key", paths=LOWER, cancel_method="GET")
    await call_all(ZzyClient(http, access, HeldClock()))
    assert wire.lines[2] == "POST /api/order/create"
    assert wire.lines[6] == "GET /api/order/cancelorder?orderId=4623122"
    for number, line in enumerate(wire.lines):
        assert signed(wire, number, line.split()[1].partition("?")[0]), line
    assert not signed(wire, 2, "/order/create")


async def test_bodies_have_the_documents_casing_and_integers(http: HttpClient, wire: Wire) -> None:
    await call_all(ZzyClient(http, ZzyAccess(wire.url, "9258", "key"), HeldClock()))
    assert wire.bodies[3] == (
        b'{"PartnerId":9258,"OrderId":4623122,"EticketNo":"o1","TicketCount":2}'
    )
    assert wire.headers[3]["Content-Type"] == "application/json"
    assert wire.bodies[6] == b""

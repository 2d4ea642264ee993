"""The client against the simulated supplier: each kind of unknown, and what was true then."""

import asyncio
from dataclasses import replace

import pytest

from contracts.zzy import Endpoint, PricesRequest, ProductsRequest, VerifyRequest
from contracts.zzy import Passenger as Guest
from tests.clients.conftest import LIMITS
from tests.clients.orders import PARTNER, created, order, paid, payment, refund, tomorrow, visitor
from worker.clients.http import HttpClient
from worker.clients.zzy import ZzyAccess, ZzyClient
from worker.clock import SystemClock
from worker.simulators.zzy import ZzySimulator
from worker.simulators.zzy_api import Account
from worker.translation.supplier import Refused, Succeeded, Unknown


async def test_all_eight_interfaces(client: ZzyClient, zzy: ZzySimulator) -> None:
    products = await client.products(ProductsRequest(page_index=1, page_size=50))
    assert isinstance(products, Succeeded)
    assert products.answer.data is not None
    listed = {product.product_id: product for product in products.answer.data.products}
    assert listed["11063"].entrance_mode == 0
    assert listed["11064"].entrance_mode == 1
    assert "11070" not in listed  # bundles are not listed
    day = tomorrow()
    prices = await client.prices(PricesRequest(start_time=day, end_time=day, product_id="11065"))
    assert isinstance(prices, Succeeded)
    assert prices.answer.data is not None
    assert len(prices.answer.data.daily_price_stock[0].product_seats) == 2
    guest = visitor()
    check = VerifyRequest(
        partner_id=PARTNER,
        product_id="11063",
        visit_date=f"{day} 09:00:00",
        order_users=(Guest(user_name=guest.name, mobile=guest.mobile, card_id=guest.id_card),),
    )
    assert isinstance(await client.verify(check), Succeeded)
    order_id = await paid(client)
    await zzy.changes.until(lambda: bool(zzy.notifier.sent))
    codes = await client.person_qr_codes("o1")
    assert isinstance(codes, Succeeded)
    assert codes.answer.data
    assert isinstance(await client.refund(refund(order_id)), Succeeded)
    unpaid = await created(client, order("o2"))
    assert isinstance(await client.cancel(unpaid), Succeeded)
    assert isinstance(await client.cancel(unpaid), Succeeded)  # may be repeated


@pytest.mark.parametrize(
    ("fault", "reason", "done"),
    [
        ("drop_before", "disconnected", False),
        ("error_before", "http_500", False),
        ("hang_after", "timeout", True),
        ("drop_after", "disconnected", True),
        ("error_after", "http_500", True),
        ("lost_answer", "answer_cut_short", True),
        ("broken_json", "answer_unreadable", True),
    ],
)
async def test_a_fault_of_pay_is_unknown_whether_or_not_it_was_paid(
    client: ZzyClient, zzy: ZzySimulator, fault: str, reason: str, *, done: bool
) -> None:
    order_id = await created(client)
    zzy.lots.force(fault, at="pay")
    result = await client.pay(payment(order_id))
    assert isinstance(result, Unknown)
    assert result.sent
    assert result.reason in {reason, "connection_lost"}  # a reset may win the race
    assert zzy.ledger.paid_orders() == (["o1"] if done else [])


@pytest.mark.parametrize("how", ["http", "message"])
async def test_a_refused_signature_is_unknown(
    client: ZzyClient, zzy: ZzySimulator, how: str
) -> None:
    order_id = await created(client)
    zzy.lots.change(signature_refusal=how)
    zzy.lots.force("refuse_signature")
    result = await client.pay(payment(order_id))
    assert isinstance(result, Unknown)
    assert result.signature_refused
    assert zzy.ledger.paid_orders() == []


async def test_a_wrong_key_is_unknown_and_touches_nothing(
    http: HttpClient, zzy: ZzySimulator
) -> None:
    client = ZzyClient(http, ZzyAccess(zzy.url, PARTNER, "another key"), SystemClock())
    result = await client.create(order())
    assert result == Unknown("http_401", signature_refused=True)
    assert not zzy.ledger.orders


async def test_a_supplier_that_is_down_was_surely_not_reached(
    client: ZzyClient, zzy: ZzySimulator
) -> None:
    await zzy.stop()
    assert await client.create(order()) == Unknown("connect_failed", sent=False)


async def test_a_refused_connection_after_a_reused_one_died_is_not_called_unsent(
    client: ZzyClient, zzy: ZzySimulator
) -> None:
    await client.products(ProductsRequest(page_index=1, page_size=1))
    await zzy.stop()  # a GET may go out on the pooled connection before the new one is refused
    result = await client.person_qr_codes("o1")
    assert isinstance(result, Unknown)
    assert result.sent


async def test_a_full_pool_is_a_call_not_sent(zzy: ZzySimulator) -> None:
    http = HttpClient(replace(LIMITS, connections=1, connect=0.1, read=5))
    client = ZzyClient(http, ZzyAccess(zzy.url, PARTNER, "demo-sign-key"), SystemClock())
    zzy.lots.force("hang_after", at="create")
    hanging = asyncio.create_task(client.create(order()))
    await zzy.changes.until(lambda: bool(zzy.ledger.orders))
    assert await client.create(order("o2")) == Unknown("connect_timeout", sent=False)
    await zzy.stop()
    assert isinstance(await hanging, Unknown)
    await http.close()


async def test_lower_case_paths_and_get_cancel(http: HttpClient) -> None:
    paths = {endpoint: endpoint.value.lower() for endpoint in Endpoint}
    simulator = ZzySimulator(Account(paths=paths, cancel_methods=("GET",)))
    url = await simulator.start()
    access = ZzyAccess(url, PARTNER, "demo-sign-key", paths=paths, cancel_method="GET")
    client = ZzyClient(http, access, SystemClock())
    order_id = await created(client)
    assert isinstance(await client.cancel(order_id), Succeeded)
    documented = ZzyClient(http, ZzyAccess(url, PARTNER, "demo-sign-key"), SystemClock())
    assert await documented.cancel(order_id) == Unknown("http_404")
    await simulator.stop()


async def test_a_second_pay_is_refused_and_moves_no_money(
    client: ZzyClient, zzy: ZzySimulator
) -> None:
    order_id = await paid(client)
    result = await client.pay(payment(order_id))
    assert isinstance(result, Refused)
    assert result.message == "订单已支付"
    assert zzy.ledger.paid_twice() == []

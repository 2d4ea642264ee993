"""The faults of the simulated supplier: pay's answers, the seed, the control endpoints."""

import asyncio
from typing import Any

import aiohttp
import pytest
from pydantic import ValidationError

from contracts.zzy import PayData
from tests.clients.orders import created, order, paid, payment
from worker.clients.zzy import ZzyClient
from worker.simulators.faults import Lots
from worker.simulators.zzy import ZzySimulator, serve
from worker.simulators.zzy_faults import ZzyFaults
from worker.translation.supplier import Succeeded


async def pay_data(client: ZzyClient, order_id: str) -> PayData:
    result = await client.pay(payment(order_id))
    assert isinstance(result, Succeeded), result
    assert result.answer.data is not None
    return result.answer.data


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("", (1, False, True)),
        ("pay_status_failed", (2, False, False)),
        ("pay_status_awaiting", (3, False, True)),
        ("pay_status_zero", (0, False, True)),
        ("pay_codes_status_zero", (0, True, True)),
        ("pay_codes", (4, True, True)),
        ("pay_issued_without_codes", (4, False, True)),
        ("pay_status_ticket_failed", (5, False, True)),
        ("early_notice", (1, False, True)),
    ],
)
async def test_what_pay_answers(
    client: ZzyClient, zzy: ZzySimulator, fault: str, expected: tuple[int, bool, bool]
) -> None:
    """Expected are OrderStatus, whether there are codes, whether money moved."""
    order_id = await created(client)
    if fault:
        zzy.lots.force(fault)
    data = await pay_data(client, order_id)
    assert (data.order_status, bool(data.voucher_code), data.pay_money == 10) == expected
    assert zzy.ledger.paid_orders() == (["o1"] if expected[2] else [])


async def test_who_goes_before_the_answer_gets_the_tickets_all_the_same(
    client: ZzyClient, zzy: ZzySimulator
) -> None:
    order_id = await created(client)
    zzy.lots.change(latency_min=0.3, latency_max=0.3)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.15):
            await client.pay(payment(order_id))
    await zzy.changes.until(lambda: bool(zzy.notifier.sent), seconds=5)


async def test_an_order_whose_pay_failed_can_be_paid_or_cancelled(
    client: ZzyClient, zzy: ZzySimulator
) -> None:
    first, second = await created(client), await created(client, order("o2"))
    zzy.lots.force("pay_status_failed", times=2)
    assert (await pay_data(client, first)).order_status == 2
    assert isinstance(await client.pay(payment(second, "o2")), Succeeded)
    assert (await pay_data(client, first)).order_status == 1
    assert isinstance(await client.cancel(second), Succeeded)
    assert zzy.ledger.paid_orders() == ["o1"]


async def test_the_ledger_sees_a_channel_order_that_is_paid_twice(
    client: ZzyClient, zzy: ZzySimulator
) -> None:
    zzy.lots.change(duplicate_create="new")
    await paid(client)
    assert zzy.ledger.paid_twice() == []
    await paid(client)  # a second ZZY order under the same number
    assert zzy.ledger.paid_twice() == ["o1"]
    assert [line.split(" ", 1)[1] for line in zzy.ledger.history("o1")].count("paid") == 2


def test_the_same_seed_draws_the_same_lots() -> None:
    def draw(seed: int) -> list[bool]:
        lots = Lots(ZzyFaults.everything(0.3, seed=seed))
        return [lots.strikes("drop_after") for _ in range(50)]

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)
    lots = Lots(ZzyFaults.everything(0.3, seed=1))
    first = [lots.strikes("drop_after") for _ in range(50)]
    lots.change(seed=3)
    lots.change(seed=1)
    assert [lots.strikes("drop_after") for _ in range(50)] == first


def test_every_fault_has_a_probability_and_nothing_else_is_taken() -> None:
    everything = ZzyFaults.everything(0.05)
    assert all(getattr(everything, name) == 0.05 for name in ZzyFaults.chances())
    assert len(ZzyFaults.chances()) == 27
    for wrong in ({"drop_after": 1.1}, {"drop_after": -0.1}, {"dropafter": 0.1}):
        with pytest.raises(ValidationError):
            ZzyFaults.model_validate(wrong)


async def test_faults_act_only_where_they_are_set_to(client: ZzyClient, zzy: ZzySimulator) -> None:
    zzy.lots.change(error_after=1.0, only_at=("pay",))
    order_id = await created(client)
    assert not isinstance(await client.pay(payment(order_id)), Succeeded)
    assert zzy.lots.seen == {"error_after": 1}


async def call(method: str, url: str, content: object = None) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, json=content) as response,
    ):
        return response.status, await response.json()


async def test_the_control_endpoints(client: ZzyClient, zzy: ZzySimulator) -> None:
    control = zzy.url + "/_control/"
    assert (await call("PUT", control + "faults", {"drop_after": 0.5, "seed": 7}))[0] == 200
    assert zzy.lots.faults.drop_after == 0.5
    status, answer = await call("PUT", control + "faults", {"drop_after": 0, "droop": 1})
    assert status == 400
    assert "droop" in str(answer)
    await call("PUT", control + "faults", {"drop_after": 0})
    assert (await call("GET", control + "faults"))[1]["seed"] == 7
    await call("POST", control + "force", {"fault": "pay_codes"})
    assert (await call("POST", control + "force", {"fault": "none"}))[0] == 400
    await paid(client)
    assert (await call("GET", control + "seen"))[1] == {"pay_codes": 1}
    assert (await call("POST", control + "check", {"origin_order_id": "o1"}))[0] == 200
    assert (await call("POST", control + "check", {"origin_order_id": "o2"}))[0] == 400
    assert (await call("POST", control + "check", {}))[0] == 400
    again = await call("POST", control + "notices_again", {"origin_order_id": "o1"})
    assert again[1]["result"] >= 1
    await call("POST", control + "forced_refund", {"origin_order_id": "o1"})
    change = {"product_id": 11063, "status": 3, "fields": {"daily_stock": 9}}
    assert (await call("POST", control + "product", change))[0] == 200
    ledger = (await call("GET", control + "ledger"))[1]
    assert ledger["paid_orders"] == ["o1"]
    assert ledger["paid_twice"] == []
    assert ledger["refunded"] == {"o1": 1}
    assert ledger["orders"][0]["checked"] == 1
    assert ledger["orders"][0]["pays"][0]["moved_money"] is True
    assert {notice["service"] for notice in ledger["notices"]} >= {"order_verify_notify"}


async def test_it_serves_until_it_is_told_to_stop() -> None:
    urls: asyncio.Queue[str] = asyncio.Queue()
    stopping = asyncio.Event()
    serving = asyncio.create_task(serve(ready=urls.put_nowait, stopping=stopping))
    url = await asyncio.wait_for(urls.get(), 5)
    assert (await call("GET", url + "/_control/ledger"))[0] == 200
    stopping.set()
    await asyncio.wait_for(serving, 5)
    with pytest.raises(aiohttp.ClientConnectorError):
        await call("GET", url + "/_control/ledger")

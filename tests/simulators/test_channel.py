"""The simulated channel: what it takes, what it refuses, how it fails; and its driver."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from contracts.channel import parse_create_order, parse_envelope
from contracts.signatures import sign_channel, verify_channel, webhook_signature
from worker.clients.channels import ChannelClient
from worker.clients.http import Limits
from worker.clock import SystemClock
from worker.simulators.channel import ChannelSimulator, Credentials
from worker.simulators.channel_driver import ChannelDriver, made_up_id_card, sample_order
from worker.simulators.hosting import LOOPBACK, Host
from worker.translation.delivery import Answered, NoAnswer
from worker.translation.identity import is_id_card

SECRET = "s3cret"
CHECK = {
    "order_num": "c1",
    "check_time": "2026-05-01 10:00:00",
    "check_result": "1",
    "total_count": "5",
    "no_check_count": "4",
    "check_count": "1",
}
VOUCHER = {
    "notify_type": "voucher",
    "channel_order_num": "c1",
    "order_num": "o1",
    "vouchers": [],
    "order_code": "6",
}


@pytest.fixture
async def channel() -> AsyncIterator[ChannelSimulator]:
    simulator = ChannelSimulator()
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def client() -> AsyncIterator[ChannelClient]:
    client = ChannelClient(
        allow_private_addresses=True,
        clock=SystemClock(),
        limits=Limits(read=0.5, total=1.0, answer_bytes=2048, connections=0),
    )
    yield client
    await client.close()


def enveloped(content: object, secret: str = SECRET, **changes: object) -> bytes:
    text = json.dumps(content)
    stamp = int(datetime.now(UTC).timestamp() * 1000)
    body: dict[str, object] = {"app_key": "k", "params": text, "time_stamp": stamp}
    body["sign"] = sign_channel(secret, text, stamp)
    return json.dumps(body | changes).encode()


def headers(body: bytes, kind: str, number: str = "m1") -> dict[str, str]:
    stamp = str(int(datetime.now(UTC).timestamp()))
    return {
        "Content-Type": "application/json",
        "Webhook-Id": number,
        "Webhook-Timestamp": stamp,
        "Webhook-Signature": webhook_signature([SECRET], number, stamp, body),
        "Webhook-Type": kind,
    }


async def send(
    client: ChannelClient, channel: ChannelSimulator, body: bytes, head: Mapping[str, str]
) -> dict[str, Any]:
    result = await client.deliver(channel.url + "/notify", head, body)
    assert isinstance(result, Answered), result
    answer: dict[str, Any] = json.loads(result.body_head)
    return answer


async def test_a_signed_notification_is_taken_once(
    client: ChannelClient, channel: ChannelSimulator
) -> None:
    body = enveloped(CHECK)
    for _ in range(2):
        answer = await send(client, channel, body, headers(body, "check"))
        assert answer == {"status": 200, "message": "成功"}
    assert [delivery.repeat for delivery in channel.deliveries] == [False, True]
    (taken,) = channel.of_type("check", "c1")
    assert taken.params == CHECK
    assert not taken.repeat
    assert taken.headers["Webhook-Id"] == "m1"


async def test_a_plain_envelope_where_the_channel_has_one(client: ChannelClient) -> None:
    channel = ChannelSimulator(Credentials(envelope="plain"))
    await channel.start()
    body = json.dumps(VOUCHER).encode()
    assert (await send(client, channel, body, headers(body, "voucher")))["status"] == 200
    await channel.stop()


async def test_any_of_several_secrets_verifies(client: ChannelClient) -> None:
    channel = ChannelSimulator(Credentials(app_secrets=("new", "s3cret")))
    await channel.start()
    body = enveloped(VOUCHER)
    assert (await send(client, channel, body, headers(body, "voucher")))["status"] == 200
    await channel.stop()


def stale() -> bytes:
    stamp = int((datetime.now(UTC) - timedelta(hours=1)).timestamp() * 1000)
    sign = sign_channel(SECRET, json.dumps(CHECK), stamp)
    return enveloped(CHECK, time_stamp=stamp, sign=sign)


def lower_case() -> bytes:
    body = json.loads(enveloped(CHECK))
    return json.dumps(body | {"sign": body["sign"].lower()}).encode()


BAD_BODIES: dict[str, Callable[[], bytes]] = {
    "another secret": lambda: enveloped(CHECK, secret="x"),
    "another app_key": lambda: enveloped(CHECK, app_key="other"),
    "no sign": lambda: enveloped(CHECK, sign=""),
    "lower-case sign": lower_case,
    "params an object": lambda: enveloped(CHECK, params=CHECK),
    "one field more": lambda: enveloped(CHECK, extra=1),
    "a count as number": lambda: enveloped(CHECK | {"check_count": 1}),
    "a seventh field": lambda: enveloped(CHECK | {"extra": "1"}),
    "stale": stale,
    "no check": lambda: enveloped({"notify_type": "check"}),
    "no JSON": lambda: b"{",
    "no object": lambda: b"[]",
}
BAD_HEADERS: tuple[dict[str, str], ...] = (
    {"Webhook-Signature": "v1,AAAA"},
    {"Webhook-Id": ""},
    {"Webhook-Id": "m2"},
    {"Webhook-Timestamp": "1"},
    {"Webhook-Type": "voucher"},
)


@pytest.mark.parametrize("what", BAD_BODIES)
async def test_a_body_that_is_not_as_it_must_be_is_refused(
    client: ChannelClient, channel: ChannelSimulator, what: str
) -> None:
    body = BAD_BODIES[what]()
    answer = await send(client, channel, body, headers(body, "check"))
    assert answer == {"code": "401", "message": "失败"}
    assert channel.received == {}
    assert channel.deliveries[0].problem


@pytest.mark.parametrize("changes", BAD_HEADERS)
async def test_headers_that_are_not_as_they_must_be_are_refused(
    client: ChannelClient, channel: ChannelSimulator, changes: dict[str, str]
) -> None:
    body = enveloped(CHECK)
    answer = await send(client, channel, body, headers(body, "check") | changes)
    assert answer == {"code": "401", "message": "失败"}
    assert channel.received == {}


@pytest.mark.parametrize(
    ("fault", "status"),
    [("http_500", 500), ("gone", 410), ("too_many", 429), ("refuse", 200)],
)
async def test_a_fault_that_answers(
    client: ChannelClient, channel: ChannelSimulator, fault: str, status: int
) -> None:
    channel.lots.change(retry_after=9)
    channel.lots.force(fault)
    body = enveloped(VOUCHER)
    result = await client.deliver(channel.url, headers(body, "voucher"), body)
    assert isinstance(result, Answered)
    assert result.status == status
    assert result.retry_after == (9 if fault == "too_many" else None)
    assert b'"status"' not in result.body_head
    assert channel.received == {}
    assert (await send(client, channel, body, headers(body, "voucher")))["status"] == 200


@pytest.mark.parametrize(("fault", "taken"), [("drop", 0), ("hang", 1), ("lost_answer", 1)])
async def test_a_fault_without_an_answer(
    client: ChannelClient, channel: ChannelSimulator, fault: str, taken: int
) -> None:
    channel.lots.force(fault)
    body = enveloped(VOUCHER)
    result = await client.deliver(channel.url, headers(body, "voucher"), body)
    assert isinstance(result, NoAnswer)
    assert len(channel.received) == taken


async def test_a_slow_channel_answers_in_the_end(
    client: ChannelClient, channel: ChannelSimulator
) -> None:
    channel.lots.change(slow=1.0, slow_seconds=0.1)
    body = enveloped(VOUCHER)
    result = await client.deliver(channel.url, headers(body, "voucher"), body)
    assert isinstance(result, Answered)
    assert result.seconds >= 0.1


async def test_the_control_endpoints(client: ChannelClient, channel: ChannelSimulator) -> None:
    body = enveloped(VOUCHER)
    await send(client, channel, body, headers(body, "voucher"))
    control = channel.url + "/_control/"
    async with aiohttp.ClientSession() as session:
        async with session.get(control + "notifications") as response:
            assert (await response.json())[0]["params"] == VOUCHER
        async with session.put(control + "faults", json={"gone": 1}) as response:
            assert response.status == 200
        async with session.post(control + "create_order", json={}) as response:
            assert response.status == 404  # no ingress was named
    assert channel.lots.faults.gone == 1


async def test_the_driver_signs_as_the_document_says() -> None:
    got: list[tuple[str, bytes]] = []

    async def ingress(request: web.Request) -> web.Response:
        got.append((request.path, await request.read()))
        return web.json_response({"code": "1000", "message": "成功", "data": {"order_num": "o1"}})

    host, application = Host(), web.Application()
    application.router.add_post("/public/{what}", ingress)
    url = await host.start(application, LOOPBACK, 0)
    driver = ChannelDriver(url, "k", "s3cret")
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    answer = await driver.create(sample_order("c1", tomorrow, product_code="P11064"))
    assert (answer.status, answer.code, answer.order_num) == (200, "1000", "o1")
    await driver.cancel(answer.order_num)
    await driver.close()
    await host.stop()
    assert [path for path, _ in got] == ["/public/createOrder", "/public/cancelOrder"]
    request = parse_envelope(got[0][1])
    assert verify_channel(["s3cret"], request.params, request.time_stamp, request.sign)
    order = parse_create_order(request.params)
    assert (order.channel_order_num, order.product_code, order.count) == ("c1", "P11064", 5)
    assert order.date == tomorrow


def test_made_up_id_cards_are_valid_and_differ() -> None:
    cards = [made_up_id_card(number) for number in range(0, 20_000, 37)]
    assert len(set(cards)) == len(cards)
    assert all(is_id_card(card, date(2026, 5, 1)) for card in cards)

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from types import EllipsisType
from typing import Any

import pytest
from structlog.testing import capture_logs

from contracts import headers, queues
from contracts.envelope import unwrap
from contracts.events import NoticeReceived
from contracts.zzy import parse_notice
from tests.ingress.conftest import CONFIG, Door, opened
from tests.ingress.doubles import PARTNER, PATH, zzy_headers
from worker.errors import BrokerUnavailableError, PublishUnknownError

BODIES: dict[str, dict[str, Any]] = {
    "order_refund_notify": {
        "OrderId": 4553010,
        "RefundApplyNo": "1522870740750303232",
        "RefundStatus": 2,
        "RefundReason": " ",
        "VoucherCode": [],
    },
    "order_verify_notify": {
        "TicketStatus": 1,
        "OriginOrderId": "1522870633233514497",
        "OrderId": 4553010,
        "VoucherCode": [],
        "OrderTotal": 2,
        "CheckedNumber": 2,
        "VoucherType": 1,
        "CheckTime": "2025-07-29 10:36:09",
    },
    "order_ticket_notify": {
        "OriginOrderId": "1522870633233514497",
        "OrderId": 4553010,
        "VoucherCode": {"OrderVoucherCode": "2020", "OrderUserVouchers": None},
        "TicketStatus": 1,
        "ProductName": "良渚杭州市民免费票",
        "Memo": "",
    },
    "order_product_notify": {"ProductId": 11063, "Status": 1},
}
PRODUCT = BODIES["order_product_notify"]


def notice(service: str, body: object, *, partner: object = 9258) -> bytes:
    header = {"PartnerId": partner, "NotifyServiceName": service}
    return json.dumps({"OrderNotifyHeader": header, "OrderNotifyBody": body}).encode()


GOOD = notice("order_product_notify", json.dumps(PRODUCT))


@pytest.mark.parametrize("service", BODIES)
@pytest.mark.parametrize("as_text", [True, False])
async def test_each_notice_is_kept_and_then_acknowledged(
    door: Door, service: str, *, as_text: bool
) -> None:
    body = BODIES[service]
    raw = notice(service, json.dumps(body) if as_text else body)
    status, answer = await door.notify(raw)
    assert (status, answer["Code"], answer["IsSuccess"]) == (200, 1000, True)
    assert answer["Message"] == "收到通知"
    [message] = door.broker.sent
    assert (message.queue, message.type) == (queues.NOTICES, "zzy.notice.v1")
    received = unwrap(NoticeReceived, message.body).data
    assert received.raw.encode() == raw
    assert received.service_name == service
    assert received.partner_id == PARTNER
    assert parse_notice(received.raw.encode()).service == service
    authorization = zzy_headers(door.clock.now())["Authorization"]
    assert authorization not in message.body.decode()


async def test_the_digest_is_of_the_content_whatever_its_spelling(door: Door) -> None:
    await door.notify(notice("order_product_notify", '{"ProductId":11063,"Status":1}'))
    await door.notify(notice("order_product_notify", {"Status": 1, "ProductId": 11063}))
    await door.notify(notice("order_product_notify", {"Status": 0, "ProductId": 11063}))
    first, second, third = (
        unwrap(NoticeReceived, message.body).data.content_digest for message in door.broker.sent
    )
    assert first == second != third


@pytest.mark.parametrize(
    ("word", "taken"), [(None, True), (b"taken", True), (b"forged", False), (b"?", True)]
)
async def test_only_a_forged_one_is_not_taken(
    door: Door, word: bytes | None, *, taken: bool
) -> None:
    door.broker.answer = word
    status, answer = await door.notify(GOOD)
    assert (status, answer["IsSuccess"]) == (200, taken)
    assert (answer["Code"] == 1000) is taken


async def test_where_too_many_wait_for_a_verdict_nobody_waits() -> None:
    async for door in opened(replace(CONFIG, verdicts_awaited=0)):
        assert (await door.notify(GOOD))[1]["Code"] == 1000
        assert (len(door.broker.published), door.broker.requested) == (1, [])


async def test_at_most_ten_strange_bodies_of_a_signature_and_order_are_kept(door: Door) -> None:
    stale = zzy_headers(door.clock.now() - timedelta(hours=1))
    bodies = [
        notice("order_verify_notify", {**BODIES["order_verify_notify"], "OrderId": 1 + n % 2})
        + b" " * n
        for n in range(24)
    ]
    with capture_logs() as logs:
        for raw in [*bodies, *bodies[:3]]:
            async with door.client.post(PATH, data=raw, headers=stale) as response:
                assert (await response.json())["IsSuccess"] is False
    assert len({message.message_id for message in door.broker.published}) == 20
    assert len(logs) == 27, "each raises the alarm"
    fresh = zzy_headers(door.clock.now() - timedelta(hours=2))
    await door.client.post(PATH, data=bodies[23], headers=fresh)
    assert len({message.message_id for message in door.broker.published}) == 21


async def test_however_many_orders_a_signature_names_what_is_kept_of_it_is_bounded(
    door: Door,
) -> None:
    stale = zzy_headers(door.clock.now() - timedelta(hours=1))
    for n in range(220):
        raw = notice("order_verify_notify", {**BODIES["order_verify_notify"], "OrderId": 1 + n})
        await door.client.post(PATH, data=raw, headers=stale)
    assert len(door.broker.published) == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", ...),
        ("Authorization", "Bearer ZZY-OPENAPI:9258:AAAA"),
        ("Authorization", "Bearer é"),
        ("Timestamp", ...),
        ("Timestamp", "soon"),
        ("Timestamp", "9" * 30),
        ("PartnerId", ...),
        ("PartnerId", "1"),
    ],
)
async def test_a_bad_signature_keeps_nothing(
    door: Door, name: str, value: str | EllipsisType
) -> None:
    mixed = {**zzy_headers(door.clock.now()), name: value}
    given = {key: text for key, text in mixed.items() if isinstance(text, str)}
    with capture_logs() as logs:
        async with door.client.post(PATH, data=GOOD, headers=given) as response:
            answer = await response.json()
    assert (response.status, answer["IsSuccess"]) == (200, False)
    assert answer["Code"] != 1000
    assert door.broker.sent == []
    assert logs[0]["event"] == "notice_refused"
    assert "Bearer" not in str(logs)


@pytest.mark.parametrize("how", [{"key": "other"}, {"path": "/zzy/Notify"}])
async def test_another_key_or_path_is_a_bad_signature(door: Door, how: dict[str, str]) -> None:
    status, answer = await door.notify(GOOD, **how)
    assert (status, answer["IsSuccess"], door.broker.sent) == (200, False, [])


async def test_another_partner_is_refused_though_it_signs_with_our_key(door: Door) -> None:
    status, answer = await door.notify(GOOD, partner="1")
    assert (status, answer["IsSuccess"], door.broker.sent) == (200, False, [])


async def test_the_previous_key_still_verifies(door: Door) -> None:
    assert (await door.notify(GOOD, key="previous"))[1]["Code"] == 1000


async def test_the_query_is_not_signed(door: Door) -> None:
    given = zzy_headers(door.clock.now())
    async with door.client.post(f"{PATH}?a=1", data=GOOD, headers=given) as response:
        assert (await response.json())["Code"] == 1000


STRANGE = [
    (b"no json", "notice_unreadable"),
    (b"\xff\xfe", "notice_unreadable"),
    (b"{}", "notice_unreadable"),
    (b'{"OrderNotifyHeader":' * 500, "notice_unreadable"),
    (notice("order_product_notify", "no json"), "notice_unreadable"),
    (notice("order_product_notify", "[]"), "notice_unreadable"),
    (notice("order_product_notify", {"ProductId": 1, "Status": 9}), "notice_unreadable"),
    (notice("order_ticket_notify", PRODUCT), "notice_unreadable"),
    (notice("order_party_notify", PRODUCT), "notice_unknown"),
    (notice("order_product_notify", PRODUCT, partner=1), "notice_partner"),
]


@pytest.mark.parametrize(("raw", "kind"), STRANGE)
async def test_a_signed_but_strange_notice_goes_to_the_dead_letters(
    door: Door, raw: bytes, kind: str
) -> None:
    with capture_logs() as logs:
        status, answer = await door.notify(raw)
    assert (status, answer["IsSuccess"]) == (200, False)
    assert answer["Code"] != 1000
    [message] = door.broker.published
    assert (message.queue, message.type) == (queues.DEAD, "zzy.notice.v1")
    assert message.headers[headers.DEAD_KIND] == kind
    assert message.headers[headers.DEAD_QUEUE] == queues.NOTICES
    assert set(message.headers) == headers.DEAD_HEADERS - {headers.DEAD_FIRST_ID}
    received = unwrap(NoticeReceived, message.body).data
    assert received.raw == raw.decode("utf-8", "backslashreplace")
    assert [(line["event"], line["kind"]) for line in logs] == [("alarm", kind)]


@pytest.mark.parametrize("off", [-301, 301])
async def test_a_stale_notice_is_kept_and_not_taken(door: Door, off: int) -> None:
    given = zzy_headers(door.clock.now() + timedelta(seconds=off))
    for _ in range(2):
        async with door.client.post(PATH, data=GOOD, headers=given) as response:
            assert (await response.json())["IsSuccess"] is False
    first, second = door.broker.published
    assert first.headers[headers.DEAD_KIND] == "notice_stale"
    assert first.message_id == second.message_id  # the same letter, however often


@pytest.mark.parametrize("raw", [GOOD, b"no json"])
@pytest.mark.parametrize(
    ("error", "status"), [(BrokerUnavailableError(), 503), (PublishUnknownError(), 504)]
)
async def test_nothing_is_acknowledged_without_the_broker(
    door: Door, raw: bytes, error: Exception, status: int
) -> None:
    door.broker.error = error
    got, answer = await door.notify(raw)
    assert (got, answer["IsSuccess"]) == (status, False)
    assert answer["Code"] != 1000


async def test_a_silent_broker_is_504_in_time(door: Door) -> None:
    door.broker.hangs = True
    assert (await door.notify(GOOD))[0] == 504


@pytest.fixture
async def proxied() -> AsyncIterator[Door]:
    async for each in opened(replace(CONFIG, callback_sign_path="/public/path")):
        yield each


async def test_behind_a_proxy_the_public_path_is_signed(proxied: Door) -> None:
    assert (await proxied.notify(GOOD, path="/public/path"))[1]["Code"] == 1000
    assert (await proxied.notify(GOOD))[1]["IsSuccess"] is False


@pytest.mark.parametrize(("network", "taken"), [("127.0.0.0/8", True), ("10.0.0.0/8", False)])
async def test_only_allowed_addresses_may_notify(network: str, *, taken: bool) -> None:
    async for door in opened(replace(CONFIG, callback_allow=(ip_network(network),))):
        assert (await door.notify(GOOD))[1]["IsSuccess"] is taken
        assert bool(door.broker.sent) is taken

"""One notification over real HTTP to a receiver that was written from the guide."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from tests.doubles import HeldClock
from tests.relay.notifications import PARAMS, TARGET, know, message, notification
from tests.relay.receiver import Receiver
from worker.clients.channels import DEFAULT_LIMITS, ChannelClient
from worker.relay.handler import Relay
from worker.runtime.outcome import Ack, Park, Retry
from worker.store.sqlite import SqliteStore


@pytest.fixture
async def client() -> AsyncIterator[ChannelClient]:
    limits = replace(DEFAULT_LIMITS, read=0.2, total=0.2)
    opened = ChannelClient(allow_private_addresses=True, clock=HeldClock(), limits=limits)
    yield opened
    await opened.close()


async def relay_to(
    server: BaseTestServer,
    client: ChannelClient,
    store: SqliteStore,
    clock: HeldClock | None = None,
) -> Relay:
    target = replace(TARGET, notify_url=str(server.make_url("/notify")))
    await know(store, [notification()])
    return Relay([target], client, store, clock or HeldClock())


async def test_a_receiver_written_from_the_guide_takes_it(
    store: SqliteStore, client: ChannelClient
) -> None:
    receiver = Receiver("s3cret")
    async with TestServer(receiver.app()) as server:
        relay = await relay_to(server, client, store)
        assert await relay.handle(message()) == Ack()
    assert receiver.received == [("msg_check_1", "check", json.loads(PARAMS))]
    assert receiver.forged == 0


async def test_a_receiver_with_another_secret_refuses_it(
    store: SqliteStore, client: ChannelClient
) -> None:
    receiver = Receiver("guess")
    async with TestServer(receiver.app()) as server:
        relay = await relay_to(server, client, store)
        assert await relay.handle(message()) == Retry(1, "HTTP 200, status 401")
    assert receiver.forged == 1


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (web.Response(status=503, headers={"Retry-After": "31"}), Retry(120, "HTTP 503")),
        (
            web.Response(status=429, headers={"Retry-After": "Fri, 01 May 2026 04:00:05 GMT"}),
            Retry(5, "HTTP 429", counted=False),
        ),
        (
            web.Response(status=302, headers={"Location": "/notify"}, text='{"status":200}'),
            Retry(1, "HTTP 302"),
        ),
        (web.Response(text="ok"), Retry(1, "HTTP 200, no status that can be read")),
    ],
)
async def test_other_answers_are_tried_again_under_the_same_id(
    store: SqliteStore, client: ChannelClient, answer: web.Response, outcome: Retry
) -> None:
    receiver = Receiver("s3cret", [answer])
    async with TestServer(receiver.app()) as server:
        clock = HeldClock()
        relay = await relay_to(server, client, store, clock)
        assert await relay.handle(message()) == outcome
        clock.advance(outcome.delay)
        assert await relay.handle(message(attempt=1)) == Ack()
    assert [webhook_id for webhook_id, _, _ in receiver.received] == ["msg_check_1"] * 2


async def test_a_receiver_that_hangs_is_given_up_in_time(
    store: SqliteStore, client: ChannelClient
) -> None:
    receiver = Receiver("s3cret", [30.0])
    async with TestServer(receiver.app()) as server:
        relay = await relay_to(server, client, store)
        outcome = await relay.handle(message())
    assert isinstance(outcome, Retry)
    assert outcome.reason.startswith("no answer: ")


async def test_gone_is_gone(store: SqliteStore, client: ChannelClient) -> None:
    receiver = Receiver("s3cret", [web.Response(status=410)])
    async with TestServer(receiver.app()) as server:
        relay = await relay_to(server, client, store)
        outcome = await relay.handle(message())
    assert isinstance(outcome, Park)
    assert outcome.kind == "endpoint_gone"

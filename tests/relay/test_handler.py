"""What becomes of one notification, with a channel that answers on command."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from contracts.channel import NotifyType
from contracts.headers import REPLAY_OF
from tests.doubles import DELIVERED, HeldClock, ScriptedChannels
from tests.relay.notifications import TARGET, URL, know, message, notification
from worker.errors import StoreUnavailableError
from worker.relay.handler import Relay
from worker.relay.target import ChannelTarget
from worker.runtime.outcome import Ack, Park, Retry
from worker.runtime.ports import NotificationRow
from worker.store.sqlite import SqliteStore
from worker.translation.delivery import Answered, DeliveryResult, NoAnswer

FAILED = Answered(500, b"", None, 0.1)
GONE = Answered(410, b"", None, 0.1)
OTHER = "http://channel.test/checks"


class Bench:
    """A relay with one channel, its clock and its store at hand."""

    def __init__(
        self, store: SqliteStore, *answers: DeliveryResult, target: ChannelTarget = TARGET
    ) -> None:
        self.channels = ScriptedChannels(answers or (DELIVERED,))
        self.clock = HeldClock()
        self.store = store
        self.relay = Relay([target], self.channels, store, self.clock, retry_delays=(1, 5))

    @property
    def urls(self) -> list[str]:
        return [url for url, _, _ in self.channels.posts]

    async def rows(self) -> list[NotificationRow]:
        return await self.store.notifications(notification().order_num)


async def test_a_delivery_is_on_record_before_it_is_acknowledged(store: SqliteStore) -> None:
    await know(store, [notification()])
    bench = Bench(store)
    assert await bench.relay.handle(message()) == Ack()
    (row,) = await bench.rows()
    assert (row.status, row.attempts, row.last_answer) == ("delivered", 1, "HTTP 200, status 200")
    assert row.settled_at == bench.clock.now()


async def test_failures_are_retried_and_then_parked_with_every_attempt_on_record(
    store: SqliteStore,
) -> None:
    await know(store, [notification()])
    bench = Bench(store, NoAnswer("timeout"), FAILED)
    seen = []
    for attempt in range(3):
        outcome = await bench.relay.handle(message(attempt=attempt))
        (row,) = await bench.rows()
        seen.append((type(outcome), row.status, row.attempts, row.last_answer))
        bench.clock.advance(60)
    assert seen == [
        (Retry, "pending", 1, "no answer: timeout"),
        (Retry, "pending", 2, "HTTP 500"),
        (Park, "dead", 3, "HTTP 500"),
    ]


async def test_a_replay_of_a_dead_notification_ends_as_delivered(store: SqliteStore) -> None:
    await know(store, [notification()])
    bench = Bench(store, FAILED, DELIVERED)
    assert isinstance(await bench.relay.handle(message(attempt=2)), Park)
    bench.clock.advance(3600)
    assert await bench.relay.handle(message(headers={REPLAY_OF: "letter"})) == Ack()
    (row,) = await bench.rows()
    assert (row.status, row.attempts) == ("delivered", 1)


@pytest.mark.parametrize(
    ("urls", "notify_url", "kind", "expected"),
    [
        ({}, URL, NotifyType.CHECK, URL),
        ({}, URL, NotifyType.REFUND, URL),
        ({"check": OTHER}, URL, NotifyType.CHECK, OTHER),
        ({"check": OTHER}, URL, NotifyType.VOUCHER, URL),
        ({"product": OTHER}, URL, NotifyType.PRODUCT, OTHER),
        ({"check": OTHER}, "", NotifyType.CHECK, OTHER),
    ],
)
async def test_each_type_goes_to_its_own_url_else_to_the_common_one(
    store: SqliteStore, urls: Mapping[str, str], notify_url: str, kind: NotifyType, expected: str
) -> None:
    target = replace(TARGET, notify_url=notify_url, notify_urls=MappingProxyType(urls))
    bench = Bench(store, target=target)
    assert await bench.relay.handle(message(notification(kind))) == Ack()
    assert bench.urls == [expected]


@pytest.mark.parametrize(
    ("target", "kind", "app_key", "parked"),
    [
        (replace(TARGET, notify_url=""), NotifyType.VOUCHER, "k", "no_url"),
        (TARGET, NotifyType.PRODUCT, "k", "no_url"),
        (TARGET, NotifyType.CHECK, "stranger", "unknown_channel"),
        (replace(TARGET, secrets=()), NotifyType.CHECK, "k", "no_secret"),
    ],
)
async def test_what_cannot_be_sent_is_parked_and_on_record(
    store: SqliteStore, target: ChannelTarget, kind: NotifyType, app_key: str, parked: str
) -> None:
    content = notification(kind, app_key=app_key)
    await know(store, [content])
    bench = Bench(store, target=target)
    outcome = await bench.relay.handle(message(content))
    assert isinstance(outcome, Park)
    assert outcome.kind == parked
    assert bench.urls == []
    assert [row.status for row in await bench.rows()] == ["dead"]


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[]", b'{"data":{}}', message().body.replace(b"channel.not", b"x.not")]
)
async def test_what_is_no_notification_is_parked(store: SqliteStore, body: bytes) -> None:
    outcome = await Bench(store).relay.handle(replace(message(), body=body))
    assert isinstance(outcome, Park)
    assert outcome.kind == "unreadable"


async def test_an_endpoint_that_is_gone_is_not_asked_again_until_a_replay_succeeds(
    store: SqliteStore,
) -> None:
    bench = Bench(store, GONE, GONE, DELIVERED)
    replayed = message(headers={REPLAY_OF: "letter"})
    kinds = []
    for incoming in (message(), message(), replayed, message(), replayed, message()):
        outcome = await bench.relay.handle(incoming)
        kinds.append(outcome.kind if isinstance(outcome, Park) else "ack")
    gone = "endpoint_gone"
    assert kinds == [gone, gone, gone, gone, "ack", "ack"]
    assert len(bench.urls) == 4


async def test_another_url_of_the_channel_is_still_served(store: SqliteStore) -> None:
    target = replace(TARGET, notify_urls={"check": OTHER})
    bench = Bench(store, GONE, DELIVERED, target=target)
    assert isinstance(await bench.relay.handle(message()), Park)
    assert await bench.relay.handle(message(notification(NotifyType.VOUCHER))) == Ack()


@pytest.mark.parametrize(
    ("kind", "again", "posts"),
    [
        (NotifyType.CHECK, {"attempt": 1}, 1),
        (NotifyType.CHECK, {"headers": {REPLAY_OF: "letter"}}, 1),
        (NotifyType.CHECK, {}, 1),
        (NotifyType.VOUCHER, {"attempt": 1}, 2),
    ],
)
async def test_a_late_check_never_overwrites_a_newer_one_at_the_channel(
    store: SqliteStore, kind: NotifyType, again: dict[str, Any], posts: int
) -> None:
    older, newer = notification(kind, seq=1), notification(kind, seq=2)
    await know(store, [older, newer])
    bench = Bench(store)
    assert await bench.relay.handle(message(newer)) == Ack()
    assert await bench.relay.handle(message(older, **again)) == Ack()
    assert len(bench.urls) == posts
    told = ("delivered", "HTTP 200, status 200")
    late = told if posts > 1 else ("superseded", "superseded by a newer check")
    assert [(row.status, row.last_answer) for row in await bench.rows()] == [late, told]


async def test_a_newer_check_that_did_not_arrive_supersedes_nothing(store: SqliteStore) -> None:
    older, newer = notification(seq=1), notification(seq=2)
    await know(store, [older, newer])
    bench = Bench(store, FAILED, DELIVERED)
    await bench.relay.handle(message(newer))
    await bench.relay.handle(message(older, attempt=1))
    assert len(bench.urls) == 2


async def test_no_acknowledgement_while_the_store_is_down(store: SqliteStore) -> None:
    class Down(SqliteStore):
        async def record_deliveries(self, results: object) -> None:
            raise StoreUnavailableError(str(results)[:0])

    bench = Bench(Down(store._file), DELIVERED, DELIVERED, DELIVERED, DELIVERED, FAILED)
    waits = [await bench.relay.handle(message(attempt=attempt)) for attempt in (0, 1, 2, 7)]
    assert [wait.delay for wait in waits if isinstance(wait, Retry)] == [1, 5, 5, 5]
    parked = await bench.relay.handle(message(attempt=7))
    assert isinstance(parked, Retry), "nor is anything buried that is not on record"


async def test_a_channel_that_hangs_delays_no_other(store: SqliteStore) -> None:
    hung, released = asyncio.Event(), asyncio.Event()

    class Channels(ScriptedChannels):
        async def deliver(
            self, url: str, headers: Mapping[str, str], body: bytes
        ) -> DeliveryResult:
            if url == OTHER:
                hung.set()
                await released.wait()
            return await super().deliver(url, headers, body)

    other = replace(TARGET, app_key="other", notify_url=OTHER)
    relay = Relay([TARGET, other], Channels(), store, HeldClock())
    async with asyncio.timeout(5):
        slow = asyncio.ensure_future(relay.handle(message(notification(app_key="other"))))
        await hung.wait()
        assert await relay.handle(message()) == Ack()
        assert not slow.done()
        released.set()
        assert await slow == Ack()

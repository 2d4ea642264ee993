"""A queue stops when most of its messages die, and goes on when messages pass again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from contracts import queues
from tests.doubles import NOON, HeldClock
from tests.parity.broker_kit import PATIENCE, order, settles
from worker.broker.embedded import EmbeddedBroker
from worker.clock import SystemClock
from worker.runtime.dead_letter_limit import DeadLetterLimit, Tally
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import Message
from worker.runtime.valve import Valve
from worker.sqlite import SqliteFile

LIMIT = 5
BAD, FORGED = Park("unreadable", "no"), Park("notice_quarantined", "no")


class ByBody:
    """A handler whose word is the message's body."""

    def __init__(self) -> None:
        self.handled: list[bytes] = []

    async def __call__(self, message: Message) -> Outcome:
        self.handled.append(message.body)
        words: dict[bytes, Outcome] = {b"bad": BAD, b"forged": FORGED, b"busy": Retry(600, "busy")}
        return words.get(message.body, Ack())

    async def count(self, number: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(self.handled) < number:  # noqa: ASYNC110  (a list cannot be waited for)
                await asyncio.sleep(0.01)


class Stage:
    """An embedded broker, whose queue of orders is watched."""

    def __init__(self, broker: EmbeddedBroker, limit: int = LIMIT) -> None:
        self.broker = broker
        self.clock = HeldClock()
        self.handler = ByBody()
        self.valve = Valve(broker)
        self.limit = DeadLetterLimit(queues.ORDERS, self.valve, self.clock, limit=limit)

    async def consume(self, concurrency: int = 1) -> None:
        watched = self.limit.watching(self.handler)
        await self.broker.consume(queues.ORDERS, watched, concurrency=concurrency)

    async def publish(self, *bodies: bytes) -> None:
        for body in bodies:
            await self.broker.publish(order(body))

    async def probe(self) -> None:
        """Let the minute pass after which messages are tried."""
        running = asyncio.ensure_future(self.limit.run())
        async with asyncio.timeout(PATIENCE):
            while self.broker.paused():  # noqa: ASYNC110
                await asyncio.sleep(0)
        running.cancel()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    file = SqliteFile(tmp_path / "bridge.db")
    broker = EmbeddedBroker(file, [], SystemClock())
    await broker.start()
    yield Stage(broker)
    await broker.stop_consuming()
    await broker.close()
    await file.close()


async def test_a_queue_whose_messages_mostly_die_stops_with_an_alarm(stage: Stage) -> None:
    await stage.consume()
    with capture_logs() as logs:
        await stage.publish(*[b"bad"] * 20)
        await stage.handler.count(LIMIT)
        await settles(stage.broker, queues.ORDERS, 15)
    assert len(stage.handler.handled) == LIMIT
    assert stage.broker.paused() == [queues.ORDERS]
    alarms = [log for log in logs if log["event"] == "alarm"]
    assert [(a["kind"], a["queue"], a["parked"]) for a in alarms] == [
        ("dead_letter_limit", queues.ORDERS, LIMIT)
    ]


async def test_as_long_as_half_of_them_pass_it_goes_on(stage: Stage) -> None:
    await stage.consume()
    await stage.publish(*[b"good", b"bad"] * 10)
    await stage.handler.count(20)
    assert stage.broker.paused() == []


async def test_what_died_more_than_a_minute_ago_does_not_count(stage: Stage) -> None:
    await stage.consume()
    await stage.publish(*[b"bad"] * (LIMIT - 1))
    await stage.handler.count(LIMIT - 1)
    stage.clock.advance(60)
    await stage.publish(b"bad", b"good")
    await stage.handler.count(LIMIT + 1)
    assert stage.broker.paused() == []


async def test_a_probe_that_passes_opens_it_again(stage: Stage) -> None:
    await stage.consume(concurrency=1)
    await stage.publish(*[b"bad"] * LIMIT, *[b"good"] * 3)
    await stage.handler.count(LIMIT)
    assert stage.broker.paused() == [queues.ORDERS]
    with capture_logs() as logs:
        await stage.probe()
        await stage.handler.count(LIMIT + 3)
    assert [log["event"] for log in logs if "kind" in log] == ["alarm", "alarm_resolved"]
    await settles(stage.broker, queues.ORDERS, 0)
    assert stage.broker.paused() == []


async def test_probes_that_die_keep_it_stopped_and_take_no_more_than_ten(stage: Stage) -> None:
    await stage.consume()
    await stage.publish(*[b"bad"] * (LIMIT + 30), b"good")
    await stage.handler.count(LIMIT)
    for round_ in (1, 2, 3):
        await stage.probe()
        await stage.handler.count(LIMIT + 10 * round_)
        await settles(stage.broker, queues.ORDERS, 31 - 10 * round_)
        assert stage.broker.paused() == [queues.ORDERS]
        assert len(stage.handler.handled) == LIMIT + 10 * round_
    await stage.probe()
    await stage.handler.count(LIMIT + 31)
    assert stage.broker.paused() == []


async def test_a_retry_proves_nothing(stage: Stage) -> None:
    await stage.consume()
    await stage.publish(*[b"bad"] * LIMIT, *[b"busy"] * 10)
    await stage.handler.count(LIMIT)
    await stage.probe()
    await stage.handler.count(LIMIT + 10)
    await settles(stage.broker, queues.ORDERS, 0)
    assert stage.broker.paused() == [queues.ORDERS]


async def test_forgeries_stop_nobody(stage: Stage) -> None:
    await stage.consume()
    await stage.publish(*[b"forged"] * 40, b"good")
    await stage.handler.count(41)
    assert stage.broker.paused() == []


async def test_a_limit_of_nothing_watches_nothing(stage: Stage) -> None:
    unlimited = DeadLetterLimit(queues.ORDERS, stage.valve, stage.clock, limit=0)
    assert unlimited.watching(stage.handler) is stage.handler


async def test_a_queue_is_as_far_open_as_the_strictest_of_its_holders_allows(stage: Stage) -> None:
    valve = stage.valve
    await valve.hold(queues.ORDERS, "one")
    await valve.hold(queues.ORDERS, "other", at_most=1)
    await valve.let_go(queues.ORDERS, "nobody")
    assert stage.broker.paused() == [queues.ORDERS]
    await valve.let_go(queues.ORDERS, "one")
    assert stage.broker.paused() == []
    await valve.hold(queues.ORDERS, "other")
    assert stage.broker.paused() == [queues.ORDERS]
    await valve.let_go(queues.ORDERS, "other")
    assert stage.broker.paused() == []


@given(st.lists(st.tuples(st.floats(-90, 90), st.booleans()), min_size=1, max_size=80))
def test_a_tally_counts_the_last_minute_and_remembers_no_more(
    steps: list[tuple[float, bool]],
) -> None:
    clock, tally = HeldClock(NOON), Tally()
    for seconds, parked in steps:
        clock.advance(seconds)
        tally.add(clock.now(), parked=parked)
        messages, dead = tally.totals()
        assert 1 <= messages <= len(steps)
        assert 0 <= dead <= messages
        assert messages == sum(of_a_second for _, of_a_second, _ in tally._seconds)
        assert dead == sum(of_a_second for _, _, of_a_second in tally._seconds)
        assert len(tally._seconds) <= 61

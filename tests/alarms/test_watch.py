"""One process of several watches; what it finds is opened, told and ended, and nothing is lost."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from contracts import queues
from tests.alarms.watching import PLAN, Watch
from tests.parity.store.kit import order_row
from worker.alarms.book import AlarmBook
from worker.alarms.robots import Robot
from worker.alarms.rules import Thresholds
from worker.alarms.sender import PATIENCE, Sender
from worker.clients.gateways import GatewayClient
from worker.clients.http import Limits
from worker.errors import StoreUnavailableError
from worker.runtime.alarm_records import AlarmRow, AlarmStore
from worker.runtime.ports import Backlog, Transition
from worker.simulators.robots import RobotSimulator
from worker.telemetry import alarm, resolved
from worker.telemetry.alarms import listen, unlisten


async def test_what_must_last_is_an_alarm_once_it_lasted_and_ends_by_itself(watch: Watch) -> None:
    watcher = watch.process()
    watch.empty_handed()
    await watcher.look()
    watch.clock.advance(119)
    await watcher.look()
    assert await watch.opened() == []
    watch.clock.advance(1)
    await watcher.look()
    await watcher.look()
    assert await watch.opened() == [("no_consumer", queues.ORDERS, 1)]
    watch.queues.found = [Backlog(queues.ORDERS, 5, consumers=1)]
    await watcher.look()
    assert await watch.opened() == []
    [over] = await watch.over()
    assert (over.kind, over.resolved_by) == ("no_consumer", "worker")


async def test_of_two_processes_one_watches_until_it_dies(watch: Watch) -> None:
    plan = replace(PLAN, thresholds=Thresholds(no_consumer=0.001, deadline_share=0))
    first, second = watch.process(plan), watch.process(plan)
    watch.empty_handed()
    assert [await first.look(), await second.look()] == [True, False]
    watch.clock.advance(15)
    assert [await second.look(), await first.look()] == [False, True]
    assert await watch.opened() == [("no_consumer", queues.ORDERS, 1)]
    watch.clock.advance(61)
    assert await second.look()
    assert not await first.look()


async def test_an_order_has_an_alarm_for_as_long_as_it_is_in_front_of_a_human(watch: Watch) -> None:
    human = order_row("o1", human="pay is unknown")
    await watch.store.commit(Transition(human))
    watcher = watch.process()
    await watcher.look()
    assert await watch.opened() == [("order_needs_human", "o1", 1)]
    [opened] = await watch.store.alarms()
    assert (opened.severity, opened.text) == (
        "critical",
        "an order is in front of a human: pay is unknown",
    )
    watch.clock.advance(301)
    await watcher.look()
    assert await watch.opened() == [("order_needs_human", "o1", 2)]
    await watch.store.commit(Transition(replace(human, version=2, human=None)))
    await watcher.look()
    assert await watch.opened() == []


async def test_what_happened_once_is_over_after_a_quiet_day_and_forgotten_later(
    watch: Watch,
) -> None:
    await watch.book.keep("endpoint_gone", {"app_key": "k"})
    await watch.book.keep("channel_failing", {"app_key": "k"})
    watch.clock.advance(86_401)
    await watch.process().look()
    assert [kind for kind, _, _ in await watch.opened()] == ["channel_failing"]
    watch.clock.advance(91 * 86_400)
    await watch.process().look()
    assert await watch.over() == []


class Moody:
    """A store that does not always answer."""

    def __init__(self, store: AlarmStore) -> None:
        self.store = store
        self.away = True

    async def raise_alarm(self, *values: object) -> AlarmRow:
        if self.away:
            raise StoreUnavailableError("away")
        return await self.store.raise_alarm(*values)  # type: ignore[arg-type]


async def test_an_alarm_in_the_middle_of_work_is_kept_once_the_database_answers(
    watch: Watch,
) -> None:
    store = Moody(watch.store)
    book = AlarmBook(cast(AlarmStore, store), watch.clock, ["ops"], 3_600)
    listen(book)
    try:
        alarm("channel_failing", app_key="k", percent=50, answer="HTTP 500")
        await book.flush()
        assert await watch.opened() == []
        store.away = False
        alarm("channel_failing", app_key="k", percent=70, answer="HTTP 500")
        await book.flush()
    finally:
        unlisten(book)
    assert await watch.opened() == [("channel_failing", "k", 2)]


async def test_the_word_that_it_is_over_ends_an_alarm(watch: Watch) -> None:
    listen(watch.book)
    try:
        alarm("zzy_down", text="ZZY does not answer")
        resolved("zzy_down")
        resolved("dead_letter_limit", queue="never")
        await watch.book.flush()
    finally:
        unlisten(watch.book)
    assert await watch.opened() == []
    assert [one.kind for one in await watch.over()] == ["zzy_down"]


# --- the robots ---------------------------------------------------------------------------


@pytest.fixture
async def robots() -> AsyncIterator[RobotSimulator]:
    simulator = RobotSimulator(secret="SEC1")
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def http() -> AsyncIterator[GatewayClient]:
    client = GatewayClient(Limits(total=5))
    yield client
    await client.close()


class Told:
    """Senders of one robot; each is another process, with nothing in its memory."""

    def __init__(self, watch: Watch, robots: RobotSimulator, http: GatewayClient) -> None:
        self.watch, self.robots, self.http = watch, robots, http

    async def tell(self) -> list[str]:
        """Run a turn of a fresh process, by a clock of now, and return what is new in the chat."""
        before = len(self.robots.heard)
        robot = Robot("ops", "wecom", self.robots.address("wecom"))
        await Sender([robot], self.watch.store, self.http, self.watch.clock).tell()
        return [heard.text for heard in self.robots.heard[before:]]


@pytest.fixture
def chat(watch: Watch, robots: RobotSimulator, http: GatewayClient) -> Told:
    return Told(watch, robots, http)


async def test_a_robot_that_refuses_is_told_later_by_whoever_lives_then(chat: Told) -> None:
    await chat.watch.book.keep("zzy_down", {})
    chat.robots.lots.force("too_many", times=2)
    assert await chat.tell() == []
    chat.watch.clock.advance(4)
    assert await chat.tell() == []
    chat.watch.clock.advance(1)
    assert await chat.tell() == []
    chat.watch.clock.advance(15)
    [text] = await chat.tell()
    assert "critical zzy_down" in text
    chat.watch.clock.advance(3_000)
    assert await chat.tell() == []
    assert chat.robots.posts == 3


async def test_several_alarms_are_one_message_and_the_end_is_told(chat: Told) -> None:
    await chat.watch.book.keep("zzy_down", {})
    await chat.watch.book.keep("endpoint_gone", {"app_key": "k"})
    [text] = await chat.tell()
    assert text.count("告警") == 2
    await chat.watch.book.end("zzy_down", "")
    [text] = await chat.tell()
    assert "【ticketbridge 已恢复】critical zzy_down" in text


async def test_what_a_robot_never_takes_is_given_up_after_a_day(chat: Told) -> None:
    await chat.watch.book.keep("zzy_down", {})
    chat.robots.lots.change(http_500=1)
    await chat.tell()
    chat.watch.clock.advance(PATIENCE.total_seconds() + 1)
    await chat.tell()
    chat.robots.lots.change(http_500=0)
    chat.watch.clock.advance(86_400)
    assert await chat.tell() == []


async def test_a_robot_that_is_no_longer_configured_delays_nobody(chat: Told) -> None:
    gone = AlarmBook(chat.watch.store, chat.watch.clock, ["gone", "ops"], 0)
    await gone.keep("zzy_down", {})
    assert len(await chat.tell()) == 1
    now = chat.watch.clock.now() + timedelta(days=9)
    assert await chat.watch.store.claim_robot_messages(now, now, limit=9) == []


async def test_two_processes_tell_a_thing_once(chat: Told) -> None:
    for number in range(5):
        await chat.watch.book.keep("endpoint_gone", {"app_key": f"k{number}"})
    await asyncio.gather(chat.tell(), chat.tell())
    assert sum(heard.text.count("endpoint_gone") for heard in chat.robots.heard) == 5

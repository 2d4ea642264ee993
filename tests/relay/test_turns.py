"""Checks of one order reach the channel one at a time, and the newest last."""

import asyncio
import random
from collections.abc import Mapping

import pytest

from contracts.channel import NotifyType
from contracts.events import ChannelNotification
from contracts.headers import REPLAY_OF
from tests.doubles import DELIVERED, HeldClock, ScriptedChannels
from tests.relay.notifications import OURS, TARGET, know, message, notification
from worker.relay.handler import Relay
from worker.runtime.outcome import Ack, Park, Retry
from worker.runtime.ports import NotificationRow, Turn, TurnAsked
from worker.store.sqlite import SqliteStore
from worker.translation.delivery import Answered, DeliveryResult

FAILED = Answered(500, b"", None, 0.1)
OLDER, NEWER = notification(seq=1), notification(seq=2)
TIMEOUT = 10.0


class SlowChannels(ScriptedChannels):
    """Keeps the first delivery until ``gate`` is set; knows who came and who was answered."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.gate = asyncio.Event(), asyncio.Event()
        self.events: list[str] = []

    async def deliver(self, url: str, headers: Mapping[str, str], body: bytes) -> DeliveryResult:
        name = headers["Webhook-Id"]
        self.events.append(f"+{name}")
        if not self.begun.is_set():
            self.begun.set()
            await self.gate.wait()
        self.events.append(f"-{name}")
        return await super().deliver(url, headers, body)


class OpeningClock(HeldClock):
    """Sets the gate once somebody has slept a few times: so he did wait."""

    def __init__(self, gate: asyncio.Event, naps: int = 3) -> None:
        super().__init__()
        self.naps, self._gate = naps, gate

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        self.naps -= 1
        if not self.naps:
            self._gate.set()


class CountingStore(SqliteStore):
    """Counts the turns that were asked for; ``says`` answers in the file's stead."""

    turns = 0
    says: Turn | None = None

    async def take_turn(self, asked: TurnAsked) -> Turn:
        self.turns += 1
        return self.says or await super().take_turn(asked)


async def rows(store: SqliteStore) -> list[tuple[str, str]]:
    return [(row.status, row.last_answer) for row in await store.notifications(OURS)]


def relay(store: SqliteStore, channels: ScriptedChannels, clock: HeldClock) -> Relay:
    return Relay([TARGET], channels, store, clock, retry_delays=(1, 5), timeout=TIMEOUT)


async def test_a_newer_check_waits_for_one_on_its_way_in_this_process(store: SqliteStore) -> None:
    await know(store, [OLDER, NEWER])
    counting, channels, clock = CountingStore(store._file), SlowChannels(), HeldClock()
    one = relay(counting, channels, clock)
    async with asyncio.timeout(5):
        slow = asyncio.ensure_future(one.handle(message(OLDER)))
        await channels.begun.wait()
        waiting = asyncio.ensure_future(one.handle(message(NEWER)))
        voucher = message(notification(NotifyType.VOUCHER))
        assert await one.handle(voucher) == Ack(), "only checks wait for checks"
        channels.gate.set()
        assert {await slow, await waiting} == {Ack()}
    checks = [event for event in channels.events if "check" in event]
    assert checks == ["+msg_check_1", "-msg_check_1", "+msg_check_2", "-msg_check_2"]
    assert counting.turns == 2, "one statement a check, none for a voucher, and no asking again"


async def test_a_newer_check_waits_for_one_on_its_way_elsewhere(store: SqliteStore) -> None:
    await know(store, [OLDER, NEWER])
    channels = SlowChannels()
    clock = OpeningClock(channels.gate)
    async with asyncio.timeout(5):
        slow = asyncio.ensure_future(relay(store, channels, clock).handle(message(OLDER)))
        await channels.begun.wait()
        other = relay(store, channels, clock)
        assert await other.handle(message(NEWER)) == Ack()
        assert await slow == Ack()
    assert channels.events == ["+msg_check_1", "-msg_check_1", "+msg_check_2", "-msg_check_2"]


async def test_an_older_check_that_waited_is_superseded(store: SqliteStore) -> None:
    await know(store, [OLDER, NEWER])
    channels = SlowChannels()
    clock = OpeningClock(channels.gate)
    async with asyncio.timeout(5):
        first = asyncio.ensure_future(relay(store, channels, clock).handle(message(NEWER)))
        await channels.begun.wait()
        assert await relay(store, channels, clock).handle(message(OLDER)) == Ack()
        assert await first == Ack()
    assert channels.events == ["+msg_check_2", "-msg_check_2"]
    assert await rows(store) == [
        ("superseded", "superseded by a newer check"),
        ("delivered", "HTTP 200, status 200"),
    ]


@pytest.mark.parametrize(
    ("phase", "posts"), [("issued", 0), ("creating", 0), ("refused", 1), ("cancelled", 1)]
)
async def test_a_failure_whose_number_was_ordered_anew_is_left_out(
    store: SqliteStore, phase: str, posts: int
) -> None:
    failure, channels = notification(NotifyType.ORDER_FAILED), ScriptedChannels()
    await know(store, [failure], phase=phase)
    assert await relay(store, channels, HeldClock()).handle(message(failure)) == Ack()
    assert len(channels.posts) == posts
    [(status, _)] = await rows(store)
    assert status == ("delivered" if posts else "superseded")


@pytest.mark.parametrize("following", [OLDER, NEWER])
async def test_a_crash_on_the_way_leaves_nothing_stuck(
    store: SqliteStore, following: ChannelNotification
) -> None:
    await know(store, [OLDER, NEWER])
    channels, clock = SlowChannels(), HeldClock()
    crashed = asyncio.ensure_future(relay(store, channels, clock).handle(message(OLDER)))
    async with asyncio.timeout(5):
        await channels.begun.wait()
        crashed.cancel()
        await asyncio.wait([crashed])
        began = clock.now()
        assert await relay(store, channels, clock).handle(message(following)) == Ack()
    waited = (clock.now() - began).total_seconds()
    assert TIMEOUT < waited <= TIMEOUT + 10, "the turn outlives the delivery, and ends"


async def test_a_replayed_dead_check_is_not_sent_after_a_newer_one(store: SqliteStore) -> None:
    await know(store, [OLDER, NEWER])
    channels, clock = ScriptedChannels([FAILED, DELIVERED]), HeldClock()
    one = relay(store, channels, clock)
    assert isinstance(await one.handle(message(OLDER, attempt=2)), Park)
    assert await one.handle(message(NEWER)) == Ack()
    assert await one.handle(message(OLDER, headers={REPLAY_OF: "letter"})) == Ack()
    assert len(channels.posts) == 2
    assert (await rows(store))[0] == ("superseded", "superseded by a newer check")


async def test_a_check_that_the_channel_has_is_not_sent_again(store: SqliteStore) -> None:
    await know(store, [OLDER])
    channels = ScriptedChannels()
    one = relay(store, channels, HeldClock())
    for headers in ({}, {}, {REPLAY_OF: "letter"}):
        assert await one.handle(message(OLDER, headers=headers)) == Ack()
    assert len(channels.posts) == 1
    assert await rows(store) == [("delivered", "HTTP 200, status 200")]


async def test_who_waits_too_long_comes_again_and_records_nothing(store: SqliteStore) -> None:
    await know(store, [OLDER])
    counting, channels, clock = CountingStore(store._file), ScriptedChannels(), HeldClock()
    counting.says = Turn.BUSY
    outcome = await relay(counting, channels, clock).handle(message(OLDER, attempt=1))
    assert outcome == Retry(1, "another check of the order is being delivered")
    assert channels.posts == []
    assert await rows(store) == [("pending", "")]


class Book(ScriptedChannels):
    """A channel that keeps what it is told, and fails now and then, by lot."""

    def __init__(self, lots: random.Random) -> None:
        super().__init__()
        self.kept: list[int] = []
        self._lots = lots

    async def deliver(self, url: str, headers: Mapping[str, str], body: bytes) -> DeliveryResult:
        for _ in range(self._lots.randrange(4)):
            await asyncio.sleep(0)
        fate = self._lots.choice(["taken", "taken", "lost", "refused"])
        if fate != "refused":
            self.kept.append(int(headers["Webhook-Id"].rpartition("_")[2]))
        self.answers = [DELIVERED if fate == "taken" else FAILED]
        return await super().deliver(url, headers, body)


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_the_newest_is_what_the_channel_keeps(
    store: SqliteStore, seed: int
) -> None:
    lots = random.Random(seed)
    contents = [notification(seq=seq) for seq in range(1, 6)]
    await know(store, contents)
    channels, clock = Book(lots), HeldClock()
    relays = [relay(store, channels, clock) for _ in range(3)]

    async def come(number: int) -> None:
        attempt = 0
        while True:
            outcome = await lots.choice(relays).handle(message(contents[number], attempt=attempt))
            if isinstance(outcome, Ack):
                return
            attempt = 1 if isinstance(outcome, Retry) else 0
            await asyncio.sleep(0)

    order = [0, 1, 2, 3, 4, *lots.choices(range(5), k=3)]
    lots.shuffle(order)
    async with asyncio.timeout(20):
        await asyncio.gather(*map(come, order))
    assert channels.kept[-1] == 5
    row: NotificationRow = (await store.notifications(OURS))[-1]
    assert row.status == "delivered"
    assert {status for status, _ in await rows(store)} <= {"delivered", "superseded"}

"""How old the oldest message of a queue is, for a process that takes none itself."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.doubles import NOON, HeldClock
from worker.errors import BrokerUnavailableError
from worker.runtime.ports import Backlog
from worker.runtime.queue_ages import REPORT_SECONDS, QueueAges
from worker.sqlite import SqliteFile
from worker.store.sqlite import SqliteStore

QUEUE = "ticketbridge.orders"


@dataclass
class Rabbit:
    """What one process hears of RabbitMQ: ``oldest_at`` where it takes messages itself."""

    found: list[Backlog] = field(default_factory=list)

    def waits(
        self, count: int, oldest_at: datetime | None = None, consumers: int | None = 1
    ) -> None:
        self.found = [Backlog(QUEUE, count, oldest_at, consumers)]

    async def backlogs(self, _names: Sequence[str]) -> list[Backlog]:
        if not self.found:
            raise BrokerUnavailableError("away")
        return self.found


class House:
    """A process that takes messages, and one that shows how long they wait."""

    def __init__(self, store: SqliteStore) -> None:
        self.clock = HeldClock()
        self.taking, self.showing = Rabbit(), Rabbit()
        self._taker = QueueAges(self.taking, store, self.clock)
        self._shower = QueueAges(self.showing, store, self.clock)

    async def report(self) -> None:
        await self._taker.report([QUEUE])

    async def age(self) -> float | None:
        [one] = await self._shower.backlogs([QUEUE])
        return None if one.oldest_at is None else (self.clock.now() - one.oldest_at).total_seconds()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    file = SqliteFile(tmp_path / "bridge.db")
    store = SqliteStore(file)
    await store.start()
    yield House(store)
    await file.close()


async def test_what_the_taker_knows_is_shown_elsewhere(house: House) -> None:
    house.showing.waits(7)
    assert await house.age() is None
    house.taking.waits(7, NOON - timedelta(seconds=40))
    await house.report()
    assert await house.age() == 40
    house.clock.advance(REPORT_SECONDS)
    house.taking.waits(7, NOON)
    await house.report()
    assert await house.age() == REPORT_SECONDS


async def test_nothing_is_older_than_a_queue_that_was_empty(house: House) -> None:
    house.taking.waits(3, NOON - timedelta(seconds=3_600))
    await house.report()
    house.clock.advance(60)
    house.taking.waits(0)
    await house.report()
    house.clock.advance(30)
    house.showing.waits(1)
    assert await house.age() == 30


async def test_after_the_takers_death_it_grows(house: House) -> None:
    house.taking.waits(3, NOON)
    await house.report()
    house.clock.advance(500)
    house.showing.waits(3, consumers=0)
    assert await house.age() == 500
    house.showing.waits(0, consumers=0)
    assert await house.age() is None


async def test_a_broker_that_knows_is_believed(house: House) -> None:
    house.taking.waits(3, NOON)
    await house.report()
    exact = NOON - timedelta(seconds=9)
    house.showing.waits(3, exact, consumers=None)
    assert await house.age() == 9


async def test_a_broker_that_is_away_is_away(house: House) -> None:
    with pytest.raises(BrokerUnavailableError):
        await house.report()
    with pytest.raises(BrokerUnavailableError):
        await house.age()

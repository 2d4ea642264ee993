"""A commit that failed and was made all the same leaves no message in nobody's hands."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contracts import queues
from worker.broker.embedded import EmbeddedBroker
from worker.clock import SystemClock
from worker.errors import PublishUnknownError, StoreUnknownError
from worker.runtime.outcome import Ack, Outcome
from worker.runtime.ports import Message
from worker.sqlite import SqliteFile
from worker.sqlite.lane import Work


class DoubtfulFile(SqliteFile):
    """A file that does not always say that a change was made."""

    doubtful = ""
    """The function whose next change is made and reported as failed."""

    async def write(self, work: Work[object]) -> object:  # type: ignore[override]
        result = await super().write(work)
        if self.doubtful and self.doubtful in work.__qualname__:
            self.doubtful = ""
            raise StoreUnknownError
        return result


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[DoubtfulFile]:
    opened = DoubtfulFile(tmp_path / "bridge.db")
    yield opened
    await opened.close()


@pytest.fixture
async def broker(file: DoubtfulFile) -> AsyncIterator[EmbeddedBroker]:
    opened = EmbeddedBroker(file, ["k"], SystemClock())
    await opened.start()
    yield opened
    await opened.stop_consuming()
    await opened.close()


class Inbox:
    def __init__(self) -> None:
        self._got: asyncio.Queue[Message] = asyncio.Queue()

    async def __call__(self, message: Message) -> Outcome:
        await self._got.put(message)
        return Ack()

    async def get(self) -> Message:
        async with asyncio.timeout(10):
            return await self._got.get()


def message(name: str) -> Message:
    return Message(queues.ORDERS, "t", b"{}", name)


async def test_a_publish_that_may_have_been_made_says_so_and_its_message_comes(
    broker: EmbeddedBroker, file: DoubtfulFile
) -> None:
    inbox = Inbox()
    await broker.consume(queues.ORDERS, inbox, concurrency=2)
    await broker._consumers[queues.ORDERS]._idle.wait()  # it is handed what is published now
    file.doubtful = "_publish_into"
    with pytest.raises(PublishUnknownError):
        await broker.publish(message("doubtful"))
    assert (await inbox.get()).message_id == "doubtful"


async def test_what_a_failed_claim_took_comes_all_the_same(
    broker: EmbeddedBroker, file: DoubtfulFile
) -> None:
    inbox = Inbox()
    await broker.publish(message("waiting"))
    file.doubtful = "claim"
    await broker.consume(queues.ORDERS, inbox, concurrency=2)
    assert (await inbox.get()).message_id == "waiting"
    assert not file.doubtful

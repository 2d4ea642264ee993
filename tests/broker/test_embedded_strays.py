"""A commit that failed and was made all the same leaves no message in nobody's hands."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from contracts import queues
from worker.broker import embedded_rows
from worker.broker.embedded import EmbeddedBroker
from worker.clock import SystemClock
from worker.errors import PublishUnknownError, StoreUnknownError
from worker.runtime.outcome import Ack, Outcome
from worker.runtime.ports import Message
from worker.sqlite import SqliteFile
from worker.sqlite.jobs import Brief, Work


class DoubtfulFile(SqliteFile):
    """A file that does not always say that a change was made."""

    doubtful = ""
    """The function whose next change is made and reported as failed."""
    doubted: asyncio.Event | None = None
    """Set then; and a later change of that function waits for :attr:`go_on`."""
    go_on: asyncio.Event | None = None

    async def write(self, work: Work[object]) -> object:  # type: ignore[override]
        name = (work.work if isinstance(work, Brief) else work).__qualname__
        if self.doubted and self.go_on and self.doubted.is_set() and "flush" in name:
            await self.go_on.wait()
        result = await super().write(work)
        if self.doubtful and self.doubtful in name:
            self.doubtful = ""
            if self.doubted:
                self.doubted.set()
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


async def test_an_acknowledgement_that_is_written_again_takes_no_later_message_with_it(
    broker: EmbeddedBroker, file: DoubtfulFile
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def handle(message: Message) -> Outcome:
        if message.message_id == "second":
            begun.set()
            await ended.wait()
        return Ack()

    await broker.consume(queues.ORDERS, handle, concurrency=2)
    await broker._consumers[queues.ORDERS]._idle.wait()
    file.doubtful, file.doubted, file.go_on = "flush", asyncio.Event(), asyncio.Event()
    await broker.publish(message("first"))
    async with asyncio.timeout(10):
        await file.doubted.wait()
        await broker.publish(message("second"))
        await begun.wait()
        file.go_on.set()
        while broker._hands._acked:
            await broker._hands.flush()
    assert await broker.depth(queues.ORDERS) == 1, "it is at work, and nobody acknowledged it"
    ended.set()


async def test_a_file_of_an_older_release_gives_no_number_twice_from_now_on(
    tmp_path: Path,
) -> None:
    old = embedded_rows.MESSAGES.replace(" AUTOINCREMENT", "")
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection, connection:
        connection.execute(old)
        embedded_rows.insert(connection, message("kept"), 0, None)
    file = SqliteFile(tmp_path / "old.db")
    opened, inbox = EmbeddedBroker(file, ["k"], SystemClock()), Inbox()
    await opened.start()
    await opened.consume(queues.ORDERS, inbox, concurrency=1)
    assert (await inbox.get()).message_id == "kept"
    await opened.stop_consuming()
    await opened.close()
    await file.close()
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        [made] = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'broker_messages'")
        left = connection.execute("SELECT count(*) FROM broker_messages").fetchone()
    assert "AUTOINCREMENT" in made[0]
    assert left == (0,)

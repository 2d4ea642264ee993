"""The parts of the RabbitMQ connection that need no server."""

import asyncio
import gc
import logging

import aio_pika
import pytest
from aiormq import spec
from aiormq.abc import DeliveredMessage
from pamqp.header import ContentHeader

from worker.broker import connection
from worker.broker.connection import Link, described, guarded
from worker.errors import BrokerUnavailableError
from worker.tasks import TaskGroup


async def cancels_itself() -> None:
    raise asyncio.CancelledError


async def test_a_cancellation_of_the_librarys_own_is_a_connection_error() -> None:
    with pytest.raises(ConnectionError):
        await guarded(cancels_itself())


async def test_a_cancellation_of_ours_stays_one() -> None:
    task = asyncio.ensure_future(guarded(asyncio.Event().wait()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_time_out_around_it_stays_one() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await guarded(asyncio.Event().wait())


async def test_a_link_that_is_waited_for_tries_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries: asyncio.Queue[str] = asyncio.Queue()

    async def refused(*_: object, **__: object) -> None:
        tries.put_nowait("refused")
        raise ConnectionError

    async def up() -> None: ...

    monkeypatch.setattr(connection, "FIRST_BACKOFF_SECONDS", 600)
    monkeypatch.setattr(Link, "_connected", refused)
    tasks = TaskGroup(lambda _name, _error: None)
    link = Link("amqp://nobody/", "publisher", tasks, up)
    link.drop(link.generation)
    tasks.start(link._keep(), "keep")
    async with asyncio.timeout(10):
        await tries.get()
        await link.until_up(0)
        await tries.get()
    await tasks.stop()


def test_no_message_gets_into_the_librarys_log_lines(caplog: pytest.LogCaptureFixture) -> None:
    message = DeliveredMessage(
        delivery=spec.Basic.Return(),
        header=ContentHeader(),
        body=b"13800000000",
        channel=object(),  # type: ignore[arg-type]
    )
    with caplog.at_level(logging.DEBUG, "aiormq.channel"):
        logging.getLogger("aiormq.channel").error("Unhandled message %r returning", message)
    assert "Unhandled message 'a message' returning" in caplog.text
    assert "13800000000" not in caplog.text


def test_an_error_is_described_in_the_brokers_words_and_briefly() -> None:
    assert described(ConnectionError("ACCESS_REFUSED")) == "ConnectionError: ACCESS_REFUSED"
    assert len(described(ConnectionError("x" * 1000))) == 300


@pytest.mark.filterwarnings("error")
async def test_a_connection_that_could_not_be_made_is_closed_at_once() -> None:
    async def up() -> None: ...

    link = Link("amqp://127.0.0.1:1/", "publisher", TaskGroup(lambda _name, _error: None), up)
    with pytest.raises(BrokerUnavailableError):
        await link.start()
    left = [one for one in gc.get_objects() if isinstance(one, aio_pika.Connection)]
    assert all(one.is_closed for one in left)

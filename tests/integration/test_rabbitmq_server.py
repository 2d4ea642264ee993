"""RabbitMQ itself fails (killed, frozen, out of memory), or is spoken to over TLS.

On a private server: it is all ours.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from contracts import queues
from tests.parity.broker_kit import Collector, Gate, order
from tests.servers.rabbit import RabbitServer, control
from tests.servers.tls import TlsRabbitServer
from worker.broker.look import look_at_rabbitmq
from worker.broker.rabbitmq import RabbitBroker
from worker.errors import BrokerUnavailableError, PublishUnknownError

pytestmark = [pytest.mark.servers, pytest.mark.slow]


@pytest.fixture(scope="module")
def server() -> Iterator[TlsRabbitServer]:
    private = TlsRabbitServer()
    private.start()
    yield private
    private.discard()


@pytest.fixture
async def broker(server: RabbitServer) -> AsyncIterator[RabbitBroker]:
    opened = RabbitBroker(server.url, ["k"], publish_timeout=2)
    await opened.start()
    yield opened
    await opened.close()


async def wait_until_well(broker: RabbitBroker) -> None:
    async with asyncio.timeout(60):
        while broker.problems():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def publish_on(broker: RabbitBroker) -> None:
    """Publish for five seconds: an alarm reaches a connection with its next publish."""
    for _ in range(50):
        await broker.publish(order(queue=queues.NOTICES))
        await asyncio.sleep(0.1)


async def blocked(broker: RabbitBroker) -> None:
    """Return once RabbitMQ has told the publisher that it reads nothing."""
    async with asyncio.timeout(10):
        while True:
            try:
                await asyncio.wait_for(broker._publishing.unblocked(), 0.2)
            except TimeoutError:
                return


async def test_a_frozen_server_leaves_the_outcome_unknown_and_work_goes_on_afterwards(
    server: RabbitServer, broker: RabbitBroker
) -> None:
    handler = Collector()
    await broker.consume(queues.ORDERS, handler, concurrency=1)
    server.pause()
    try:
        began = time.monotonic()
        with pytest.raises(PublishUnknownError):
            await broker.publish(order())
        assert time.monotonic() - began < 3
    finally:
        server.resume()
    await wait_until_well(broker)
    await broker.publish(order(b"after"))
    async with asyncio.timeout(15):
        while b"after" not in [message.body for message in handler.messages]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_without_memory_publishing_is_refused_and_acknowledging_goes_on(
    server: RabbitServer, broker: RabbitBroker
) -> None:
    gate = Gate()
    await broker.consume(queues.NOTICES, gate, concurrency=1)
    await broker.publish(order(queue=queues.NOTICES))
    await gate.wait(1)
    await asyncio.to_thread(control, server.folder, "set_vm_memory_high_watermark", "0.00001")
    try:
        writing = asyncio.ensure_future(publish_on(broker))
        await blocked(broker)
        with pytest.raises(BrokerUnavailableError):
            await broker.publish(order(queue=queues.NOTICES))
        with pytest.raises(PublishUnknownError):  # it was written before the alarm came
            await writing
        looked = await look_at_rabbitmq(server.url, ["k"])
        alarmed = {one.check: one.state for one in looked.problems}
        assert alarmed["broker alarms"] == "broken"
        for _ in range(2):
            began = time.monotonic()
            with pytest.raises(BrokerUnavailableError):
                await broker.publish(order(queue=queues.NOTICES))
            assert time.monotonic() - began < 1.5
        assert any("memory" in problem for problem in broker.problems())
        held = len(gate.messages)
        gate.opened.set()
        await gate.wait(held)
    finally:
        await asyncio.to_thread(control, server.folder, "set_vm_memory_high_watermark", "0.4")
    await wait_until_well(broker)
    await broker.publish(order(queue=queues.NOTICES))


async def test_confirmed_and_delayed_messages_outlive_a_killed_server(
    server: RabbitServer, broker: RabbitBroker
) -> None:
    handler = Collector()
    bodies = [b"%d" % n for n in range(50)]
    await asyncio.gather(
        *(broker.publish(order(body), delay=n % 2) for n, body in enumerate(bodies))
    )
    await asyncio.to_thread(server.kill)
    with pytest.raises((BrokerUnavailableError, PublishUnknownError)):
        await broker.publish(order())
    await asyncio.to_thread(server.start)
    await wait_until_well(broker)
    await broker.consume(queues.ORDERS, handler, concurrency=10)
    got = await handler.wait(50)
    assert {message.body for message in got} == set(bodies)
    assert broker.problems() == []


async def test_over_tls_messages_pass_as_without_it_and_a_lost_connection_is_made_again(
    server: TlsRabbitServer,
) -> None:
    broker, handler = RabbitBroker(server.tls_url, ["k"], publish_timeout=2), Collector()
    await broker.start()
    try:
        await broker.consume(queues.NOTICES, handler, concurrency=10)
        bodies = {b"%d" % n for n in range(50)} | {bytes(300_000)}
        await asyncio.gather(*(broker.publish(order(b, queue=queues.NOTICES)) for b in bodies))
        assert {message.body for message in await handler.wait(51)} == bodies
        cut = 'rabbit_networking:close_all_user_connections(<<"guest">>, <<"a test">>).'
        await asyncio.to_thread(control, server.folder, "eval", cut)
        await wait_until_well(broker)
        await broker.publish(order(b"after", queue=queues.NOTICES))
        assert b"after" in [message.body for message in await handler.wait(52)]
    finally:
        await broker.close()


@pytest.mark.parametrize("trusted", ["", "?cafile={folder}/server.pem"])
async def test_a_server_that_nobody_vouches_for_is_told_nothing(
    server: TlsRabbitServer, trusted: str
) -> None:
    url = server.tls_address + trusted.format(folder=server.folder)
    with pytest.raises(BrokerUnavailableError, match="CERTIFICATE_VERIFY_FAILED"):
        await RabbitBroker(url, ["k"]).start()
    with pytest.raises(BrokerUnavailableError, match="CERTIFICATE_VERIFY_FAILED"):
        await look_at_rabbitmq(url, ["k"])


async def test_doctor_looks_over_tls(server: TlsRabbitServer, broker: RabbitBroker) -> None:
    assert broker.problems() == []
    looked = await look_at_rabbitmq(server.tls_url, ["k"])
    assert "broken" not in {one.state for one in looked.problems}

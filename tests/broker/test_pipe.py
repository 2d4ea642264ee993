"""Messages past the library: confirms, returns, deliveries in pieces, the end of a channel."""

import asyncio
from typing import Any

import pytest
from aiormq import spec
from pamqp import frame
from pamqp.body import ContentBody
from pamqp.header import ContentHeader

from worker.broker.codec import Incoming, Parcel
from worker.broker.pipe import Pipe, RefusedError, ReturnedError
from worker.broker.tap import Gatherer, Tap

ROOM = 1000


class Wire:
    """A tap with one pipe, and what each side wrote."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.written: list[bytes] = []
        self.taken: list[Incoming] = []
        self.reader = asyncio.StreamReader(2**16, loop)
        self.tap = Tap(self.reader, loop)
        self.pipe = Pipe(1, ROOM, self.written.append)
        self.pipe.on_delivery = self.taken.append
        self.tap.add(1, self.pipe)

    def send(self, name: str) -> asyncio.Future[None]:
        properties = spec.Basic.Properties(message_id=name)
        deadline = asyncio.get_running_loop().time() + 10
        return self.pipe.publish(Parcel("", "k", properties, b"{}"), deadline)

    def hear(self, *told: Any, channel: int = 1, step: int = 0) -> None:  # noqa: ANN401
        """Let the broker's frames come in, in pieces of ``step`` bytes."""
        data = b"".join(frame.marshal(one, channel) for one in told)
        step = step or len(data)
        for at in range(0, len(data), step):
            self.tap.data_received(data[at : at + step])

    async def left(self) -> list[Any]:
        """Return what came through to the library."""
        self.reader.feed_eof()
        data, read = await self.reader.read(), []
        while data:
            size, _, one = frame.unmarshal(data)
            read.append(one)
            data = data[size:]
        return read


def content(name: str, body: bytes) -> list[Any]:
    properties = spec.Basic.Properties(message_id=name)
    halves = (body[: len(body) // 2], body[len(body) // 2 :])
    return [ContentHeader(0, len(body), properties), *(ContentBody(b) for b in halves if b)]


async def test_a_confirm_ends_its_own_publish_and_with_multiple_those_before() -> None:
    wire = Wire()
    sent = [wire.send(str(number)) for number in range(4)]
    wire.hear(spec.Basic.Ack(2))
    assert [one.done() for one in sent] == [False, True, False, False]
    wire.hear(spec.Basic.Ack(3, multiple=True), spec.Basic.Nack(4))
    await asyncio.gather(*sent[:3])
    with pytest.raises(RefusedError):
        await sent[3]


async def test_what_was_returned_is_not_confirmed() -> None:
    wire = Wire()
    first, second = wire.send("1"), wire.send("2")
    returned = [spec.Basic.Return(312, "NO_ROUTE", "", "k"), *content("2", b"{}")]
    wire.hear(*returned, spec.Basic.Ack(2, multiple=True))
    await first
    with pytest.raises(ReturnedError):
        await second
    assert wire.taken == []


async def test_a_publish_whose_time_is_over_ends_and_a_late_confirm_does_no_harm() -> None:
    wire = Wire()
    deadline = asyncio.get_running_loop().time()
    late = wire.pipe.publish(Parcel("", "k", spec.Basic.Properties(), b""), deadline)
    other = wire.send("2")
    with pytest.raises(TimeoutError):
        await late
    wire.hear(spec.Basic.Ack(2, multiple=True))
    await other


@pytest.mark.parametrize("step", [0, 1, 7, 100])
async def test_deliveries_come_whole_in_whatever_pieces_they_come_in(step: int) -> None:
    wire = Wire()
    bodies = [b"", b"x", b"y" * 500]
    for tag, body in enumerate(bodies, 1):
        wire.hear(
            spec.Basic.Deliver("c", tag, tag == 2, "", "k"), *content(f"m{tag}", body), step=step
        )
    assert [one.body for one in wire.taken] == bodies
    assert [one.header.properties.message_id for one in wire.taken] == ["m1", "m2", "m3"]
    assert [(one.delivery_tag, one.redelivered) for one in wire.taken] == [
        (1, False),
        (2, True),
        (3, False),
    ]


async def test_what_is_no_message_of_a_pipe_comes_through_to_the_library() -> None:
    wire = Wire()
    wire.hear(
        spec.Basic.ConsumeOk("c"),
        spec.Basic.Deliver("c", 1, exchange="", routing_key="k"),
        *content("m", b"x"),
    )
    wire.hear(
        spec.Basic.Deliver("d", 1, exchange="", routing_key="k"), *content("m", b"x"), channel=2
    )
    names = [one.name for one in await wire.left()]
    alive = names.index("Heartbeat")  # once: it lives, though all that came was ours
    assert names[:alive] == ["Basic.ConsumeOk"]
    assert names[alive + 1 :] == ["Basic.Deliver", "ContentHeader", "ContentBody"]


@pytest.mark.parametrize(
    "end", [spec.Channel.Close(404, "NOT_FOUND", 0, 0), spec.Channel.CloseOk()]
)
async def test_nothing_is_written_on_a_channel_whose_end_was_heard(end: Any) -> None:  # noqa: ANN401
    wire = Wire()
    sent = wire.send("1")
    before = list(wire.written)
    wire.hear(end)
    wire.pipe.acknowledge(1)
    with pytest.raises(ConnectionError):
        wire.send("2")
    assert wire.written == before
    wire.pipe.give_up()
    with pytest.raises(ConnectionError):
        await sent
    assert [one.name for one in await wire.left()] == [end.name]


async def test_the_tap_knows_that_rabbitmq_reads_nothing() -> None:
    wire = Wire()
    wire.hear(spec.Connection.Blocked("low on memory"), channel=0)
    assert wire.tap.blocked
    wire.hear(spec.Connection.Unblocked(), channel=0)
    assert not wire.tap.blocked


async def test_what_is_written_in_one_turn_leaves_at_once() -> None:
    class Transport(asyncio.WriteTransport):
        def __init__(self) -> None:
            super().__init__()
            self.sent: list[bytes] = []
            self.closed = False

        def write(self, data: Any) -> None:  # noqa: ANN401
            self.sent.append(bytes(data))

        def is_closing(self) -> bool:
            return self.closed

        def close(self) -> None:
            self.closed = True

    loop, transport = asyncio.get_running_loop(), Transport()
    reader = asyncio.StreamReader(2**16, loop)
    writer = Gatherer(transport, Tap(reader, loop), reader, loop)
    writer.write(b"a")
    writer.write(b"b")
    assert transport.sent == []
    await asyncio.sleep(0)
    writer.write(b"c")
    await writer.drain()
    assert transport.sent == [b"ab", b"c"]
    writer.write(b"d")
    writer.close()
    assert transport.sent[2:] == [b"d"]

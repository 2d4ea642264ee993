"""The socket to RabbitMQ, tapped: messages go to and come from pipes, all else is aiormq's.

Why it exists: aiormq makes the connection, keeps its heartbeat and opens channels; what carries
messages passes it by (pipe.py). What is written in one turn of the event loop leaves in one
system call, and RabbitMQ reads it in one. It must not read a message.
Source: docs/decisions/0032-cpu-of-messages.md.
"""

import asyncio
from typing import Any, Final

from aiormq import Channel
from aiormq.connection import TransportFactory
from aiormq.exceptions import AMQPConnectionError
from yarl import URL

from worker.broker import frames
from worker.broker.pipe import Pipe

LIMIT_BYTES: Final = 2**16
ALIVE_SECONDS: Final = 1.0
"""How often aiormq hears that the peer lives while all that comes is messages."""
ROOM: Final = 2**17
"""Bytes of a body in one frame where RabbitMQ sets no limit."""
PORTS: Final = {"amqp": 5672, "amqps": 5671}


class Tap(asyncio.StreamReaderProtocol):
    """Sorts what comes in, frame by frame."""

    def __init__(self, reader: asyncio.StreamReader, loop: asyncio.AbstractEventLoop) -> None:
        """Hand to ``reader``, and so to aiormq, what is no pipe's."""
        super().__init__(reader, loop=loop)
        self.blocked = False
        """RabbitMQ has said that it reads nothing that is published."""
        self._loop_of_tap = loop
        self._pipes: dict[int, Pipe] = {}
        self._rest = b""
        self._told_alive = 0.0

    def add(self, number: int, pipe: Pipe) -> None:
        """Send the messages of a channel through a pipe, until the channel is closed."""
        self._pipes[number] = pipe

    def data_received(self, data: bytes) -> None:
        """Sort the frames that have come in whole."""
        if self._rest:
            data = self._rest + data
        kept: list[bytes] = []
        taken, at, size = False, 0, len(data)
        while size - at >= frames.FRAME.size:
            kind, channel, length = frames.FRAME.unpack_from(data, at)
            if not frames.METHOD <= kind <= frames.HEARTBEAT[0]:
                kept.append(data[at:])  # no AMQP: aiormq knows what to say
                at = size
                break
            end = at + frames.AROUND + length
            if end > size:
                break
            if self._take(kind, channel, data[at + frames.FRAME.size : end - 1]):
                taken = True
            else:
                kept.append(data[at:end])
            at = end
        self._rest = data[at:]
        if taken and self._is_time_to_tell():
            kept.append(frames.HEARTBEAT)
        if kept:
            super().data_received(b"".join(kept))

    def _take(self, kind: int, channel: int, payload: bytes) -> bool:
        pipe = self._pipes.get(channel)
        if pipe is None:
            if not channel and kind == frames.METHOD:
                self._hear(int.from_bytes(payload[:4]))
            return False
        taken = pipe.take(kind, payload)
        if pipe.closed:
            del self._pipes[channel]
        return taken

    def _hear(self, method: int) -> None:
        if method in {frames.BLOCKED, frames.UNBLOCKED}:
            self.blocked = method == frames.BLOCKED

    def _is_time_to_tell(self) -> bool:
        now = self._loop_of_tap.time()
        if now - self._told_alive < ALIVE_SECONDS:
            return False
        self._told_alive = now
        return True


class Gatherer(asyncio.StreamWriter):
    """Writes once in a turn of the event loop, whatever was given to it meanwhile."""

    def __init__(
        self,
        transport: asyncio.WriteTransport,
        protocol: asyncio.StreamReaderProtocol,
        reader: asyncio.StreamReader,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """Write to ``transport``."""
        super().__init__(transport, protocol, reader, loop)
        self._loop_of_turns = loop
        self._gathered: list[Any] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send ``data`` at the end of this turn."""
        if not self._gathered:
            self._loop_of_turns.call_soon(self._flush)
        self._gathered.append(data)

    async def drain(self) -> None:
        """Send what there is, and wait until there is room for more."""
        self._flush()
        await super().drain()

    def write_eof(self) -> None:
        """Send what there is, and then nothing more."""
        self._flush()
        super().write_eof()

    def close(self) -> None:
        """Send what there is, and close."""
        self._flush()
        super().close()

    def _flush(self) -> None:
        gathered, self._gathered = self._gathered, []
        if gathered and not self.transport.is_closing():
            super().write(gathered[0] if len(gathered) == 1 else b"".join(gathered))


class TappedTransport(TransportFactory):
    """Makes the connection's socket; its tap is there once it is made."""

    def __init__(self) -> None:
        """Make nothing yet."""
        self.tap: Tap | None = None
        self._writer: Gatherer | None = None

    async def create(self, url: URL, **kwargs: Any) -> tuple[asyncio.StreamReader, Gatherer]:  # noqa: ANN401
        """Connect, over TLS where the URL says so. Raises AMQPConnectionError."""
        provider = kwargs.pop("ssl_context_provider", None)
        context = await provider.get_context() if provider and url.scheme == "amqps" else None
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(LIMIT_BYTES, loop)
        tap = Tap(reader, loop)
        port = url.port or PORTS[url.scheme]
        try:
            transport, _ = await loop.create_connection(
                lambda: tap, url.host or "", port, ssl=context, **kwargs
            )
        except OSError as error:
            raise AMQPConnectionError(*error.args) from error
        self.tap, self._writer = tap, Gatherer(transport, tap, reader, loop)
        return reader, self._writer

    def pipe(self, channel: Channel) -> Pipe:
        """Return the way for the messages of a channel that was just opened.

        Raises ConnectionError where there is no connection.
        """
        if self.tap is None or self._writer is None:
            raise ConnectionError("there is no connection")
        room = channel.max_content_size
        pipe = Pipe(channel.number, room if room > 0 else ROOM, self._writer.write)
        self.tap.add(channel.number, pipe)
        return pipe

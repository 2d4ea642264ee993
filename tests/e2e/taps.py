"""Counts what a worker says to its servers, on the wire between them.

So that what an order costs is known without the worker's help, and whatever the machine does:
statements by their text, messages by where they go.
"""

import asyncio
import re
import struct
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import urlsplit, urlunsplit

from worker.simulators.waiting import Changes

SSL_REQUEST = 80_877_103
METHOD, HEADER = 1, 2
PUBLISH, ACK = (60, 40), (60, 80)


class Listener(ABC):
    """Reads what one client sends on one connection."""

    def __init__(self, counts: Counter[str]) -> None:
        self.counts = counts
        self._buffer = b""

    def feed(self, data: bytes) -> None:
        self._buffer += data
        while used := self.take(self._buffer):
            self._buffer = self._buffer[used:]

    @abstractmethod
    def take(self, buffer: bytes) -> int:
        """Take one whole message; return its length, or 0 where it is not whole."""


class PostgresListener(Listener):
    """Counts what is executed, by the statement's text; and round trips, by the last of each."""

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__(counts)
        self._started = False
        self._texts: dict[bytes, str] = {}
        self._bound = ""

    def take(self, buffer: bytes) -> int:
        head = 1 if self._started else 0
        if len(buffer) < head + 4:
            return 0
        length = head + int(struct.unpack_from("!I", buffer, head)[0])
        if len(buffer) < length:
            return 0
        if self._started:
            self._message(buffer[:1], buffer[5:length])
        else:
            self._started = struct.unpack_from("!I", buffer, 4)[0] != SSL_REQUEST
        return length

    def _message(self, kind: bytes, body: bytes) -> None:
        if kind == b"P":
            name, text, _ = body.split(b"\0", 2)
            self._texts[name] = " ".join(text.decode().split())
        elif kind == b"B":
            name = body.split(b"\0", 2)[1]
            self._bound = self._texts[name]
        elif kind == b"E":
            self.counts[f"statement {self._bound}"] += 1
        elif kind == b"Q":
            self._bound = body.rstrip(bytes(1)).decode()
            self.counts[f"statement {self._bound}"] += 1
        if kind in {b"S", b"Q"}:
            self.counts[f"round trip {self._bound}"] += 1


class AmqpListener(Listener):
    """Counts messages by exchange and routing key, their bytes, and acknowledgements."""

    def take(self, buffer: bytes) -> int:
        if buffer.startswith(b"AMQP"):
            return 8 if len(buffer) >= 8 else 0
        if len(buffer) < 7:
            return 0
        kind, _, size = struct.unpack_from("!BHI", buffer)
        if len(buffer) < size + 8:
            return 0
        payload = buffer[7 : 7 + size]
        if kind == METHOD:
            self._method(payload)
        elif kind == HEADER:
            body = struct.unpack_from("!Q", payload, 4)[0]
            self.counts["bytes published"] += len(payload) + body
        return int(size + 8)

    def _method(self, payload: bytes) -> None:
        method = struct.unpack_from("!HH", payload)
        if method == ACK:
            self.counts["acknowledgements"] += 1
        elif method == PUBLISH:
            exchange, rest = _short(payload[6:])
            key, _ = _short(rest)
            key = re.sub(r"^amq\.rabbitmq\.reply-to.*", "amq.rabbitmq.reply-to", key)
            self.counts[f"message {exchange or '(default)'} {key}"] += 1


def _short(data: bytes) -> tuple[str, bytes]:
    return data[1 : 1 + data[0]].decode(), data[1 + data[0] :]


@asynccontextmanager
async def tapped(
    url: str, counts: Counter[str], listener: Callable[[Counter[str]], Listener], changes: Changes
) -> AsyncIterator[str]:
    """Forward to the server at ``url`` and listen; yields the URL to use instead."""
    target = urlsplit(url)
    pumps: set[asyncio.Task[None]] = set()

    def hear(heard: Listener, data: bytes) -> None:
        heard.feed(data)
        changes.tell()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back_reader, back = await asyncio.open_connection(target.hostname, target.port)
        heard = listener(counts)
        pumps.add(asyncio.create_task(_pump(reader, back, partial(hear, heard))))
        pumps.add(asyncio.create_task(_pump(back_reader, writer, None)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    user = target.netloc.rpartition("@")[0]
    try:
        yield urlunsplit(target._replace(netloc=f"{user}@127.0.0.1:{port}"))
    finally:
        server.close()
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)


async def _pump(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    feed: Callable[[bytes], None] | None,
) -> None:
    try:
        while data := await reader.read(65_536):
            if feed:
                feed(data)
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()

"""HTTP/1.1 at the least cost: what stands around the measured set-ups must not be what limits.

A server that answers each request at once with JSON, and a client that keeps connections.
Both speak just what the set-ups speak: a body with a length, nothing in chunks.
"""

import asyncio
import re
from collections.abc import Callable
from typing import cast

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
END_OF_HEAD = b"\r\n\r\n"

Handler = Callable[[str, bytes, bytes], bytes | None]
"""Gets the target, the head as it came, and the body; returns the answer's body, if any."""


def header(head: bytes, name: str) -> str:
    """Return a header of a request's head; empty where it is missing."""
    found = re.search(rb"\r\n" + name.encode() + rb": *([^\r]*)", head, re.IGNORECASE)
    return found[1].decode() if found else ""


def _split(buffer: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Return head, body and the rest, or nothing while they are not complete."""
    end = buffer.find(END_OF_HEAD)
    if end < 0:
        return None
    head = buffer[:end]
    length = LENGTH.search(head)
    start = end + len(END_OF_HEAD)
    stop = start + (int(length[1]) if length else 0)
    return (head, buffer[start:stop], buffer[stop:]) if len(buffer) >= stop else None


class _Served(asyncio.Protocol):
    def __init__(self, handle: Handler) -> None:
        self._handle = handle
        self._buffer = b""
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while parts := _split(self._buffer):
            head, body, self._buffer = parts
            target = head[head.index(b" ") + 1 : head.index(b" HTTP/")].decode()
            answer = self._handle(target, head, body)
            if answer is None:
                return
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (len(answer), answer)
            )


async def serve(handle: Handler, port: int) -> None:
    """Listen on the loopback; returns once it does."""
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: _Served(handle), "127.0.0.1", port, backlog=1024)


class _Line(asyncio.Protocol):
    """One connection of the client, one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.WriteTransport
        self.closed = False
        self._buffer = b""
        self._waiter: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.WriteTransport", transport)

    def ask(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        self._waiter = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._waiter

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        parts = _split(self._buffer)
        if parts is None:
            return
        head, body, self._buffer = parts
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result((int(head[9:12]), body))

    def connection_lost(self, _error: Exception | None) -> None:
        self.closed = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(ConnectionResetError("cut while an answer was awaited"))


class Client:
    """Connections to one server, as many as there are requests at a time."""

    def __init__(self, url: str) -> None:
        self._host, _, port = url.removeprefix("http://").partition(":")
        self._port = int(port)
        self._idle: list[_Line] = []

    async def get(self, path: str) -> bytes:
        return (await self._ask(b"GET", path, b"", b""))[1]

    async def post(self, path: str, body: bytes, headers: bytes = b"") -> tuple[int, bytes]:
        """Send a body; ``headers`` are whole lines. Raises ConnectionError."""
        return await self._ask(b"POST", path, body, headers)

    async def _ask(
        self, method: bytes, path: str, body: bytes, headers: bytes
    ) -> tuple[int, bytes]:
        request = (
            b"%b %b HTTP/1.1\r\nHost: %b:%d\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n%b\r\n%b"
            % (method, path.encode(), self._host.encode(), self._port, len(body), headers, body)
        )
        line = await self._line()
        answer = await line.ask(request)
        self._idle.append(line)
        return answer

    async def _line(self) -> _Line:
        while self._idle:
            line = self._idle.pop()
            if not line.closed:
                return line
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(_Line, self._host, self._port)
        return line

    def close(self) -> None:
        for line in self._idle:
            line.transport.close()

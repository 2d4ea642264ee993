"""A server that answers as it was told to, whatever name it is called by; also badly."""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

END_OF_HEAD = b"\r\n\r\n"
NO_LINGERING = struct.pack("ii", 1, 0)
"""Closing such a socket sends a reset."""


@dataclass(frozen=True)
class Told:
    """What it does with a request: ``raw`` goes onto the wire as it is, then it may ``end``."""

    raw: bytes = b""
    end: str = ""
    """close, reset, or hang; empty: wait for the next request."""


def answer(status: int = 200, body: str | bytes = b"", headers: Mapping[str, str] = {}) -> bytes:
    """Return an answer's bytes."""
    text = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Told", f"Content-Length: {len(text)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + END_OF_HEAD + text


@dataclass
class Scripted:
    """Listens on the loopback; every host name leads here."""

    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    script: dict[str, deque[Told]] = field(default_factory=dict)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """A request was here."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """A connection ended."""
    _server: asyncio.Server | None = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._stopping.set()
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def tell(self, method: str, url: str, told: Told) -> None:
        """Answer the next request of ``method`` for ``url`` so."""
        key = f"{method} {URL(url).raw_path_qs}"
        self.script.setdefault(key, deque()).append(told)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._answered(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self.ended.set()

    async def _answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(END_OF_HEAD)
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        self.requests.append(head + await reader.readexactly(int(length or 0)))
        self.asked.set()
        told = self.script[head.partition(b" HTTP/")[0].decode()].popleft()
        writer.write(told.raw)
        await writer.drain()
        if told.end == "hang":
            await self._stopping.wait()
        if told.end == "reset":
            line: socket.socket = writer.get_extra_info("socket")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGERING)
        return not told.end


class Everywhere(AbstractResolver):
    """Sends whoever asks for any name to one port of this machine; or lets nobody find it."""

    def __init__(self, port: int = 0) -> None:
        self._port = port

    async def resolve(
        self,
        host: str,
        port: int = 0,  # noqa: ARG002  (aiohttp's own)
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002
    ) -> list[ResolveResult]:
        if not self._port:
            await asyncio.Event().wait()
        found = ResolveResult(
            hostname=host,
            host="127.0.0.1",
            port=self._port,
            family=socket.AF_INET,
            proto=0,
            flags=socket.AI_NUMERICHOST,
        )
        return [found]

    async def close(self) -> None:
        """Nothing is held open."""

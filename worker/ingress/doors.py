"""What a door of the ingress gets, and what it gives back.

Why it exists: the same doors stand behind aiohttp's application and beside it (shortcut.py).
It must not know a protocol.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Protocol

from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from aiohttp.web_protocol import RequestHandler

CONTENT_TYPE: Final = "application/json; charset=utf-8"


class Incoming(Protocol):
    """A request, as far as a door looks at it."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers; the case of their names does not matter."""
        ...

    @property
    def raw_path(self) -> str:
        """Its path as it was sent."""
        ...

    @property
    def remote(self) -> str | None:
        """The address that it came from."""
        ...

    async def read(self) -> bytes:
        """Return its body. Raises what aiohttp raises."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: JSON, and for how many seconds somebody should not ask again."""

    body: bytes
    status: int = HTTPStatus.OK
    retry_after: int = 0

    @property
    def headers(self) -> dict[str, str]:
        """Its headers; its length and the time are the server's to say."""
        if self.retry_after:
            return {"Content-Type": CONTENT_TYPE, "Retry-After": str(self.retry_after)}
        return {"Content-Type": CONTENT_TYPE}


Door = Callable[[Incoming], Awaitable[Reply]]
"""Answers the requests to one path."""


class Whole:
    """A request with its whole body; so much of aiohttp's request as its server asks for."""

    __slots__ = ("_message", "_protocol", "_task", "body", "door", "writer")

    def __init__(
        self,
        message: RawRequestMessage,
        body: bytes,
        protocol: RequestHandler,
        writer: AbstractStreamWriter,
        door: Door,
    ) -> None:
        """Take what aiohttp's server read."""
        self._message = message
        self._protocol = protocol
        self._task: asyncio.Task[None] | None = None
        self.writer = writer
        self.body = body
        self.door = door

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers; the case of their names does not matter."""
        return self._message.headers

    @property
    def raw_path(self) -> str:
        """Its path as it was sent."""
        return self._message.path

    @property
    def remote(self) -> str | None:
        """The address that it came from."""
        peer = self._protocol.peername
        return str(peer[0]) if isinstance(peer, tuple) else peer

    def answer(self, written: bytes) -> None:
        """Write an answer. Raises ConnectionResetError where nobody is there any more."""
        transport = self._protocol.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError
        transport.write(written)

    async def read(self) -> bytes:
        """Return the body."""
        return self.body

    def _finish(self) -> None:
        """Nothing is left to do (called by aiohttp's server)."""

    def _cancel(self, _error: BaseException) -> None:
        """Nothing is waited for (called by aiohttp's server)."""

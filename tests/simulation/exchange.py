"""One HTTP request to an aiohttp application in this process, without a socket.

The application's own router, middlewares and handlers run; only the connection is a stand-in,
which notes whether the handler cut it.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.http import HttpVersion11, RawRequestMessage
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL


@dataclass(frozen=True)
class Asked:
    """A request on the wire."""

    method: str
    url: URL
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answered:
    """A whole answer on the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Body:
    """What is left to read of a request's body."""

    def __init__(self, body: bytes) -> None:
        self._left = body

    def set_read_chunk_size(self, _size: int) -> None:
        """Chunks are as they are."""

    async def readany(self) -> bytes:
        body, self._left = self._left, b""
        return body


class _Writer:
    """Where a prepared answer goes: nowhere, the network takes it from the handler."""

    length = 0
    output_size = 0

    async def write_headers(self, *_: Any) -> None: ...  # noqa: ANN401

    def send_headers(self) -> None: ...

    async def write(self, *_: Any) -> None: ...  # noqa: ANN401

    async def write_eof(self, *_: Any) -> None: ...  # noqa: ANN401

    async def drain(self) -> None: ...

    def set_eof(self) -> None: ...

    def enable_chunking(self) -> None: ...


class _Connection:
    """The server's side of the connection, as aiohttp's request sees it."""

    ssl_context = None
    sockname = None
    peername = ("127.0.0.1", 1)
    max_field_size = 8190
    writer = None

    def __init__(self) -> None:
        self.transport = self
        self.cut = False

    def abort(self) -> None:
        self.cut = True


async def handled(application: web.Application, asked: Asked) -> Answered | None:
    """Return the application's answer; None where it cut the connection."""
    headers = CIMultiDict({"Host": asked.url.host or "", **asked.headers})
    raw = tuple((k.encode(), v.encode()) for k, v in headers.items())
    path = asked.url.raw_path_qs or "/"
    message = RawRequestMessage(
        asked.method,
        path,
        HttpVersion11,
        CIMultiDictProxy(headers),
        raw,
        False,  # noqa: FBT003
        None,
        False,  # noqa: FBT003
        False,  # noqa: FBT003
        URL(path, encoded=True),
    )
    connection = _Connection()
    request = web.Request(
        message,
        _Body(asked.body),  # type: ignore[arg-type]
        connection,  # type: ignore[arg-type]
        _Writer(),  # type: ignore[arg-type]
        asyncio.current_task(),  # type: ignore[arg-type]
        asyncio.get_running_loop(),
        client_max_size=application._client_max_size,
    )
    try:
        response: web.StreamResponse = await application._handle(request)
    except web.HTTPException as error:  # as aiohttp's server does
        response = error
    if connection.cut or not isinstance(response, web.Response):
        return None
    body = response.body
    assert body is None or isinstance(body, bytes)
    return Answered(response.status, dict(response.headers), body or b"")

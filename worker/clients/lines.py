"""Requests written onto the connections of aiohttp's pool, one at a time on each.

Why it exists: aiohttp's connector looks names up, dials, speaks TLS and keeps connections, and
its parser reads answers; its session, between the two, costs six times what they do, for
cookies, redirects, forms and retries that no call of ours wants. It must not know what an
exchange means, nor swallow an error. Source: RFC 9112.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.http import SERVER_SOFTWARE, RawResponseMessage
from aiohttp.streams import StreamReader
from yarl import URL

MOST_KNOWN: Final = 4096
"""How many servers are kept in mind; with more of them all are made anew."""

_DEFAULTS: Final = (
    ("Accept", "Accept: */*\r\n"),
    ("Accept-Encoding", "Accept-Encoding: gzip, deflate\r\n"),
)
_BODILESS: Final = frozenset({"GET", "HEAD"})


class LineBreakError(ValueError):
    """A header would have ended before its time."""


@dataclass(slots=True)
class Answer:
    """An answer, of whose body no more was read than was asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    complete: bool


_Origin = tuple[str, str | None, int | None]
"""Scheme, host and port."""


@dataclass(frozen=True, slots=True)
class _Server:
    """What is the same in every request to one server."""

    asked: ClientRequest
    """What the connector takes; nothing of it is ever sent."""
    lines: str


class Lines:
    """A pool of connections; for one event loop."""

    def __init__(
        self, connector: aiohttp.TCPConnector, timeout: aiohttp.ClientTimeout, *, decompress: bool
    ) -> None:
        """Use ``connector``, which is closed with it; of ``timeout`` all but the total counts."""
        self._connector = connector
        self._timeout = timeout
        self._decompress = decompress
        self._servers: dict[_Origin, _Server] = {}

    def written(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None
    ) -> bytes:
        """Return a request as it goes onto the wire.

        Raises aiohttp.InvalidURL, and LineBreakError.
        """
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        lines += [line for name, line in _DEFAULTS if name not in headers]
        if url.raw_user is not None and "Authorization" not in headers:
            login = aiohttp.encode_basic_auth(url.user or "", url.password or "")
            lines.append(f"Authorization: {login}\r\n")
        if body or method not in _BODILESS:
            lines.append(f"Content-Length: {len(body or b'')}\r\n")
        text = "".join(lines)
        if text.count("\n") != len(lines) or text.count("\r") != len(lines) or "\0" in text:
            raise LineBreakError("a header holds a line break")
        first = f"{method} {url.raw_path_qs} HTTP/1.1\r\n"
        head = f"{first}{self._server(url).lines}{text}\r\n".encode()
        return head + body if body else head

    async def connection(self, url: URL) -> Connection:
        """Return a connection to where ``url`` points: a kept one, or a new one.

        Raises what aiohttp raises; nothing was sent then.
        """
        try:
            return await self._connector.connect(self._server(url).asked, [], self._timeout)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError("no connection in time") from error

    async def ask(self, on: Connection, written: bytes, most: int, seconds: float) -> Answer:
        """Send a request and return its answer, with at most ``most`` bytes of its body.

        The connection is free again afterwards, or closed where it is of no more use.
        Raises what aiohttp raises, its parser's HttpProcessingError included, and
        SocketTimeoutError where the whole answer is not there after ``seconds``.
        """
        line = on.protocol
        if line is None or line.transport is None:
            raise aiohttp.ServerDisconnectedError
        limit = _Limit(line)
        timer = asyncio.get_running_loop().call_later(seconds, limit.passed)
        try:
            line.set_response_params(
                read_until_eof=True,
                auto_decompress=self._decompress,
                read_timeout=self._timeout.sock_read,
            )
            line.transport.write(written)
            line.start_timeout()
            message, limit.content = await _answered(line)
            body, complete = await _read(limit.content, most)
            if complete:
                on.release()
            return Answer(message.code, message.headers, body, complete)
        finally:
            timer.cancel()
            on.close()  # does nothing to one that was released

    async def close(self) -> None:
        """Close the connections."""
        await self._connector.close()

    def _server(self, url: URL) -> _Server:
        origin = (url.scheme, url.raw_host, url.port)
        known = self._servers.get(origin)
        if known is None:
            if len(self._servers) >= MOST_KNOWN:
                self._servers.clear()
            root = url.with_path("/").with_user(None)  # nothing else of an address is kept
            asked = ClientRequest("GET", root, loop=asyncio.get_running_loop())
            lines = f"Host: {asked.headers['Host']}\r\nUser-Agent: {SERVER_SOFTWARE}\r\n"
            known = self._servers[origin] = _Server(asked, lines)
        return known


class _Limit:
    """Ends the wait for an answer; half the price of a time-out around the task."""

    __slots__ = ("_line", "content")

    def __init__(self, line: ResponseHandler) -> None:
        self._line = line
        self.content: StreamReader | None = None

    def passed(self) -> None:
        error = aiohttp.SocketTimeoutError("no whole answer in time")
        self._line.set_exception(error)
        if self.content is not None:
            self.content.set_exception(error)


async def _answered(line: ResponseHandler) -> tuple[RawResponseMessage, StreamReader]:
    """Return the answer's head, past the interim ones (RFC 9110, 15.2)."""
    while True:
        message, content = await line.read()
        if message.code >= HTTPStatus.OK or message.code == HTTPStatus.SWITCHING_PROTOCOLS:
            return message, content


async def _read(content: StreamReader, most: int) -> tuple[bytes, bool]:
    """Return at most ``most`` bytes, and whether that was all."""
    if content.is_eof():
        whole = content.read_nowait()
        return whole[:most], len(whole) <= most
    body = bytearray()
    while len(body) <= most:
        chunk = await content.read(most + 1 - len(body))
        if not chunk:
            return bytes(body), True
        body += chunk
    return bytes(body[:most]), False

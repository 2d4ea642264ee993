"""A pool of connections, and what an exchange over it came to.

Why it exists: both clients need the same facts (answered, surely not sent, unknown) and
the same bounds (time, size, no redirects). It must not know what is asked or answered.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from worker.clients.guard import AddressNotAllowedError
from worker.clients.lines import Answer, LineBreakError, Lines

KEEP_ALIVE_SECONDS: Final = 15.0
"""Shorter than common servers' own: a reused connection that just died is an unknown call."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an exchange may cost us; times in seconds."""

    connect: float = 3.0
    """To get a connection, the wait for a place in the pool included."""
    read: float = 10.0
    """Between two reads."""
    total: float = 15.0
    answer_bytes: int = 4 * 1024 * 1024
    """How much of an answer is read."""
    connections: int = 100
    """The size of the pool; 0 is without a limit."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What is to be sent. ``url`` goes onto the wire exactly as it is."""

    method: str
    url: URL
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer of any status. ``complete`` is false where the body was longer than asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    complete: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class NotSent:
    """No byte of the request left us."""

    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Lost:
    """Something may have been sent, and no whole answer came back."""

    reason: str
    seconds: float


Exchange = HttpAnswer | NotSent | Lost

_CONNECTION_LOST: Final = (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)
_FAILURES: Final = (aiohttp.ClientError, HttpProcessingError, LineBreakError, OSError)
"""All that an exchange may raise; a time-out is an OSError."""

_WORDS: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (aiohttp.InvalidURL, "invalid_url"),
    (LineBreakError, "invalid_header"),
    (aiohttp.ConnectionTimeoutError, "connect_timeout"),
    (aiohttp.ClientConnectorCertificateError, "tls_failed"),
    (aiohttp.ClientSSLError, "tls_failed"),
    (aiohttp.ClientConnectorDNSError, "dns_failed"),
    (aiohttp.ClientConnectorError, "connect_failed"),
    (TimeoutError, "timeout"),
    (aiohttp.ServerDisconnectedError, "disconnected"),
    (aiohttp.ClientPayloadError, "answer_cut_short"),
    (HttpProcessingError, "answer_not_http"),
    (OSError, "connection_lost"),
)


class HttpClient:
    """A pool that is opened on first use; use it on one event loop, then close it."""

    def __init__(
        self,
        limits: Limits,
        *,
        socket_factory: Callable[..., object] | None = None,
        resolver: aiohttp.abc.AbstractResolver | None = None,
        decompress: bool = True,
    ) -> None:
        """Take a ``socket_factory`` that makes the sockets and may refuse an address."""
        self._limits = limits
        self._socket_factory = socket_factory
        self._resolver = resolver
        self._decompress = decompress
        self._lines: Lines | None = None

    async def exchange(self, request: HttpRequest) -> Exchange:
        """Send ``request`` once and say what happened; raises nothing but cancellation.

        A GET is sent again, once, where the connection was lost under it: it may have been
        kept for longer than the other side would.
        """
        started, sent = time.perf_counter(), 0
        method, url, limits = request.method, request.url, self._limits
        try:
            lines = self._open()
            written = lines.written(method, url, request.headers, request.body)
            while True:
                connection = await lines.connection(url)
                left = limits.total - (time.perf_counter() - started)
                sent += 1
                try:
                    answer = await lines.ask(connection, written, limits.answer_bytes, left)
                except _CONNECTION_LOST:
                    if method != "GET" or sent > 1:
                        raise
                    continue
                return _answered(answer, started)
        except _FAILURES as error:
            seconds = time.perf_counter() - started
            return (Lost if sent else NotSent)(_word(error), seconds)

    async def close(self) -> None:
        """Close the pooled connections."""
        lines, self._lines = self._lines, None
        if lines is not None:
            await lines.close()

    def _open(self) -> Lines:
        if self._lines is None:
            limits = self._limits
            connector = aiohttp.TCPConnector(
                limit=limits.connections,
                keepalive_timeout=KEEP_ALIVE_SECONDS,
                socket_factory=self._socket_factory,  # type: ignore[arg-type]  # checked at run time
                resolver=self._resolver,
            )
            connect = min(limits.connect, limits.total)
            read = limits.read if limits.read < limits.total else None  # the total says it all
            timeout = aiohttp.ClientTimeout(connect=connect, sock_connect=connect, sock_read=read)
            self._lines = Lines(connector, timeout, decompress=self._decompress)
        return self._lines


def _answered(answer: Answer, started: float) -> HttpAnswer:
    seconds = time.perf_counter() - started
    return HttpAnswer(answer.status, answer.headers, answer.body, answer.complete, seconds)


def _word(error: BaseException) -> str:
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(
        error.os_error, AddressNotAllowedError
    ):
        return "address_not_allowed"
    return next((word for kind, word in _WORDS if isinstance(error, kind)), "http_client_error")

"""One pooled HTTP session, and what an exchange over it came to.

Why it exists: both clients need the same facts (answered, surely not sent, unknown) and
the same bounds (time, size, no redirects). It must not know what is asked or answered.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp
from yarl import URL

from worker.clients.guard import AddressNotAllowedError

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

_BEFORE_SENDING: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)

_WORDS: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (aiohttp.InvalidURL, "invalid_url"),
    (aiohttp.ConnectionTimeoutError, "connect_timeout"),
    (aiohttp.ClientConnectorCertificateError, "tls_failed"),
    (aiohttp.ClientSSLError, "tls_failed"),
    (aiohttp.ClientConnectorDNSError, "dns_failed"),
    (aiohttp.ClientConnectorError, "connect_failed"),
    (TimeoutError, "timeout"),
    (aiohttp.ServerDisconnectedError, "disconnected"),
    (aiohttp.ClientPayloadError, "answer_cut_short"),
    (aiohttp.ClientResponseError, "answer_not_http"),
    (OSError, "connection_lost"),
)


class HttpClient:
    """A session that is opened on first use; use it on one event loop, then close it."""

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
        self._session: aiohttp.ClientSession | None = None

    async def exchange(self, request: HttpRequest) -> Exchange:
        """Send ``request`` once and say what happened; raises nothing but cancellation."""
        started = time.perf_counter()
        try:
            async with self._open().request(
                request.method,
                request.url,
                data=request.body,
                headers=request.headers,
                allow_redirects=False,
            ) as response:
                body, complete = await self._read(response)
                return HttpAnswer(
                    response.status, response.headers, body, complete, _since(started)
                )
        except (aiohttp.ClientError, OSError) as error:  # a time-out is an OSError
            if _surely_not_sent(error, request.method):
                return NotSent(_word(error), _since(started))
            return Lost(_word(error), _since(started))

    async def close(self) -> None:
        """Close the pooled connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _read(self, response: aiohttp.ClientResponse) -> tuple[bytes, bool]:
        limit = self._limits.answer_bytes
        body = bytearray()
        while len(body) <= limit:
            chunk = await response.content.read(limit + 1 - len(body))
            if not chunk:
                return bytes(body), True
            body += chunk
        response.close()  # the rest is not worth reading: drop the connection
        return bytes(body[:limit]), False

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            limits = self._limits
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=limits.connections,
                    keepalive_timeout=KEEP_ALIVE_SECONDS,
                    socket_factory=self._socket_factory,  # type: ignore[arg-type]  # checked at run time
                    resolver=self._resolver,
                ),
                timeout=aiohttp.ClientTimeout(
                    total=limits.total,
                    connect=limits.connect,
                    sock_connect=limits.connect,
                    sock_read=limits.read,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=self._decompress,
                trust_env=False,
            )
        return self._session


def _surely_not_sent(error: BaseException, method: str) -> bool:
    """Tell so of no GET: aiohttp may have sent it once before, on a stale connection."""
    return method != "GET" and isinstance(error, _BEFORE_SENDING)


def _word(error: BaseException) -> str:
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(
        error.os_error, AddressNotAllowedError
    ):
        return "address_not_allowed"
    return next((word for kind, word in _WORDS if isinstance(error, kind)), "http_client_error")


def _since(started: float) -> float:
    return time.perf_counter() - started

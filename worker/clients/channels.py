"""Carries one notification to one channel (渠道) and says what came back.

Why it exists: the channel's URL is foreign ground: no redirects, no private addresses,
short time-outs, and of the answer no more than its head. It must not decide whether the
notification counts as delivered, nor when to try again.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

import aiohttp
import structlog
from yarl import URL

from worker.clients.guard import public_socket
from worker.clients.http import HttpAnswer, HttpClient, HttpRequest, Limits
from worker.clients.retry_after import retry_after
from worker.clock import Clock
from worker.translation.delivery import Answered, DeliveryResult, NoAnswer

HEAD_BYTES: Final = 2048
DEFAULT_LIMITS: Final = Limits(
    connect=3.0, read=10.0, total=10.0, answer_bytes=HEAD_BYTES, connections=0
)

_log = structlog.get_logger(__name__)


class ChannelClient:
    """Posts to channels; a channel that hangs takes no connection from another."""

    def __init__(
        self,
        *,
        allow_private_addresses: bool,
        clock: Clock,
        limits: Limits = DEFAULT_LIMITS,
        resolver: aiohttp.abc.AbstractResolver | None = None,
        http: Callable[..., HttpClient] = HttpClient,
    ) -> None:
        """``allow_private_addresses`` is for receivers on this machine or network."""
        self._clock = clock
        self._http = http(
            limits,
            socket_factory=None if allow_private_addresses else public_socket,
            resolver=resolver,
            decompress=False,
        )

    async def deliver(self, url: str, headers: Mapping[str, str], body: bytes) -> DeliveryResult:
        """POST ``body`` and return what came back; raises nothing but cancellation."""
        target = _target(url)
        if target is None:
            return NoAnswer("invalid_url")
        wire = {**headers, "Accept-Encoding": "identity"}
        exchange = await self._http.exchange(HttpRequest("POST", target, wire, body))
        if not isinstance(exchange, HttpAnswer):
            _log.info("channel_unanswered", host=target.host, reason=exchange.reason)
            return NoAnswer(exchange.reason, exchange.seconds)
        return Answered(
            exchange.status,
            exchange.body,
            retry_after(exchange.headers, self._clock.now()),
            exchange.seconds,
        )

    async def close(self) -> None:
        """Close the pooled connections."""
        await self._http.close()


@lru_cache(maxsize=4096)
def _target(url: str) -> URL | None:
    try:
        target = URL(url)
    except ValueError:
        return None
    return target if target.scheme in {"http", "https"} and target.host else None

"""Plain HTTP to an address of the operator's own, such as an SMS gateway (短信网关).

Why it exists: unlike a channel's, this URL is ours to choose and may be private; the
bounds are the same: no redirects, short time-outs, a small answer. It must not judge the
answer, nor log an address: its query may hold a phone number.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from yarl import URL

from worker.clients.http import HttpAnswer, HttpClient, HttpRequest, Limits
from worker.translation.delivery import Answered, DeliveryResult, NoAnswer

ANSWER_BYTES: Final = 64 * 1024


class GatewayClient:
    """Implements :class:`worker.runtime.texting.HttpCaller`."""

    def __init__(self, limits: Limits, http: Callable[..., HttpClient] = HttpClient) -> None:
        """Spend no more than ``limits`` on a call."""
        self._http = http(replace(limits, answer_bytes=ANSWER_BYTES))

    async def call(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> DeliveryResult:
        """Send a request once; ``url`` is encoded. Raises nothing but cancellation."""
        request = HttpRequest(method, URL(url, encoded=True), headers, body)
        exchange = await self._http.exchange(request)
        if not isinstance(exchange, HttpAnswer):
            return NoAnswer(exchange.reason, exchange.seconds)
        asked = exchange.headers.get("Retry-After", "").strip()
        seconds = float(asked[:9]) if asked.isascii() and asked.isdigit() else None
        return Answered(exchange.status, exchange.body, seconds, exchange.seconds)

    async def close(self) -> None:
        """Close the pooled connections."""
        await self._http.close()

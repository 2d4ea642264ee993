"""The port to an SMS gateway (短信网关), and to the HTTP below it.

Why it exists: worker/sms texts guests and may not import an HTTP client; worker/clients
carries the bytes; both speak to these. It must not import an adapter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from worker.translation.delivery import DeliveryResult


@dataclass(frozen=True, slots=True)
class Sms:
    """One short message: whom to, and what its template can name."""

    sms_id: str
    """The same on every repeat, for gateways that know a repeat by it."""
    app_key: str
    phone: str = field(repr=False)
    values: Mapping[str, str] = field(repr=False)
    """product, date, count, codes, order_code."""
    codes: Sequence[str] = field(default=(), repr=False)
    """The vouchers' codes, which must not show in what people read."""


@dataclass(frozen=True, slots=True)
class SmsSent:
    """The gateway took it."""

    answer: str


@dataclass(frozen=True, slots=True)
class SmsFailed:
    """The gateway refused it, or nobody knows: then it may have been sent."""

    answer: str
    """For people: cut, and without anything personal."""
    retry_after: float = 0.0
    """Seconds that the gateway asks us to wait."""


SmsResult = SmsSent | SmsFailed


class SmsGateway(Protocol):
    """The way to a guest's phone."""

    async def send(self, sms: Sms) -> SmsResult:
        """Send one message and say what came of it; raises nothing but cancellation."""
        ...


class HttpCaller(Protocol):
    """Plain HTTP to an address of the operator's own: no redirects, bounded size and time."""

    async def call(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> DeliveryResult:
        """Send a request once; ``url`` is encoded. Raises nothing but cancellation."""
        ...

"""The ports to the world outside: the supplier ZZY and the channels.

Why it exists: the shell speaks to these protocols; worker/clients implements them over
HTTP and tests by hand. It must not import an adapter.
"""

from collections.abc import Mapping
from typing import Protocol

from worker.translation.delivery import DeliveryResult


class ChannelPort(Protocol):
    """The way to a channel (渠道)."""

    async def deliver(self, url: str, headers: Mapping[str, str], body: bytes) -> DeliveryResult:
        """POST one notification and return what came back; raises nothing but cancellation."""
        ...

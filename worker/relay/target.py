"""A channel as the relay sees it: where its notifications go and what signs them.

Why it exists: app.py fills it from the settings, so that nothing in the relay reads a
setting. It must not do anything.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal

from contracts.channel import NotifyType

EnvelopeKind = Literal["signed", "plain"]

_NO_URLS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ChannelTarget:
    """A distribution channel (分销渠道) that receives notifications."""

    app_key: str
    name: str
    secrets: tuple[str, ...] = field(repr=False)
    """Newest first: the first signs the envelope, all sign ``Webhook-Signature``."""
    notify_url: str = ""
    notify_urls: Mapping[str, str] = field(default_factory=lambda: _NO_URLS)
    """Per notification type: check, voucher, refund, order_failed, product."""
    envelope: EnvelopeKind = "signed"

    def url(self, notify_type: str) -> str:
        """Return where notifications of a type go; empty when the channel named no URL.

        A product notification goes only to a channel that named a URL for it; every
        other type falls back to ``notify_url``.
        """
        fallback = "" if notify_type == NotifyType.PRODUCT else self.notify_url
        return self.notify_urls.get(notify_type) or fallback


@lru_cache(maxsize=4096)
def endpoint_of(url: str) -> str:
    """Return the name under which a URL is remembered: its digest, for it may hold a token."""
    return hashlib.sha256(url.encode()).hexdigest()[:32]

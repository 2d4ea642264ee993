"""What the ingress must be told: plain data, filled by the composition root.

Why it exists: the ingress reads no settings. It must not hold a connection or a state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

from contracts.commands import AuditReply, ReplyOn


@dataclass(frozen=True, slots=True)
class ChannelAccess:
    """One distribution channel (分销渠道), as far as its requests are concerned."""

    app_key: str
    secrets: tuple[str, ...] = field(repr=False)
    """All of them verify; with none, every request is refused."""
    name: str = ""
    reply_on: ReplyOn = "paid"
    audit_reply: AuditReply = "wait"


@dataclass(frozen=True, slots=True)
class IngressConfig:
    """The ingress's own settings; all durations in seconds."""

    channels: Mapping[str, ChannelAccess]
    """By app_key."""
    partner_id: str
    """PartnerId (分销商 ID): whom the notices must be for."""
    sign_keys: tuple[str, ...] = field(repr=False)
    """ZZY's sign keys (signkey): all of them verify a notice."""
    time_stamp_window_seconds: float = 300
    callback_path: str = "/zzy/notify"
    callback_sign_path: str | None = None
    """The public path that ZZY signs, where a proxy rewrites it."""
    callback_window_seconds: float = 300
    callback_allow: tuple[IPv4Network | IPv6Network, ...] = ()
    """Where notices may come from; empty: anywhere."""
    reply_wait_seconds: float = 5
    publish_timeout_seconds: float = 4.5
    """After so long without a confirm the outcome is unknown: leaves time to say so in 5 s."""
    requests_per_second: float = 0
    """Of each channel, in bursts of a second's worth; 0: any number."""
    verdict_wait_seconds: float = 2
    """How long a notice that is durable waits for the word that it is not forged."""
    verdicts_awaited: int = 1_000
    """How many may wait for it at a time; more are answered once they are durable."""
    body_limit_bytes: int = 262_144
    body_timeout_seconds: float = 10

"""The port to what people and relay processes say of each channel.

Why it exists: a pause by hand survives restarts and reaches every relay process, and people
see how a channel stands without asking a process. The stores implement it; one parity suite
tests both. It must not import an adapter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ChannelReport:
    """How a channel stood when a relay process last said so."""

    app_key: str
    reported_at: datetime
    breaker: str
    """closed, open or half_open."""
    answered_at: datetime | None = None
    """When the last attempt ended; None: there was none yet."""
    answer: str = ""
    """What came of it, in a few words."""
    words: str = ""
    """The first words of what the channel answered, without anything that was sent to it."""
    milliseconds: int = 0
    """How long it took."""
    oldest_at: datetime | None = None
    """Since when the oldest notification waits that was tried and not taken."""


@dataclass(frozen=True, slots=True)
class ChannelControl:
    """What people decided of a channel, and what was last reported of it."""

    app_key: str
    paused_at: datetime | None = None
    """Since when it is paused by hand; None: it is not."""
    pause_reason: str = ""
    rate: float | None = None
    """Deliveries a second instead of the configured ones; 0: any number."""
    probe_wanted_at: datetime | None = None
    """When somebody last wanted to know whether it answers again."""
    gone: frozenset[str] = frozenset()
    """Digests of the URLs that answered 410 and are served no more."""
    report: ChannelReport | None = None


class ChannelStore(Protocol):
    """What is known of the channels. Every method raises StoreUnavailableError."""

    async def channel_controls(self) -> list[ChannelControl]:
        """Return every channel of which anything is known, by app_key."""
        ...

    async def pause_channel(self, app_key: str, reason: str, at: datetime) -> None:
        """Have nothing sent to a channel until it is resumed."""
        ...

    async def resume_channel(self, app_key: str, at: datetime) -> None:
        """Send again, to URLs that were gone too, and try at once whether it answers."""
        ...

    async def limit_channel(self, app_key: str, rate: float | None) -> None:
        """Send so many a second from now on; None: as it is configured."""
        ...

    async def want_probe(self, app_key: str, at: datetime) -> None:
        """Have every relay process try at once whether a channel answers again."""
        ...

    async def report_channels(self, reports: Sequence[ChannelReport]) -> None:
        """Note how channels stand; an earlier report never replaces a later one."""
        ...

    async def keep_gone(self, app_key: str, endpoint: str, at: datetime) -> None:
        """Note that a URL (its digest) is gone; once more changes nothing."""
        ...

    async def forget_gone(self, app_key: str, endpoint: str) -> None:
        """Note that a URL is served again."""
        ...

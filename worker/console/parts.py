"""What the pages work with: the ports, and services that the composition root hands in.

Why it exists: a page takes what it needs from one place, and a test fills only that. A page
that needs more adds a field here, and app_console.py fills it. It must not hold logic.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from worker.clock import Clock
from worker.console.config import ConsoleConfig
from worker.console.passwords import Passwords
from worker.console.sessions import Sessions
from worker.console.throttle import Throttle
from worker.runtime.ports import Broker, Store


@dataclass(frozen=True, slots=True)
class ChannelShown:
    """A configured channel, as far as the pages speak of it."""

    app_key: str
    name: str
    deliveries_per_second: float = 0
    """As it is configured; 0: any number."""
    endpoints: Sequence[tuple[str, str]] = ()
    """Its types of notifications that have a URL, each with the digest of that URL."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that a page may ask."""

    config: ConsoleConfig
    store: Store
    broker: Broker
    clock: Clock
    sessions: Sessions
    channels: Sequence[ChannelShown] = ()
    robots: Sequence[str] = ()
    """The names of those who are told of alarms."""
    passwords: Passwords = field(default_factory=Passwords)
    throttle: Throttle = field(default_factory=Throttle)

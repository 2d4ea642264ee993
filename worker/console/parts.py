"""What the pages work with: the ports, and services that the composition root hands in.

Why it exists: a page takes what it needs from one place, and a test fills only that. A page
that needs more adds a field here, and app_console.py fills it. It must not hold logic.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from worker.clock import Clock
from worker.console.config import ChannelShown, ConsoleConfig
from worker.console.passwords import Passwords
from worker.console.sessions import Sessions
from worker.console.throttle import Throttle
from worker.runtime.auditing import Audit
from worker.runtime.catalogue import Catalogue
from worker.runtime.catalogue_sync import CatalogueSync
from worker.runtime.channel_desk import ChannelDesk
from worker.runtime.ports import Broker, Store
from worker.runtime.searching import SearchKeys
from worker.saga.policy import Policy


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that a page may ask."""

    config: ConsoleConfig
    store: Store
    broker: Broker
    clock: Clock
    sessions: Sessions
    audit: Audit
    channel_desk: ChannelDesk
    catalogue: Catalogue
    catalogue_sync: CatalogueSync
    channels: Sequence[ChannelShown] = ()
    robots: Sequence[str] = ()
    """The names of those who are told of alarms."""
    passwords: Passwords = field(default_factory=Passwords)
    throttle: Throttle = field(default_factory=Throttle)
    search: SearchKeys = field(default_factory=SearchKeys)
    """What orders are looked for under."""
    policy: Policy = field(default_factory=Policy)
    """By which an order's next step is told."""

"""What people decide of a channel, by whichever door: written down, then done.

Why it exists: the command line and the console pause, resume and slow a channel in the same
way, and the audit holds who and why. Relay processes look in the store every second. It
must not send anything.
"""

from typing import Protocol

from worker.clock import Clock
from worker.runtime.auditing import Audit, AuditStore
from worker.runtime.controlling import ChannelStore


class DeskStore(ChannelStore, AuditStore, Protocol):
    """Where decisions and the audit are kept."""


class ChannelDesk:
    """Decisions about channels. Every method raises StoreUnavailableError."""

    def __init__(self, store: DeskStore, clock: Clock) -> None:
        """Decide in ``store``."""
        self._store = store
        self._clock = clock
        self._audit = Audit(store, clock)

    async def pause(self, app_key: str, reason: str, *, actor: str) -> None:
        """Have nothing sent to a channel until it is resumed."""
        await self._audit.record(actor, "channel.pause", app_key, reason=reason)
        await self._store.pause_channel(app_key, reason, self._clock.now())

    async def resume(self, app_key: str, reason: str = "", *, actor: str) -> None:
        """Send again, to URLs that were gone too, and try at once whether it answers."""
        await self._audit.record(actor, "channel.resume", app_key, reason=reason)
        await self._store.resume_channel(app_key, self._clock.now())

    async def limit(
        self, app_key: str, rate: float | None, reason: str = "", *, actor: str
    ) -> None:
        """Send so many a second from now on, 0: any number; None: as it is configured."""
        said = "as configured" if rate is None else f"{rate:g} a second" if rate else "any rate"
        await self._audit.record(actor, "channel.rate", app_key, reason=reason, result=said)
        await self._store.limit_channel(app_key, rate)

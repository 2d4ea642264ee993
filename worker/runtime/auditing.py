"""The port to the audit: who did what, to what, when, why, and with what result.

Why it exists: whoever looks later at what people did (and at what personal data they had
shown) reads it in one place, whichever door they used. It is only ever added to: the
databases themselves refuse a change. It must not decide who may do what, and no entry holds
a secret or personal data.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from worker.clock import Clock

DONE: Final = "done"
"""The result of what was carried out as it was asked."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that somebody did, or tried to do."""

    at: datetime
    actor: str
    """Who: ``cli:NAME`` with the operating system's user, ``console:NAME``, or ``worker``."""
    action: str
    """What, as ``subject.verb``: ``deadletter.discard``."""
    subject: str
    """To what: the id that a person would look for."""
    reason: str = ""
    """Why, in the actor's own words."""
    result: str = DONE
    """What came of it, in a few words."""
    id: str = ""


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which entries are asked for; what is empty matches everything."""

    actor: str = ""
    action: str = ""
    """A whole action, or what stands before its dot: ``deadletter``."""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: tuple[datetime, str] | None = None
    """Time and id of the last entry of the page before."""
    limit: int = 100


class AuditStore(Protocol):
    """Keeps the audit. Every method raises StoreUnavailableError."""

    async def add_audit(self, entry: AuditEntry) -> None:
        """Add an entry; the same id again changes nothing."""
        ...

    async def audit_entries(self, query: AuditQuery) -> Sequence[AuditEntry]:
        """Return entries, newest first."""
        ...


class Audit:
    """Where everything that people do is written down."""

    def __init__(self, store: AuditStore, clock: Clock) -> None:
        """Write to ``store``, at the time of ``clock``."""
        self._store = store
        self._clock = clock

    async def record(
        self, actor: str, action: str, subject: str, *, reason: str = "", result: str = DONE
    ) -> AuditEntry:
        """Write down what was done. Raises StoreUnavailableError: then nothing was."""
        entry = self.entry(actor, action, subject, reason=reason, result=result)
        await self._store.add_audit(entry)
        return entry

    def entry(
        self, actor: str, action: str, subject: str, *, reason: str = "", result: str = DONE
    ) -> AuditEntry:
        """Return an entry of now, for a change that writes it in its own transaction."""
        return AuditEntry(
            self._clock.now(), actor, action, subject, reason, result, uuid.uuid4().hex
        )

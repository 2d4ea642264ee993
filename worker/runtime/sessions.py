"""The port to the console's sessions: who is logged in.

Why it exists: a session outlives a restart, counts in every console process, and is over
for all of them at the log-out. It must not hold a token: its digest is enough.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Session:
    """A session as it is kept."""

    digest: str
    """Of the token in the browser's cookie."""
    user: str
    stamp: str
    """Of the password hash that it was opened with."""
    created_at: datetime
    seen_at: datetime


class SessionStore(Protocol):
    """Keeps sessions. Every method raises StoreUnavailableError."""

    async def add_session(self, session: Session) -> None:
        """Keep a new session."""
        ...

    async def session(self, digest: str) -> Session | None:
        """Return a session, however old."""
        ...

    async def touch_session(self, digest: str, at: datetime) -> None:
        """Note its last use; never an earlier one."""
        ...

    async def end_session(self, digest: str) -> None:
        """Forget it; one that is not there is no error."""
        ...

    async def end_sessions(self, *, created_before: datetime, seen_before: datetime) -> None:
        """Forget those that are older than either."""
        ...

"""Who is logged in, and for how long.

Why it exists: a session ends by itself (idle, or old), at the log-out, and when its user's
password or entry in the configuration is gone. The cookie holds a random token; only its
digest is kept. It must not read a request.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from worker.clock import Clock
from worker.console.config import ConsoleConfig, User

TOUCH_SECONDS: Final = 60.0
"""A session's last use is kept no finer than this: not every click is a write."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session as it is kept."""

    digest: str
    user: str
    stamp: str
    """Of the password hash that it was opened with."""
    created_at: datetime
    seen_at: datetime


class SessionKeeper(Protocol):
    """Where sessions are kept. Raises StoreUnavailableError."""

    async def add_session(self, session: Session) -> None:
        """Keep a new session."""
        ...

    async def session(self, digest: str) -> Session | None:
        """Return a session, however old."""
        ...

    async def touch_session(self, digest: str, at: datetime) -> None:
        """Note its last use."""
        ...

    async def end_session(self, digest: str) -> None:
        """Forget it; one that is not there is no error."""
        ...

    async def end_sessions(self, *, created_before: datetime, seen_before: datetime) -> None:
        """Forget those that are older than either."""
        ...


class MemorySessions:
    """Sessions in the memory of this process."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sessions: dict[str, Session] = {}

    async def add_session(self, session: Session) -> None:
        """Keep a new session."""
        self._sessions[session.digest] = session

    async def session(self, digest: str) -> Session | None:
        """Return a session, however old."""
        return self._sessions.get(digest)

    async def touch_session(self, digest: str, at: datetime) -> None:
        """Note its last use."""
        if digest in self._sessions:
            self._sessions[digest] = replace(self._sessions[digest], seen_at=at)

    async def end_session(self, digest: str) -> None:
        """Forget it."""
        self._sessions.pop(digest, None)

    async def end_sessions(self, *, created_before: datetime, seen_before: datetime) -> None:
        """Forget those that are older than either."""
        self._sessions = {
            digest: one
            for digest, one in self._sessions.items()
            if one.created_at >= created_before and one.seen_at >= seen_before
        }


class Sessions:
    """Opens, finds and ends sessions."""

    def __init__(self, keeper: SessionKeeper, config: ConsoleConfig, clock: Clock) -> None:
        """Keep them in ``keeper``."""
        self._keeper = keeper
        self._config = config
        self._clock = clock

    async def open(self, user: User) -> str:
        """Open a session, forget those that are over, and return the new one's token."""
        now = self._clock.now()
        await self._keeper.end_sessions(
            created_before=now - timedelta(seconds=self._config.session_seconds),
            seen_before=now - timedelta(seconds=self._config.idle_seconds),
        )
        token = secrets.token_urlsafe(32)
        session = Session(digest_of(token), user.name, _stamp(user), now, now)
        await self._keeper.add_session(session)
        return token

    async def user(self, token: str) -> User | None:
        """Return whose session it is, or None where there is none that counts."""
        session = await self._keeper.session(digest_of(token))
        if session is None:
            return None
        now, user = self._clock.now(), self._config.users.get(session.user)
        over = (
            user is None
            or not hmac.compare_digest(_stamp(user), session.stamp)
            or now - session.created_at > timedelta(seconds=self._config.session_seconds)
            or now - session.seen_at > timedelta(seconds=self._config.idle_seconds)
        )
        if over:
            await self._keeper.end_session(session.digest)
            return None
        if now - session.seen_at > timedelta(seconds=TOUCH_SECONDS):
            await self._keeper.touch_session(session.digest, now)
        return user

    async def end(self, token: str) -> None:
        """End a session."""
        await self._keeper.end_session(digest_of(token))


def digest_of(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_of(token: str) -> str:
    """Return what a form must carry beside the cookie that holds ``token``."""
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()


def session_cookie(config: ConsoleConfig) -> str:
    """Return the name of the session's cookie; browsers hold the prefix to https and host."""
    return f"{'__Host-' if config.secure else ''}ticketbridge_session"


def _stamp(user: User) -> str:
    return hashlib.sha256(user.password_hash.encode()).hexdigest()[:16]

"""Who is logged in, and for how long.

Why it exists: a session ends by itself (idle, or old), at the log-out, and when its user's
password or entry in the configuration is gone. The cookie holds a random token; only its
digest is kept. It must not read a request.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Final

from worker.clock import Clock
from worker.console.config import ConsoleConfig, User
from worker.runtime.sessions import Session, SessionStore

TOUCH_SECONDS: Final = 60.0
"""A session's last use is kept no finer than this: not every click is a write."""


class Sessions:
    """Opens, finds and ends sessions."""

    def __init__(self, keeper: SessionStore, config: ConsoleConfig, clock: Clock) -> None:
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

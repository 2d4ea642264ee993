"""Which user of the broker may speak for which channel, and where it may be answered.

Why it exists: whoever may publish on the broker could order, cancel and refund in any
channel's name, and have the answer put into a queue that is not theirs. The rule is here,
pure, and asked at one door (door.py). It must not read a message.
Source: docs/queue-guide.md; RabbitMQ refuses a user_id that is not the connection's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from contracts.queues import DIRECT_REPLY, REPLY_PREFIX
from worker.runtime.outcome import Park


@dataclass(frozen=True, slots=True)
class Upstreams:
    """The users that publish to us."""

    ours: str = ""
    """Our own login; empty where nobody but us can publish (the embedded broker)."""
    also_ours: frozenset[str] = frozenset()
    """The logins of our other processes, where each role has its own."""
    channels: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    """The app_keys for which each other user may speak."""
    unnamed_until: datetime | None = None
    """Until when commands without a user pass for our own: those of an ingress of 0.1.0."""

    def is_ours(self, user: str, reply_to: str, now: datetime) -> bool:
        """Tell whether a message is our own; without a user only while the window is open.

        0.1.0 was answered on its own connection or not at all, so nothing else passes.
        """
        if self._is_our_login(user):
            return True
        if user or self.unnamed_until is None or now >= self.unnamed_until:
            return False
        return not reply_to or reply_to.startswith(DIRECT_REPLY)

    def nobody(self, user: str) -> Park | None:
        """Return an objection if the broker vouches for no publisher at all."""
        if user or not self.ours:
            return None
        return Park("user_unknown", "no user-id: nobody is known to have published it")

    def objection(self, user: str, app_key: str) -> Park | None:
        """Return why ``user`` may not speak for ``app_key``; None where it may."""
        if self._is_our_login(user):
            return None
        if app_key not in self.channels.get(user, ()):
            return Park("user_not_allowed", f"user {user} may not speak for this channel")
        return None

    def may_be_answered(self, user: str, reply_to: str) -> bool:
        """Tell whether an answer may go to ``reply_to``: never into a queue of others."""
        if self._is_our_login(user) or reply_to.startswith(DIRECT_REPLY):
            return True
        return bool(user) and reply_to.startswith(f"{REPLY_PREFIX}{user}.")

    def _is_our_login(self, user: str) -> bool:
        return user == self.ours or user in self.also_ours

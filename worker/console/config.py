"""What the console must be told: plain data, filled by the composition root.

Why it exists: the console reads no settings. It must not hold a connection or a state.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum


class Level(IntEnum):
    """What somebody may do; each may what those before it may."""

    VIEWER = 1
    """Reads, personal data masked."""
    OPERATOR = 2
    """Acts: replays, resends, pauses, settles; reveals what is masked, which is recorded."""
    ADMIN = 3
    """Does what cannot be undone, and reads the audit."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may log in."""

    name: str
    level: Level
    password_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ConsoleConfig:
    """The console's own settings; all durations in seconds."""

    users: Mapping[str, User]
    """By name; with none, nobody can log in."""
    public_url: str = ""
    """Where people reach it, if that is not where it listens."""
    idle_seconds: float = 3_600
    session_seconds: float = 43_200
    body_limit_bytes: int = 1_048_576

    @property
    def secure(self) -> bool:
        """Tell whether cookies may travel over https alone."""
        return self.public_url.startswith("https://")


@dataclass(frozen=True, slots=True)
class ChannelShown:
    """A configured channel, as far as the pages speak of it."""

    app_key: str
    name: str
    deliveries_per_second: float = 0
    """As it is configured; 0: any number."""
    endpoints: Sequence[tuple[str, str]] = ()
    """Its types of notifications that have a URL, each with the digest of that URL."""

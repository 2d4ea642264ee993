"""Stand-ins for ports, for tests that need the world to behave on command."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from worker.runtime.ports import Message
from worker.translation.delivery import Answered, DeliveryResult

NOON = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
DELIVERED = Answered(200, b'{"status":200,"message":"ok"}', None, 0.01)


class HeldClock:
    """A clock that moves only when a test moves it."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


@dataclass
class ScriptedChannels:
    """Answers deliveries from a list, the last answer for ever."""

    answers: Sequence[DeliveryResult] = (DELIVERED,)
    posts: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    async def deliver(self, url: str, headers: Mapping[str, str], body: bytes) -> DeliveryResult:
        self.posts.append((url, headers, body))
        return self.answers[min(len(self.posts), len(self.answers)) - 1]


@dataclass
class PublishedMessages:
    """The publishing half of a broker; raises ``errors`` first, one a publish."""

    errors: list[Exception] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    async def publish(self, message: Message, *, delay: float = 0) -> None:
        assert delay == 0
        if self.errors:
            raise self.errors.pop(0)
        self.messages.append(message)

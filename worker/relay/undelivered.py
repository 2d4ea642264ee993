"""How long a channel has kept its oldest notification waiting, and who must hear of it.

Why it exists: between the first failure and the dead letters lie hours in which somebody
can still speak with the channel: at 50, 70, 90 and 100 % of the way an operator hears of it,
once each. It knows what this process tried and did not deliver. It must not raise an alarm
itself, nor read a clock.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

GRADES: Final = (50, 70, 90, 100)
"""In per cent of the way to giving up."""

MOST: Final = 1_000
"""How many are remembered; the oldest is among them, and that is all that is asked for."""

GRACE: Final = timedelta(minutes=10)
"""What did not come again so long after it should have is in other hands."""


@dataclass(slots=True)
class _Waiting:
    since: datetime
    due: datetime


class Undelivered:
    """The notifications of one channel that were tried and are still to be delivered."""

    def __init__(self, patience: float) -> None:
        """Give up after ``patience`` seconds."""
        self._patience = patience
        self._waiting: dict[str, _Waiting] = {}
        self._told = 0

    def waits(self, name: str, since: datetime, due: datetime) -> None:
        """Note that one was not delivered and comes again at ``due``."""
        if name in self._waiting or len(self._waiting) < MOST:
            self._waiting[name] = _Waiting(since, due)

    def ended(self, name: str) -> None:
        """Note that one was delivered, or given up."""
        self._waiting.pop(name, None)

    def forget_late(self, now: datetime, flowing_since: datetime) -> None:
        """Forget what should have come again and did not, though messages flow."""
        for name, one in list(self._waiting.items()):
            if max(one.due, flowing_since) + GRACE < now:
                del self._waiting[name]

    @property
    def oldest(self) -> datetime | None:
        """Since when the oldest waits; None: nothing does, as far as is known here."""
        return min((one.since for one in self._waiting.values()), default=None)

    def look(self, now: datetime) -> tuple[int, bool]:
        """Return the grade that was newly reached (0: none was), and whether it is all over."""
        reached = self._grade(now)
        over = bool(self._told) and not reached
        risen = reached if reached > self._told else 0
        self._told = 0 if over else max(self._told, reached)
        return risen, over

    def _grade(self, now: datetime) -> int:
        oldest = self.oldest
        if oldest is None or not self._patience:
            return 0
        way = 100 * (now - oldest).total_seconds() / self._patience
        return max((grade for grade in GRADES if grade <= way), default=0)

"""The port to the alarms that are kept, and what their rows hold.

Why it exists: an alarm outlives the process that raised it: it is open until what it tells of
is over, and every robot hears of it at least once. The stores implement this; one parity suite
tests both. It must not decide what deserves an alarm, and no row holds personal data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Severity(StrEnum):
    """How soon a person must look."""

    WARNING = "warning"
    """Today."""
    CRITICAL = "critical"
    """Now."""


@dataclass(frozen=True, slots=True)
class RaisedAlarm:
    """Something that a person must look at, as it is heard of."""

    kind: str
    subject: str
    """What it is about: an order's number, a channel, a queue. Kind and subject are one alarm."""
    severity: Severity
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """An alarm as it is kept."""

    id: str
    kind: str
    subject: str
    severity: str
    text: str
    first_seen_at: datetime
    last_seen_at: datetime
    count: int
    told_at: datetime
    """When the robots were last told."""
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    resolved_at: datetime | None = None
    resolved_by: str = ""

    @property
    def state(self) -> str:
        """Return open, acknowledged or resolved."""
        if self.resolved_at is not None:
            return "resolved"
        return "open" if self.acknowledged_at is None else "acknowledged"


@dataclass(frozen=True, slots=True)
class RobotMessage:
    """Something that one robot has to be told of one alarm."""

    id: str
    robot: str
    about: str
    """raised, again or resolved."""
    created_at: datetime
    attempts: int
    alarm: AlarmRow


@dataclass(frozen=True, slots=True)
class Telling:
    """Who is told of an alarm, and when again while it stays open."""

    robots: Sequence[str] = ()
    again_before: datetime | None = None
    """Told again if it was last told before then; None: never again."""


@dataclass(frozen=True, slots=True)
class AlarmFacts:
    """What the rules judge of the database, counted."""

    dead_letters: int
    """How many messages died since a moment."""
    unpaid: int
    """Orders that are neither paid nor ended and came before a moment."""
    without_ticket: int
    """Orders that are paid and wait for their ticket, and came before a moment."""


class AlarmStore(Protocol):
    """Keeps the alarms. Every method raises StoreUnavailableError."""

    async def raise_alarm(self, raised: RaisedAlarm, telling: Telling) -> AlarmRow:
        """Open an alarm, or count once more the one of this kind and subject that is open.

        Robots are told when it opens, when it becomes critical, and again as ``telling`` says
        unless a person has acknowledged it; all in one commit.
        """
        ...

    async def resolve_alarm(
        self, kind: str, subject: str, at: datetime, by: str, robots: Sequence[str]
    ) -> AlarmRow | None:
        """Close the open alarm of a kind and subject, and tell; None: there is none."""
        ...

    async def settle_alarm(
        self, alarm_id: str, at: datetime, by: str, robots: Sequence[str]
    ) -> AlarmRow | None:
        """Close an open alarm by its id, and tell; None: there is none."""
        ...

    async def acknowledge_alarm(self, alarm_id: str, at: datetime, by: str) -> AlarmRow | None:
        """Note who looks after an open alarm; None: there is none."""
        ...

    async def alarms(self, *, resolved: bool = False, limit: int = 1000) -> list[AlarmRow]:
        """Return open alarms, or those that are over; last seen first."""
        ...

    async def resolve_quiet_alarms(
        self, kinds: Sequence[str], before: datetime, at: datetime
    ) -> None:
        """Close, without a word, what nothing was heard of since ``before``; not ``kinds``."""
        ...

    async def forget_alarms(self, before: datetime) -> None:
        """Forget alarms that were over before."""
        ...

    async def claim_robot_messages(
        self, now: datetime, until: datetime, *, limit: int
    ) -> list[RobotMessage]:
        """Return messages that are due, oldest first; nobody else gets them ``until`` then."""
        ...

    async def robot_told(self, message_ids: Sequence[str]) -> None:
        """Forget messages that a robot took, or that are given up."""
        ...

    async def robot_failed(self, message_ids: Sequence[str], due_at: datetime, answer: str) -> None:
        """Note that a robot did not take messages; they are tried again."""
        ...

    async def take_alarm_watch(self, owner: str, now: datetime, until: datetime) -> bool:
        """Become the one who watches, or stay it; False: somebody else is, and was lately."""
        ...

    async def alarm_facts(
        self, died_since: datetime, unpaid_before: datetime, untold_before: datetime
    ) -> AlarmFacts:
        """Return what the rules judge."""
        ...

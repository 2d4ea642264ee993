"""The port to the dead letters that people work with: questions and decisions.

Why it exists: the command line, the console and the workers that replay speak to this;
both stores implement it and pass one parity suite. It must not judge which letter may be
replayed, nor hold SQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol

from worker.runtime.auditing import AuditEntry
from worker.runtime.records import DeadLetter

OPEN: Final = "open"
REPLAYING: Final = "replaying"
DONE: Final = "done"
DISCARDED: Final = "discarded"
SUPERSEDED: Final = "superseded"
REPLAYED: Final = "replayed"
"""What 0.1.0 wrote for replaying."""
STATES: Final = (OPEN, REPLAYING, DONE, DISCARDED, SUPERSEDED, REPLAYED)

Operator = Literal["=", "!=", "~", "<", "<=", ">", ">="]
Value = str | int | datetime
FIELDS: Final[dict[str, type]] = {
    "id": str,
    "kind": str,
    "channel": str,
    "order_num": str,
    "channel_order_num": str,
    "reason": str,
    "queue": str,
    "type": str,
    "group": str,
    "job": str,
    "parent": str,
    "attempts": int,
    "replays": int,
    "first_failed": datetime,
    "last_failed": datetime,
}
"""What letters are filtered by, and of which type it is."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on a letter; of several values one must hold (with ``!=``: none)."""

    field: str
    operator: Operator
    values: tuple[Value, ...]


Place = tuple[datetime, str]
"""When a letter last failed, and its id: where a page ends."""


@dataclass(frozen=True, slots=True)
class LetterQuery:
    """Which letters are asked for; what is empty matches everything."""

    conditions: tuple[Condition, ...] = ()
    states: tuple[str, ...] = (OPEN,)
    ids: tuple[str, ...] = ()
    search: str = ""
    """A number (the order's, the channel's, the letter's), or words that a group's reason has."""
    failed_again: bool = False
    """Those alone that were replayed before."""
    until: datetime | None = None
    """Those alone that last failed no later."""
    after: Place | None = None
    """Where the page before ended."""
    oldest_first: bool = False
    limit: int = 100


@dataclass(frozen=True, slots=True)
class LetterGroup:
    """Letters of one fingerprint."""

    fingerprint: str
    count: int
    failed_again: int
    first_failed_at: datetime
    last_failed_at: datetime
    kind: str
    queue: str
    type: str
    app_key: str
    reason: str
    """Of one of them."""


@dataclass(frozen=True, slots=True)
class LetterChange:
    """What somebody decided of letters: from these states into that one."""

    state: str
    of: tuple[str, ...]
    at: datetime
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LetterNote:
    """What somebody wrote beside a letter."""

    id: str
    letter_id: str
    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """Letters that went back to their queues."""

    ids: Sequence[str]
    failed_at: datetime
    """When the last of them had failed: one that failed later has failed again since."""
    at: datetime
    """The time that their messages carry."""
    job_id: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """A replayed message that was processed."""

    letter_id: str
    replayed_at: datetime
    at: datetime
    job_id: str = ""
    """The job that sent it: it may have died before it could note that."""


class LetterStore(Protocol):
    """The dead letters in the store. Every method raises StoreUnavailableError."""

    async def find_letters(self, query: LetterQuery) -> Sequence[DeadLetter]:
        """Return letters, the newest failure first unless it is asked otherwise."""
        ...

    async def count_letters(self, query: LetterQuery) -> int:
        """Return how many there are; ``limit`` and ``after`` do not count."""
        ...

    async def letter_groups(self, query: LetterQuery) -> Sequence[LetterGroup]:
        """Return the groups of the letters, the largest first."""
        ...

    async def change_letters(
        self, query: LetterQuery, change: LetterChange, entry: AuditEntry | None = None
    ) -> Sequence[str]:
        """Change what the query finds (``limit`` at most); return the ids that were.

        ``entry`` is added to the audit in the same transaction, with how many they were.
        """
        ...

    async def supersede_letter(
        self, letter_id: str, copy: DeadLetter, change: LetterChange, entry: AuditEntry
    ) -> bool:
        """Put an edited copy in a letter's place, both in one transaction, or return False."""
        ...

    async def mark_replayed(self, replayed: Replayed) -> None:
        """Note that letters went back to their queues.

        One that has failed again in the meantime stays open, and one that was processed is done.
        """
        ...

    async def settle_replay(self, settled: Settled) -> None:
        """Note that a replayed message was processed: its letter is done."""
        ...

    async def add_letter_note(self, note: LetterNote, entry: AuditEntry) -> None:
        """Keep a note beside a letter."""
        ...

    async def letter_notes(self, letter_id: str) -> Sequence[LetterNote]:
        """Return a letter's notes, oldest first."""
        ...

    async def letters_without_fingerprint(self, limit: int) -> Sequence[DeadLetter]:
        """Return letters that a worker of an older version kept."""
        ...

    async def keep_fingerprints(self, found: Sequence[tuple[str, str]]) -> None:
        """Note what letters are like: pairs of id and fingerprint."""
        ...

"""The port to replay jobs: many dead letters sent home at a rate, by whichever worker has time.

Why it exists: a job is a row, so that it outlives a request, a shell and a worker; both
stores implement it. It must not hold SQL, nor send anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from worker.runtime.auditing import AuditEntry
from worker.runtime.lettering import LetterQuery, Place, Replayed

QUEUED: Final = "queued"
CANARY: Final = "canary"
RUNNING: Final = "running"
FINISHED: Final = "finished"
CANCELLED: Final = "cancelled"
STOPPED: Final = "stopped"
ACTIVE: Final = (QUEUED, CANARY, RUNNING)
"""The states in which a job goes on."""


@dataclass(frozen=True, slots=True)
class ReplayJob:
    """A replay of many letters, and how far it is."""

    id: str
    query: LetterQuery
    where: str
    """The query as a person wrote it."""
    created_at: datetime
    created_by: str
    reason: str = ""
    rate: float = 50.0
    """Letters a second."""
    canary: int = 0
    """So many go first, and the rest only when all of these were processed."""
    canary_wait: int = 300
    """For how many seconds they may take."""
    most: int = 0
    """So many at most; 0: all."""
    total: int = 0
    """How many there were when it was made."""
    state: str = QUEUED
    sent: int = 0
    refused: int = 0
    problem: str = ""
    """What holds it up, or why it stopped."""
    cursor: Place | None = None
    canary_sent: int = 0
    canary_at: datetime | None = None
    """When the canary began; its letters were replayed since."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    owner: str = ""
    leased_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class JobCounts:
    """What became of the letters that a job sent, as far as no later job took them."""

    replaying: int = 0
    done: int = 0
    failed: int = 0
    """Failed again."""
    settled: int = 0
    """Discarded or superseded since."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works on a job, and until when nobody else does."""

    owner: str
    now: datetime
    until: datetime


class JobStore(Protocol):
    """The replay jobs in the store. Every method raises StoreUnavailableError."""

    async def add_replay_job(self, job: ReplayJob, entry: AuditEntry) -> None:
        """Keep a new job, for a worker to take."""
        ...

    async def replay_jobs(self, *, limit: int = 100) -> Sequence[ReplayJob]:
        """Return jobs, the newest first."""
        ...

    async def replay_job(self, job_id: str) -> ReplayJob | None:
        """Return one job."""
        ...

    async def claim_replay_job(self, lease: Lease) -> ReplayJob | None:
        """Return a job that nobody works on, now leased to this owner; None: there is none."""
        ...

    async def advance_replay_job(
        self, job: ReplayJob, lease: Lease, replayed: Replayed | None = None
    ) -> ReplayJob | None:
        """Keep how far a job is, with the letters that went, and hold it for longer.

        A job that was cancelled meanwhile stays so. None: it is in other hands now.
        """
        ...

    async def leave_replay_job(self, job_id: str, owner: str) -> None:
        """Let somebody else have it at once."""
        ...

    async def change_replay_job(
        self, job_id: str, state: str, of: Sequence[str], entry: AuditEntry
    ) -> bool:
        """Cancel or resume a job; False if it is in none of these states."""
        ...

    async def count_replayed(self, job_id: str, since: datetime | None = None) -> JobCounts:
        """Return what became of a job's letters; ``since``: of those replayed from then on."""
        ...

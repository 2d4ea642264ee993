"""How far a replay job is, for people and for scripts.

Why it exists: the command line and the console tell the same of a job. A letter counts as done
when its message was processed, not when it was sent. It must not change anything.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from worker.runtime.ports import Store
from worker.runtime.replaying import ACTIVE, JobCounts, ReplayJob


@dataclass(frozen=True, slots=True)
class Progress:
    """A job, and what became of its letters."""

    job: ReplayJob
    counts: JobCounts
    now: datetime

    @property
    def percent(self) -> int:
        """How much of it was sent or passed over."""
        if not self.job.total:
            return 0 if self.job.state in ACTIVE else 100
        return min(100, 100 * (self.job.sent + self.job.refused) // self.job.total)

    @property
    def working(self) -> bool:
        """Whether a worker has it in its hands."""
        until = self.job.leased_until
        return self.job.state in ACTIVE and until is not None and until > self.now

    @property
    def listed(self) -> dict[str, Any]:
        """What is shown of it; ``id`` first."""
        job, counts = self.job, self.counts
        return {
            "id": job.id,
            "state": job.state,
            "total": job.total,
            "sent": job.sent,
            "refused": job.refused,
            "done": counts.done,
            "failed_again": counts.failed,
            "replaying": counts.replaying,
            "settled": counts.settled,
            "percent": self.percent,
            "rate": job.rate,
            "canary": job.canary,
            "problem": job.problem or self._waits,
            "asked": job.where,
            "reason": job.reason,
            "created_by": job.created_by,
            "created_at": job.created_at.isoformat(),
            "started_at": job.started_at and job.started_at.isoformat(),
            "ended_at": job.ended_at and job.ended_at.isoformat(),
        }

    @property
    def _waits(self) -> str:
        waits = self.job.state in ACTIVE and not self.working
        return "waits for a worker with the role saga or relay" if waits else ""


async def progress(store: Store, job: ReplayJob, now: datetime) -> Progress:
    """Count what became of a job's letters. Raises StoreUnavailableError."""
    return Progress(job, await store.count_replayed(job.id), now)

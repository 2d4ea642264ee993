"""The replay jobs, in both databases' words.

Why it exists: a job is claimed with a lease, so that one worker at a time works on it, and
how far it is stands in the row with every portion. It must not send anything.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from worker.runtime.auditing import AuditEntry
from worker.runtime.lettering import Replayed
from worker.runtime.replaying import ACTIVE, JobCounts, Lease, ReplayJob
from worker.store import letter_rows
from worker.store.columns import names
from worker.store.letter_tables import REPLAY_JOBS
from worker.store.letters import Letters
from worker.store.together import Step, insert, select

_ADD: Final = insert(REPLAY_JOBS)
_LIST: Final = select(REPLAY_JOBS, "ORDER BY created_at DESC, id DESC LIMIT ?1")
_ONE: Final = select(REPLAY_JOBS, "WHERE id = ?1")
_ROW: Final = ", ".join(names(REPLAY_JOBS))
_FREE: Final = "(leased_until IS NULL OR leased_until < ?1)"
_CLAIM: Final = (
    "UPDATE replay_jobs SET owner = ?2, leased_until = ?3,"  # noqa: S608
    " started_at = CASE WHEN started_at IS NULL THEN ?1 ELSE started_at END"
    " WHERE id = (SELECT id FROM replay_jobs WHERE state IN ('queued', 'canary', 'running')"
    f" AND {_FREE} ORDER BY created_at, id LIMIT 1) AND {_FREE} RETURNING {_ROW}"
)
_ADVANCE: Final = (
    "UPDATE replay_jobs SET state = CASE WHEN state IN ('queued', 'canary', 'running')"  # noqa: S608
    " THEN ?4 ELSE state END,"
    " sent = ?5, refused = ?6, problem = ?7, cursor_at = ?8, cursor_id = ?9, canary_sent = ?10,"
    " canary_at = ?11, ended_at = CASE WHEN state = 'cancelled' THEN ended_at ELSE ?12 END,"
    " leased_until = ?3 WHERE id = ?1 AND owner = ?2"
    f" RETURNING {_ROW}"
)
_LEAVE: Final = (
    "UPDATE replay_jobs SET owner = '', leased_until = NULL WHERE id = ?1 AND owner = ?2"
)
_CHANGE: Final = (
    "UPDATE replay_jobs SET state = ?2, problem = '', canary_sent = 0, canary_at = NULL,"
    " ended_at = ?3 WHERE id = ?1 AND {} RETURNING id"
)
_COUNTS: Final = "SELECT state, count(*) FROM dead_letters WHERE job_id = ?1 AND job_id <> ''"


class ReplayJobs(Letters):
    """Implements :class:`worker.runtime.replaying.JobStore`."""

    async def add_replay_job(self, job: ReplayJob, entry: AuditEntry) -> None:
        """Keep a new job, for a worker to take."""
        await self._run(Step(_ADD, letter_rows.job_values(job, self._time)), *self._audit(entry))

    async def replay_jobs(self, *, limit: int = 100) -> Sequence[ReplayJob]:
        """Return jobs, the newest first."""
        return [letter_rows.job(one, self._back) for one in await self._ask(_LIST, limit)]

    async def replay_job(self, job_id: str) -> ReplayJob | None:
        """Return one job."""
        found = await self._ask(_ONE, job_id)
        return letter_rows.job(found[0], self._back) if found else None

    async def claim_replay_job(self, lease: Lease) -> ReplayJob | None:
        """Return a job that nobody works on, now leased to this owner."""
        now, until = self._time(lease.now), self._time(lease.until)
        found = await self._ask(_CLAIM, now, lease.owner, until)
        return letter_rows.job(found[0], self._back) if found else None

    async def advance_replay_job(
        self, job: ReplayJob, lease: Lease, replayed: Replayed | None = None
    ) -> ReplayJob | None:
        """Keep how far a job is, with the letters that went, and hold it for longer."""
        at, name = job.cursor or (None, "")
        values = (
            job.id,
            lease.owner,
            self._time(lease.until),
            job.state,
            job.sent,
            job.refused,
            job.problem,
            self._time(at),
            name,
            job.canary_sent,
            self._time(job.canary_at),
            self._time(job.ended_at),
        )
        done = await self._run(*self._marked(replayed), Step(_ADVANCE, values))
        found = done[-1] if done else []
        return letter_rows.job(found[0], self._back) if found else None

    async def leave_replay_job(self, job_id: str, owner: str) -> None:
        """Let somebody else have it at once."""
        await self._ask(_LEAVE, job_id, owner)

    async def change_replay_job(
        self, job_id: str, state: str, of: Sequence[str], entry: AuditEntry
    ) -> bool:
        """Cancel or resume a job; False if it is in none of these states."""
        listed = self._dialect.any_of.format("state", "?4")
        at = None if state in ACTIVE else self._time(entry.at)
        values = (job_id, state, at, self._dialect.listed(list(of)))
        done = await self._run(
            Step(_CHANGE.format(listed), values, needed=True), *self._audit(entry)
        )
        return done is not None

    async def count_replayed(self, job_id: str, since: datetime | None = None) -> JobCounts:
        """Return what became of a job's letters."""
        rest, values = "", [job_id]
        if since is not None:
            rest, values = " AND replayed_at >= ?2", [job_id, self._time(since)]
        found: dict[str, int] = dict(await self._ask(f"{_COUNTS}{rest} GROUP BY state", *values))
        return JobCounts(
            replaying=found.get("replaying", 0),
            done=found.get("done", 0),
            failed=found.get("open", 0),
            settled=found.get("discarded", 0) + found.get("superseded", 0),
        )

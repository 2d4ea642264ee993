"""Dead letters that people work with, and replay jobs, in PostgreSQL.

Why it exists: the words are letters.py's and replay_jobs.py's; this runs them, and settles
what was processed in batches. It must not add any other.
"""

from typing import Any, Final

from worker.runtime.lettering import Settled
from worker.store.batcher import Batcher
from worker.store.letter_filters import Dialect
from worker.store.postgres.base import same
from worker.store.postgres.database import Database, numbered
from worker.store.replay_jobs import ReplayJobs
from worker.store.together import Step

SETTLE: Final = """
    UPDATE dead_letters d SET state = 'done', settled_at = r.at, settled_by = '',
        settled_reason = '', job_id = CASE WHEN r.job_id <> '' THEN r.job_id ELSE d.job_id END,
        replayed_at = greatest(d.replayed_at, r.replayed_at)
    FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[])
        AS r(id, replayed_at, at, job_id)
    WHERE d.id = r.id AND d.state IN ('open', 'replaying', 'replayed')"""


class Letters(ReplayJobs):
    """Implements the ports to dead letters and replay jobs."""

    _database: Database
    _settled: Batcher[Settled, None]
    _dialect = Dialect(
        any_of="{0} = ANY({1}::text[])",
        contains="strpos(lower({0}), lower({1})) > 0",
        listed=list,
        moment=same,
    )
    _back = staticmethod(same)

    async def _run(self, *steps: Step) -> list[list[Any]] | None:
        if len(steps) == 1:
            [step] = steps
            found = await self._database.fetch(numbered(step.sql), *step.parameters([]))
            return None if step.needed and not found else [list(found)]
        return await self._database.together(steps)

    async def settle_replay(self, settled: Settled) -> None:
        """Note that a replayed message was processed: its letter is done."""
        await self._settled.ask(settled)


async def settle_all(database: Database, settled: list[Settled]) -> list[None]:
    """Settle the letters of many callers at once."""
    last = {one.letter_id: one for one in sorted(settled, key=lambda one: one.replayed_at)}
    values = [(name, one.replayed_at, one.at, one.job_id) for name, one in sorted(last.items())]
    await database.fetch(SETTLE, *zip(*values, strict=True))
    return [None] * len(settled)

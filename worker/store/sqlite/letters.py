"""Dead letters that people work with, and replay jobs, in SQLite.

Why it exists: the words are letters.py's and replay_jobs.py's; this runs them. It must not
add any but those for settling.
"""

import json
import sqlite3
from typing import Any, Final

from worker.runtime.lettering import Settled
from worker.sqlite import SqliteFile
from worker.store.letter_filters import Dialect
from worker.store.replay_jobs import ReplayJobs
from worker.store.sqlite.base import micros, moment
from worker.store.together import Step

_SETTLE: Final = (
    "UPDATE dead_letters SET state = 'done', settled_at = ?3, settled_by = '', settled_reason = '',"
    " job_id = CASE WHEN ?4 <> '' THEN ?4 ELSE job_id END,"
    " replayed_at = CASE WHEN replayed_at > ?2 THEN replayed_at ELSE ?2 END"
    " WHERE id = ?1 AND state IN ('open', 'replaying', 'replayed')"
)


class _TakenBackError(Exception):
    """A step that was needed had no row."""


class Letters(ReplayJobs):
    """Implements the ports to dead letters and replay jobs."""

    _file: SqliteFile
    _dialect = Dialect(
        any_of="{0} IN (SELECT value FROM json_each({1}))",
        contains="instr(lower({0}), lower({1})) > 0",
        listed=lambda values: json.dumps(list(values)),
        moment=micros,
    )
    _back = staticmethod(moment)

    async def _run(self, *steps: Step) -> list[list[Any]] | None:
        def run(connection: sqlite3.Connection) -> list[list[Any]]:
            found: list[list[Any]] = []
            for step in steps:
                found.append(connection.execute(step.sql, step.parameters(found)).fetchall())
                if step.needed and not found[-1]:
                    raise _TakenBackError
            return found

        reads = all(step.sql.startswith(("SELECT", "WITH")) for step in steps)
        try:
            return await (self._file.read(run) if reads else self._file.write(run))
        except _TakenBackError:
            return None

    async def settle_replay(self, settled: Settled) -> None:
        """Note that a replayed message was processed: its letter is done."""
        times = (micros(settled.replayed_at), micros(settled.at))
        await self._ask(_SETTLE, settled.letter_id, *times, settled.job_id)

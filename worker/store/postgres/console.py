"""The console's sessions and samples in PostgreSQL.

Why it exists: who is logged in, and how the work went, is kept beside the work. It must not
judge a session or draw a sample.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from worker.runtime.sampling import Sample, Tally
from worker.runtime.sessions import Session
from worker.store import console_rows as rows
from worker.store.console_tables import CONSOLE_SESSIONS, SAMPLES
from worker.store.postgres.base import Part, same
from worker.store.postgres.statements import insert, select

_ADD: Final = insert(CONSOLE_SESSIONS)
_ONE: Final = select(CONSOLE_SESSIONS, "WHERE digest = $1")
_TOUCH: Final = "UPDATE console_sessions SET seen_at = $2 WHERE digest = $1 AND seen_at < $2"
_END: Final = "DELETE FROM console_sessions WHERE digest = $1"
_END_OLD: Final = "DELETE FROM console_sessions WHERE created_at < $1 OR seen_at < $2"

ORDERS: Final = (
    "SELECT count(*), count(*) FILTER (WHERE phase = 'refused') FROM orders"
    " WHERE erased_at IS NULL AND created_at >= $1 AND created_at < $2"
)
LATENCIES: Final = (
    "SELECT extract(epoch FROM n.settled_at - o.created_at)::float8 FROM notifications n"
    " JOIN orders o ON o.order_num = n.order_num"
    " WHERE n.status = 'delivered' AND n.type = 'voucher'"
    " AND n.settled_at >= $1 AND n.settled_at < $2 AND n.seq = (SELECT min(m.seq)"
    " FROM notifications m WHERE m.order_num = n.order_num AND m.type = 'voucher')"
)
_LETTERS: Final = (
    "SELECT kind, count(*) FROM dead_letters"
    " WHERE last_failed_at >= $1 AND last_failed_at < $2 GROUP BY kind"
)
_SAMPLE: Final = f"{insert(SAMPLES)} ON CONFLICT (at, seconds) DO NOTHING"
_SAMPLES: Final = select(SAMPLES, "WHERE at >= $1 AND at < $2 ORDER BY at, seconds")
_MERGE: Final = (
    "WITH merged AS (DELETE FROM samples WHERE at >= $1 AND at < $4 AND seconds < $2) " + _SAMPLE  # noqa: S608
)
_SHORT: Final = select(SAMPLES, "WHERE at < $1 AND seconds < $2 ORDER BY at, seconds LIMIT $3")
_DROP: Final = (
    "WITH dropped AS (DELETE FROM samples WHERE at < $1 RETURNING 1) SELECT count(*) FROM dropped"
)


class ConsoleRows(Part):
    """Implements :class:`SessionStore` and :class:`SampleStore` of the runtime."""

    async def add_session(self, session: Session) -> None:
        """Keep a new session."""
        await self._all(_ADD, *rows.session_values(session, same))

    async def session(self, digest: str) -> Session | None:
        """Return a session, however old."""
        found = await self._all(_ONE, digest)
        return rows.session(found[0], same) if found else None

    async def touch_session(self, digest: str, at: datetime) -> None:
        """Note its last use; never an earlier one."""
        await self._all(_TOUCH, digest, at)

    async def end_session(self, digest: str) -> None:
        """Forget it; one that is not there is no error."""
        await self._all(_END, digest)

    async def end_sessions(self, *, created_before: datetime, seen_before: datetime) -> None:
        """Forget those that are older than either."""
        await self._all(_END_OLD, created_before, seen_before)

    async def tally(self, since: datetime, until: datetime) -> Tally:
        """Count what happened from ``since`` on and before ``until``."""
        ((orders, refused),) = await self._all(ORDERS, since, until)
        latencies = await self._all(LATENCIES, since, until)
        letters = await self._all(_LETTERS, since, until)
        seconds = [max(0.0, one) for (one,) in latencies]
        return Tally(orders, refused, seconds, {kind: count for kind, count in letters})  # noqa: C416

    async def add_sample(self, sample: Sample) -> None:
        """Keep a sample; a second one of the same moment and length changes nothing."""
        await self._all(_SAMPLE, *rows.sample_values(sample, same))

    async def samples(self, since: datetime, until: datetime) -> Sequence[Sample]:
        """Return the samples that begin from ``since`` on and before ``until``, oldest first."""
        found = await self._all(_SAMPLES, since, until)
        return [rows.sample(record, same) for record in found]

    async def short_samples(
        self, before: datetime, shorter_than: int, *, limit: int
    ) -> Sequence[Sample]:
        """Return samples of fewer seconds that began before a moment, oldest first."""
        found = await self._all(_SHORT, before, shorter_than, limit)
        return [rows.sample(record, same) for record in found]

    async def merge_samples(self, merged: Sample) -> None:
        """Put a sample in the place of the shorter ones that begin within its time, at once."""
        end = merged.at + timedelta(seconds=merged.seconds)
        await self._all(_MERGE, *rows.sample_values(merged, same), end)

    async def drop_samples(self, before: datetime) -> int:
        """Forget samples that began before a moment; return how many."""
        return int((await self._all(_DROP, before))[0][0])

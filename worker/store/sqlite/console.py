"""The console's sessions and samples in SQLite.

Why it exists: who is logged in, and how the work went, is kept beside the work. It must not
judge a session or draw a sample.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from worker.runtime.sampling import Sample, Tally
from worker.runtime.sessions import Session
from worker.store import console_rows as rows
from worker.store.console_tables import CONSOLE_SESSIONS, SAMPLES
from worker.store.sqlite.base import Part, insert, micros, moment, select

_ADD: Final = insert(CONSOLE_SESSIONS)
_ONE: Final = select(CONSOLE_SESSIONS, "WHERE digest = ?")
_TOUCH: Final = "UPDATE console_sessions SET seen_at = ?2 WHERE digest = ?1 AND seen_at < ?2"
_END: Final = "DELETE FROM console_sessions WHERE digest = ?"
_END_OLD: Final = "DELETE FROM console_sessions WHERE created_at < ? OR seen_at < ?"

_ORDERS: Final = (
    "SELECT count(*), coalesce(sum(phase = 'refused'), 0) FROM orders"
    " WHERE erased_at IS NULL AND created_at >= ?1 AND created_at < ?2"
)
_LATENCIES: Final = (
    "SELECT n.settled_at - o.created_at FROM notifications n JOIN orders o"
    " ON o.order_num = n.order_num WHERE n.status = 'delivered' AND n.type = 'voucher'"
    " AND n.settled_at >= ?1 AND n.settled_at < ?2 AND n.seq = (SELECT min(m.seq)"
    " FROM notifications m WHERE m.order_num = n.order_num AND m.type = 'voucher')"
)
_LETTERS: Final = (
    "SELECT kind, count(*) FROM dead_letters"
    " WHERE last_failed_at >= ?1 AND last_failed_at < ?2 GROUP BY kind"
)
_SAMPLE: Final = f"{insert(SAMPLES)} ON CONFLICT (at, seconds) DO NOTHING"
_SAMPLES: Final = select(SAMPLES, "WHERE at >= ? AND at < ? ORDER BY at, seconds")
_MERGED: Final = "DELETE FROM samples WHERE at >= ? AND at < ? AND seconds < ?"
_SHORT: Final = select(SAMPLES, "WHERE at < ? AND seconds < ? ORDER BY at, seconds LIMIT ?")
_DROP: Final = "DELETE FROM samples WHERE at < ?"
_MICROSECONDS: Final = 1e6


class ConsoleRows(Part):
    """Implements :class:`SessionStore` and :class:`SampleStore` of the runtime."""

    async def add_session(self, session: Session) -> None:
        """Keep a new session."""
        await self._change(_ADD, rows.session_values(session, micros))

    async def session(self, digest: str) -> Session | None:
        """Return a session, however old."""
        found = await self._all(_ONE, digest)
        return rows.session(found[0], moment) if found else None

    async def touch_session(self, digest: str, at: datetime) -> None:
        """Note its last use; never an earlier one."""
        await self._change(_TOUCH, (digest, micros(at)))

    async def end_session(self, digest: str) -> None:
        """Forget it; one that is not there is no error."""
        await self._change(_END, (digest,))

    async def end_sessions(self, *, created_before: datetime, seen_before: datetime) -> None:
        """Forget those that are older than either."""
        await self._change(_END_OLD, (micros(created_before), micros(seen_before)))

    async def tally(self, since: datetime, until: datetime) -> Tally:
        """Count what happened from ``since`` on and before ``until``."""
        span = (micros(since), micros(until))

        def read(connection: sqlite3.Connection) -> Tally:
            orders, refused = connection.execute(_ORDERS, span).fetchone()
            latencies = connection.execute(_LATENCIES, span).fetchall()
            letters = connection.execute(_LETTERS, span).fetchall()
            seconds = [max(0, one) / _MICROSECONDS for (one,) in latencies]
            return Tally(orders, refused, seconds, dict(letters))

        return await self._read(read)

    async def add_sample(self, sample: Sample) -> None:
        """Keep a sample; a second one of the same moment and length changes nothing."""
        await self._change(_SAMPLE, rows.sample_values(sample, micros))

    async def samples(self, since: datetime, until: datetime) -> Sequence[Sample]:
        """Return the samples that begin from ``since`` on and before ``until``, oldest first."""
        found = await self._all(_SAMPLES, micros(since), micros(until))
        return [rows.sample(record, moment) for record in found]

    async def short_samples(
        self, before: datetime, shorter_than: int, *, limit: int
    ) -> Sequence[Sample]:
        """Return samples of fewer seconds that began before a moment, oldest first."""
        found = await self._all(_SHORT, micros(before), shorter_than, limit)
        return [rows.sample(record, moment) for record in found]

    async def merge_samples(self, merged: Sample) -> None:
        """Put a sample in the place of the shorter ones that begin within its time, at once."""
        begin = rows.sample_values(merged, micros)
        end = begin[0] + int(merged.seconds * _MICROSECONDS)

        def merge(connection: sqlite3.Connection) -> None:
            connection.execute(_MERGED, (begin[0], end, merged.seconds))
            connection.execute(_SAMPLE, begin)

        await self._write(merge)

    async def drop_samples(self, before: datetime) -> int:
        """Forget samples that began before a moment; return how many."""
        return await self._write(
            lambda connection: connection.execute(_DROP, (micros(before),)).rowcount
        )

"""Messages in the embedded broker's file as they are kept, sealed or not.

Why it exists: when a key is replaced, a message that waits for long under the old one is
sealed anew. It must not open anything, and must not touch what others published, which is
never sealed.
"""

import json
import sqlite3
from collections.abc import Sequence
from typing import Final

from contracts import headers, queues
from worker.runtime.resealing import KeptBody, Replacement
from worker.sqlite import SqliteFile

_KEPT: Final = (
    "SELECT id, message_id, queue, headers,"
    " CASE WHEN substr(body, 1, ?1) = ?2 THEN NULL ELSE body END"
    " FROM broker_messages WHERE id > ?3 ORDER BY id LIMIT ?4"
)
_IS_THERE: Final = "SELECT 1 FROM sqlite_master WHERE name = 'broker_messages'"
_REPLACE: Final = "UPDATE broker_messages SET body = ? WHERE id = ? AND body = ?"


class EmbeddedBodies:
    """Implements :class:`worker.runtime.resealing.BodyStore` for the one place there is."""

    def __init__(self, file: SqliteFile) -> None:
        """Work on ``file``, which whoever made it closes."""
        self._file = file

    async def kept_bodies(
        self,
        place: str,  # noqa: ARG002  (there is one)
        after: str,
        *,
        limit: int,
        passing: bytes,
    ) -> list[KeptBody]:
        """Return the messages that come after an id, without bodies that begin so."""
        values = (len(passing), passing, int(after or 0), limit)

        def read(connection: sqlite3.Connection) -> list[sqlite3.Row]:
            there = connection.execute(_IS_THERE).fetchone()
            return connection.execute(_KEPT, values).fetchall() if there else []

        return [_kept(row) for row in await self._file.read(read)]

    async def replace_bodies(
        self,
        place: str,  # noqa: ARG002  (as above)
        changes: Sequence[Replacement],
    ) -> int:
        """Replace what is still there; return how much that was."""
        values = [(one.after, int(one.key), one.before) for one in changes]
        return await self._file.write(
            lambda connection: connection.executemany(_REPLACE, values).rowcount
        )


def _kept(row: sqlite3.Row) -> KeptBody:
    key, message_id, queue, told, body = row
    marks = json.loads(told)
    ours = headers.PUBLISHER not in marks and queue != queues.QUERIES
    name = marks.get(headers.DEAD_FIRST_ID, message_id)
    return KeptBody(str(key), name, body if ours else None)

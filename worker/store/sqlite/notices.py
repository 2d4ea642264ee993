"""Early notices in SQLite, and whose signature was used for what.

Why it exists: a notice may come before its order is known; it waits here, and the commit
that makes the order known returns it. It must not judge a notice.
"""

import sqlite3
from datetime import datetime
from typing import Final

from worker.runtime.ports import HeldNotice, InboxEntry
from worker.store import rows
from worker.store.sqlite.base import Part, insert, micros, moment, select
from worker.store.tables import HELD_NOTICES, INBOX

_CLAIM: Final = insert(INBOX) + " ON CONFLICT (id) DO NOTHING"
_CLAIMED: Final = "SELECT 1 FROM inbox WHERE id = ? AND digest = ?"
_HOLD: Final = insert(HELD_NOTICES) + " ON CONFLICT (id) DO NOTHING"
_RELEASE: Final = "DELETE FROM held_notices WHERE id = ?"
_OLDEST: Final = select(HELD_NOTICES, "ORDER BY received_at, id LIMIT ?")


class Notices(Part):
    """Notices that wait for their order."""

    async def claim_inbox(self, entry: InboxEntry, now: datetime) -> bool:
        """Note an inbox id; tell whether it stands there for this digest."""

        def claim(connection: sqlite3.Connection) -> bool:
            connection.execute(_CLAIM, (entry.id, entry.digest, "", micros(now)))
            return connection.execute(_CLAIMED, (entry.id, entry.digest)).fetchone() is not None

        return await self._brief(claim)

    async def hold_notice(self, notice: HeldNotice) -> None:
        """Keep an early notice; the same id again changes nothing."""
        await self._change_keyed(_HOLD, rows.held_values(notice, micros))

    async def release_notice(self, notice_id: str) -> None:
        """Forget a held notice that was applied."""
        await self._change_keyed(_RELEASE, (notice_id,))

    async def held_notices(self, *, limit: int) -> list[HeldNotice]:
        """Return held notices, oldest first."""
        return [rows.held(record, moment) for record in await self._all(_OLDEST, limit)]

"""Early notices in SQLite.

Why it exists: a notice may come before its order is known; it waits here, and the commit
that makes the order known returns it.
"""

from typing import Final

from worker.runtime.ports import HeldNotice
from worker.store import rows
from worker.store.sqlite.base import Part, insert, micros, moment, select
from worker.store.tables import HELD_NOTICES

_HOLD: Final = insert(HELD_NOTICES) + " ON CONFLICT (id) DO NOTHING"
_RELEASE: Final = "DELETE FROM held_notices WHERE id = ?"
_OLDEST: Final = select(HELD_NOTICES, "ORDER BY received_at, id LIMIT ?")


class Notices(Part):
    """Notices that wait for their order."""

    async def hold_notice(self, notice: HeldNotice) -> None:
        """Keep an early notice; the same id again changes nothing."""
        await self._change(_HOLD, rows.held_values(notice, micros))

    async def release_notice(self, notice_id: str) -> None:
        """Forget a held notice that was applied."""
        await self._change(_RELEASE, (notice_id,))

    async def held_notices(self, *, limit: int) -> list[HeldNotice]:
        """Return held notices, oldest first."""
        return [rows.held(record, moment) for record in await self._all(_OLDEST, limit)]

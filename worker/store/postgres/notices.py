"""Early notices in PostgreSQL, and whose signature was used for what.

Why it exists: a notice may come before its order is known; it waits here, and the commit
that makes the order known returns it. It must not judge a notice.
"""

from datetime import datetime
from typing import Final

from worker.runtime.ports import HeldNotice, InboxEntry
from worker.store import rows
from worker.store.postgres.base import Part, same
from worker.store.postgres.statements import insert, select
from worker.store.tables import HELD_NOTICES, INBOX

_CLAIM: Final = insert(INBOX) + " ON CONFLICT DO NOTHING"
_CLAIMED: Final = "SELECT 1 FROM inbox WHERE id = $1 AND digest = $2"
_HOLD: Final = insert(HELD_NOTICES) + " ON CONFLICT DO NOTHING"
_RELEASE: Final = "DELETE FROM held_notices WHERE id = $1"
_OLDEST: Final = select(HELD_NOTICES, "ORDER BY received_at, id LIMIT $1")


class Notices(Part):
    """Notices that wait for their order."""

    async def claim_inbox(self, entry: InboxEntry, now: datetime) -> bool:
        """Note an inbox id; tell whether it stands there for this digest."""
        await self._all(_CLAIM, entry.id, entry.digest, "", now)
        return bool(await self._all(_CLAIMED, entry.id, entry.digest))

    async def hold_notice(self, notice: HeldNotice) -> None:
        """Keep an early notice; the same id again changes nothing."""
        await self._all(_HOLD, *rows.held_values(notice, same))

    async def release_notice(self, notice_id: str) -> None:
        """Forget a held notice that was applied."""
        await self._all(_RELEASE, notice_id)

    async def held_notices(self, *, limit: int) -> list[HeldNotice]:
        """Return held notices, oldest first."""
        return [rows.held(record, same) for record in await self._all(_OLDEST, limit)]

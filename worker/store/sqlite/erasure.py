"""Old personal data in SQLite: which orders, and what dead letters hold of it.

Why it exists: retention looks through the orders in portions. It must not judge an order.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from worker.runtime.erasable import ERASED_BODY, Erasable
from worker.store.sqlite.base import Part, micros, moment
from worker.store.tables import ERASABLE, ERASE_LETTER, OLD_LETTER

_ORDERS: Final = (
    "SELECT order_num, created_at FROM orders o WHERE created_at < ?1 AND updated_at < ?1"  # noqa: S608
    f" AND (created_at, order_num) > (?2, ?3) AND {ERASABLE}"
    " ORDER BY created_at, order_num LIMIT ?4"
)
_LETTERS: Final = f"{ERASE_LETTER} WHERE order_num = ?2 AND body <> ?1"
_OLD: Final = (
    f"{ERASE_LETTER} WHERE id IN (SELECT d.id FROM dead_letters d"  # noqa: S608
    f" WHERE d.last_failed_at < ?2 AND d.body <> ?1 AND {OLD_LETTER} LIMIT ?3)"
)


class Erasure(Part):
    """Implements :class:`worker.runtime.erasable.ErasureStore`."""

    async def erasable(
        self, before: datetime, *, after: Erasable | None, limit: int
    ) -> Sequence[Erasable]:
        """Return orders that ended and were last changed before a moment, oldest first."""
        place = (micros(after.created_at), after.order_num) if after else (-(2**62), "")
        found = await self._all(_ORDERS, micros(before), *place, limit)
        return [Erasable(num, at) for num, made in found if (at := moment(made))]

    async def erase_letters(self, order_num: str) -> int:
        """Put ``ERASED_BODY`` into the dead letters of an order."""
        return await self._write(
            lambda connection: connection.execute(_LETTERS, (ERASED_BODY, order_num)).rowcount
        )

    async def erase_old_letters(self, before: datetime, *, limit: int) -> int:
        """Likewise with old letters whose order is not known, or has been erased."""
        values = (ERASED_BODY, micros(before), limit)
        return await self._write(lambda connection: connection.execute(_OLD, values).rowcount)

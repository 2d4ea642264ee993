"""The port to what holds people beside an order's state, for when they are forgotten.

Why it exists: which orders may be old enough, and which dead letters hold what is to be
forgotten, only the database can tell at once; both stores implement it. It must not hold code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

ERASED_BODY: Final = b'{"erased":true}'
"""What stands in a dead letter for what it held."""


@dataclass(frozen=True, slots=True)
class Erasable:
    """An order that may be old enough, and where to go on after it."""

    order_num: str
    created_at: datetime


class ErasureStore(Protocol):
    """What the store knows of old personal data. Raises StoreUnavailableError."""

    async def erasable(
        self, before: datetime, *, after: Erasable | None, limit: int
    ) -> Sequence[Erasable]:
        """Return orders that ended and were last changed before a moment, oldest first.

        Of which nothing waits: no timer, no human, no message to be published. ``after``:
        the last one of the portion before.
        """
        ...

    async def erase_letters(self, order_num: str) -> int:
        """Put ``ERASED_BODY`` into the dead letters of an order; an open one is discarded."""
        ...

    async def erase_old_letters(self, before: datetime, *, limit: int) -> int:
        """Likewise with old letters whose order is not known, or has been erased.

        Old is what failed before a moment. Returns how many there were, ``limit`` at most.
        """
        ...

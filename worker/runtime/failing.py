"""The port to the orders that failed in a stretch of time.

Why it exists: an order's row says that it failed, and its state why; both stores find those
that failed in a stretch. It must not hold code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.runtime.records import OrderRow


@dataclass(frozen=True, slots=True)
class FailedOrder:
    """An order that came into a phase which is a failure, and its row as it stands."""

    phase: str
    row: OrderRow


class FailureStore(Protocol):
    """Finds what failed. Raises StoreUnavailableError."""

    async def failed_orders(
        self, since: datetime, until: datetime, *, limit: int
    ) -> Sequence[FailedOrder]:
        """Return orders that were refused, or whose ticket failed, in a stretch of time.

        Each counts once for each of the two phases: when it came into it.
        """
        ...

"""The port to the orders with refunds (退款): those that are open, and those that ended lately.

Why it exists: a refund stands in its order's state, which nobody can search; both stores find
the orders that may have one. It must not hold code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.runtime.records import NotificationRow, OrderRow


@dataclass(frozen=True, slots=True)
class RefundTold:
    """A refund's end as it was told to the channel, and its order as it stands."""

    told: NotificationRow
    order: OrderRow


class RefundStore(Protocol):
    """What the store knows of refunds. Raises StoreUnavailableError."""

    async def perhaps_refunding(self, *, limit: int) -> Sequence[OrderRow]:
        """Return paid orders of which something is still to come, the last changed first."""
        ...

    async def refunds_told(self, since: datetime, *, limit: int) -> Sequence[RefundTold]:
        """Return the refunds of which channels were told since then, the latest first."""
        ...

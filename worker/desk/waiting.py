"""The exception desk: orders in front of a human, and what is safe to do about each.

Why it exists: who is woken at night sees first what costs most. The list is the same on the
page and in a shell. It must not do anything about an order.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from worker.errors import StoreUnavailableError
from worker.runtime import snapshot
from worker.runtime.ports import OrderRow, Store
from worker.saga import desk

MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order in front of a human."""

    row: OrderRow
    since: datetime
    """Since when, or since its last change where an earlier release called."""
    at_stake: Decimal
    choices: tuple[desk.Choice, ...]
    """What is safe; nothing while a call is out, or where the order cannot be opened."""

    @property
    def offers(self) -> tuple[str, ...]:
        """The choices as the command line names them: ``retry``, ``settle refunded``."""
        return tuple(" ".join(filter(None, (c.action, c.settled))) for c in self.choices)


async def waiting(store: Store, *, limit: int = MOST) -> list[Waiting]:
    """Return the orders in front of a human: the most money first, then the oldest.

    Raises StoreUnavailableError.
    """
    found = [waits(row) for row in await store.orders(human=True, limit=limit)]
    return sorted(found, key=lambda one: (-one.at_stake, one.since, one.row.order_num))


def waits(row: OrderRow) -> Waiting:
    """Return what the desk shows of one order."""
    try:
        order = snapshot.read(row)
    except (StoreUnavailableError, ValueError):
        order = None
    if order is None:
        return Waiting(row, row.updated_at, Decimal(0), ())
    since = order.human_since or row.updated_at
    return Waiting(row, since, desk.at_stake(order), desk.choices(order))

"""The orders that this process committed last, which it need not load.

Why it exists: a ticket notice comes a moment after its order was paid, mostly to the process
that paid it. To load the order again costs a look into two tables, to find what was just written
there; whether it is still so is asked anyway, by the compare-and-swap of the commit. What is
remembered may be old, for others write too: nothing may be concluded from it that no commit
confirms. It must not remember an order while, or after, the outcome of a commit is open.
Source: docs/decisions/0042-no-look-at-what-was-just-written.md.
"""

from collections import OrderedDict
from typing import Final

from worker.runtime.ports import Committed, Loaded, OrderRow, Store, Transition

REMEMBERED: Final = 512
"""So many orders."""


class Recent:
    """A store's commits, and the orders that they left behind."""

    def __init__(self, store: Store) -> None:
        """Remember what is committed to ``store``."""
        self._store = store
        self._rows: OrderedDict[str, OrderRow] = OrderedDict()

    async def commit(self, transition: Transition) -> Committed:
        """Write a transition. Raises StoreUnavailableError."""
        row = transition.row
        self._rows.pop(row.order_num, None)
        committed = await self._store.commit(transition)
        if committed.applied:
            self._rows[row.order_num] = row
            if len(self._rows) > REMEMBERED:
                self._rows.popitem(last=False)
        return committed

    def loaded(self, order_num: str) -> Loaded | None:
        """Return an order as it was written here last, its inbox not looked at."""
        row = self._rows.get(order_num)
        return None if row is None else Loaded(row, {}, unread=True)

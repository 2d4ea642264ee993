"""The port to orders as people look for them: lists with filters, and search.

Why it exists: an operator looks for an order by what is at hand; both stores answer alike and
pass one parity suite. It must not hold code, and not know what a term means: searching.py does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.runtime.erasable import Erasable
from worker.runtime.records import OrderRow


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders a list holds, the newest first; None: any."""

    phase: str | None = None
    app_key: str | None = None
    human: bool | None = None
    """In front of a human, or not."""
    since: datetime | None = None
    """Taken then or later."""
    until: datetime | None = None
    """Taken before."""
    forgotten: bool = False
    """Those whose people are forgotten, instead of the others."""
    before: Erasable | None = None
    """The last one of the page before."""


class SearchStore(Protocol):
    """Orders as people look for them. Every method raises StoreUnavailableError."""

    async def list_orders(self, wanted: OrderFilter, *, limit: int) -> list[OrderRow]:
        """Return orders, the last taken first."""
        ...

    async def searched(self, terms: Sequence[str], *, limit: int) -> list[OrderRow]:
        """Return the orders that lie under any of the terms, last changed first."""
        ...

    async def unindexed(
        self, head: str, *, after: Erasable | None, limit: int
    ) -> Sequence[Erasable]:
        """Return orders whose people are known and of which no term begins so, oldest first."""
        ...

    async def reindex(self, order_num: str, version: int, terms: Sequence[str]) -> bool:
        """Let an order lie under just these terms, if it is still of this version.

        False, and nothing is changed, where it is not, or where its people are forgotten.
        """
        ...

    async def term_keys(self) -> Mapping[str, int]:
        """Return how many personal terms there are by what they begin with, the dot included."""
        ...

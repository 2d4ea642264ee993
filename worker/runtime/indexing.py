"""Brings orders under the terms of the newest key: those of an earlier version, and old terms.

Why it exists: the terms of an order are written with its steps; orders from before there were
any, and terms under a key that was replaced, are looked after here, a little at a time, beside
running workers. An order that changes meanwhile is left to whoever changed it and to the next
run. It must not touch an order whose people are forgotten.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from worker.clock import Clock
from worker.errors import SealedError, StoreUnavailableError
from worker.runtime import snapshot
from worker.runtime.erasable import Erasable
from worker.runtime.ports import OrderRow, Store
from worker.runtime.searching import SearchKeys
from worker.saga.states import Order

RUN_SECONDS: Final = 3_600.0
PORTION: Final = 200
BREATH_SECONDS: Final = 0.05
"""Between two portions: others write too."""
LATELY: Final = timedelta(days=2)
"""A worker of an earlier version, beside this one, took no order before."""

_RUN: Final = "order search"
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Indexed:
    """What a run has come across."""

    looked_at: int = 0
    done: int = 0
    left: int = 0
    """Somebody else was writing it."""
    unopened: int = 0


class Indexer:
    """Looks through the orders that lie under no term of the newest key."""

    def __init__(self, store: Store, clock: Clock, keys: SearchKeys) -> None:
        """Work on ``store`` with ``keys``."""
        self._store = store
        self._clock = clock
        self._keys = keys

    async def sweep(self, *, dry_run: bool = False, all_of_them: bool = True) -> Indexed:
        """Bring all orders under the newest key's terms, or those of the last days.

        Raises StoreUnavailableError; what was done stays.
        """
        done = Indexed()
        lately = Erasable("", self._clock.now() - LATELY)
        after = None if all_of_them else lately
        while found := await self._store.unindexed(self._keys.head, after=after, limit=PORTION):
            for one in found:
                done.looked_at += 1
                await self._index(one.order_num, done, dry_run=dry_run)
            after = found[-1]
            await self._clock.sleep(BREATH_SECONDS)
        return done

    async def _index(self, order_num: str, done: Indexed, *, dry_run: bool) -> None:
        row, order = await self._opened(order_num)
        if row is None or order is None:
            done.unopened += 1
        elif dry_run or await self._store.reindex(order_num, row.version, self._keys.terms(order)):
            done.done += 1
        else:
            done.left += 1

    async def _opened(self, order_num: str) -> tuple[OrderRow | None, Order | None]:
        """Return an order; None where its key is missing, or a newer version wrote it."""
        try:
            row = (await self._store.load(order_num)).row
        except SealedError:
            return None, None
        try:
            return row, snapshot.read(row)
        except StoreUnavailableError:
            return row, None

    async def run(self) -> None:
        """Sweep at the start and every hour, for ever; of several workers one does it."""
        all_of_them = True
        while True:
            try:
                now = self._clock.now()
                if await self._store.claim_sync(_RUN, now, interval=RUN_SECONDS):
                    done = await self.sweep(all_of_them=all_of_them)
                    all_of_them = False
                    if done.done:
                        _log.info("orders_indexed", orders=done.done, unopened=done.unopened)
            except StoreUnavailableError as error:
                _log.warning("indexing_put_off", error=str(error))
            await self._clock.sleep(RUN_SECONDS / 4)

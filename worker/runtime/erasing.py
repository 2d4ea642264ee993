"""Forgets people when their time is over, or at once where somebody asks for it.

Why it exists: names, phones, id cards and vouchers are needed until an order is over and a
while longer; its numbers, counts, money and history stay. Whether an order can be forgotten
is the saga's to say, and it is written like any other step: compare-and-swap, one line of
history. It must not touch an order of which anything is still to come.
Source: docs/decisions/0019-forgetting-people.md.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from worker.clock import Clock
from worker.errors import StoreUnavailableError
from worker.runtime import snapshot, timeline
from worker.runtime.erasable import Erasable
from worker.runtime.ports import Store, Transition
from worker.saga.decide import decide
from worker.saga.erasure import objection
from worker.saga.events import PersonalDataErased
from worker.saga.policy import Policy
from worker.translation.admission import today_in_shanghai

RUN_SECONDS: Final = 3_600.0
"""One worker of all looks for old orders so often."""
PORTION: Final = 100
BREATH_SECONDS: Final = 0.05
"""Between two portions: others write too."""

NO_ORDER: Final = "no order has this number"

_RUN: Final = "erasure"
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Erasures:
    """What a run has done, or would do."""

    orders: int = 0
    letters: int = 0
    kept: int = 0
    """Old, and still needed: a visit to come, say."""


class Eraser:
    """Forgets the people of orders."""

    def __init__(self, store: Store, clock: Clock, policy: Policy) -> None:
        """Look in ``store``."""
        self._store = store
        self._clock = clock
        self._policy = policy

    async def erase(self, order_num: str, reason: str, *, days: int = 0) -> str:
        """Forget one order's people; return why not, or nothing when it is done.

        An order that is to be visited less than ``days`` days ago or later is still needed.
        Raises StoreUnavailableError.
        """
        why_not = await self._erase_order(order_num, reason, days)
        if not why_not:
            await self._store.keep_purchases(order_num, ())
            await self._store.erase_letters(order_num)
        return why_not

    async def _erase_order(self, order_num: str, reason: str, days: int) -> str:
        while True:
            row = (await self._store.load(order_num)).row
            order = snapshot.read(row)
            if order is None or row is None:
                return NO_ORDER
            if order.erased_at is not None:
                return ""
            now = self._clock.now()
            visited_before = today_in_shanghai(now - timedelta(days=days))
            event = PersonalDataErased(visited_before, reason)
            decision = decide(order, event, now, self._policy)
            if decision.row is None or decision.order is None:
                return objection(order, visited_before)
            entry = timeline.entry(decision, order.phase, now)
            written = snapshot.row(decision.order, row.version + 1, now)
            if (await self._store.commit(Transition(written, entries=(entry,)))).applied:
                return ""

    async def sweep(self, days: int, *, dry_run: bool = False) -> Erasures:
        """Forget the people of all orders that ended ``days`` days ago, and old dead letters.

        Raises StoreUnavailableError; what was done stays, and the next run goes on from there.
        """
        done = Erasures()
        before = self._clock.now() - timedelta(days=days)
        after: Erasable | None = None
        while found := await self._store.erasable(before, after=after, limit=PORTION):
            for one in found:
                why_not = await self._old(one.order_num, days, dry_run=dry_run)
                done.orders += not why_not
                done.kept += bool(why_not)
            after = found[-1]
            await self._clock.sleep(BREATH_SECONDS)
        while not dry_run:
            letters = await self._store.erase_old_letters(before, limit=PORTION)
            done.letters += letters
            if letters < PORTION:
                break
        return done

    async def _old(self, order_num: str, days: int, *, dry_run: bool) -> str:
        act = self.objection if dry_run else self.erase
        return await act(order_num, f"{days} days after its end", days=days)

    async def objection(self, order_num: str, _reason: str = "", *, days: int = 0) -> str:
        """Return why :meth:`erase` would do nothing; empty where it would not be so."""
        order = snapshot.read((await self._store.load(order_num)).row)
        day = today_in_shanghai(self._clock.now() - timedelta(days=days))
        return NO_ORDER if order is None else objection(order, day)

    async def run(self, days: int) -> None:
        """Sweep every hour, for ever; of several workers one does it."""
        while True:
            try:
                if await self._store.claim_sync(_RUN, self._clock.now(), interval=RUN_SECONDS):
                    done = await self.sweep(days)
                    if done.orders or done.letters:
                        _log.info("people_forgotten", orders=done.orders, letters=done.letters)
            except StoreUnavailableError as error:
                _log.warning("erasure_put_off", error=str(error))
            await self._clock.sleep(RUN_SECONDS / 4)

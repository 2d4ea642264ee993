"""Has each day compared once, by one worker of all, at its hour.

Why it exists: a reconciliation that somebody must remember is none. A day that was missed or
cut short is made up for. It must not compare.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

import structlog

from worker.clock import Clock
from worker.errors import StoreUnavailableError
from worker.runtime.reconcilable import ReconciliationStore, Run
from worker.runtime.reconciling import Plan, Reconciler
from worker.telemetry import alarm

LOOK_SECONDS: Final = 60.0
DAYS_BACK: Final = 7
"""How many missed days are made up for, once there was a first run."""

_log = structlog.get_logger(__name__)


class DailyReconciliation:
    """The schedule of the reconciliations (对账)."""

    def __init__(
        self,
        reconciler: Reconciler,
        store: ReconciliationStore,
        clock: Clock,
        plan: Plan,
        *,
        at: time,
    ) -> None:
        """Have yesterday compared at ``at`` o'clock of the plan's zone."""
        self._reconciler = reconciler
        self._store = store
        self._clock = clock
        self._plan = plan
        self._at = at

    async def run(self) -> None:
        """Look once a minute whether a day is due, for ever."""
        while True:
            try:
                await self.look()
            except StoreUnavailableError as error:
                _log.warning("reconciliation_put_off", error=str(error))
            await self._clock.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Compare what is due. Raises StoreUnavailableError."""
        runs = await self._store.reconciliations(limit=DAYS_BACK + 1)
        for day in due_days(self._clock.now(), self._plan, self._at, runs):
            run = await self._reconciler.run(day)
            if run is not None:
                await self._tell(run)

    async def _tell(self, run: Run) -> None:
        if run.state != "done":
            _log.warning("reconciliation_put_off", day=str(run.day), orders=run.orders)
            return
        found = await self._store.differences(run.day)
        money = sum((one.money for one in found), Decimal(0))
        told = {"day": str(run.day), "orders": run.orders, "unanswered": run.unanswered}
        _log.info("reconciled", differences=len(found), money=f"{money:.2f}", **told)
        if found:
            alarm("reconciliation_differs", differences=len(found), money=f"{money:.2f}", **told)


def due_days(now: datetime, plan: Plan, at: time, runs: Sequence[Run]) -> list[date]:
    """Return the days that should be compared by now and are not, oldest first."""
    here = now.astimezone(plan.zone)
    last = here.date() - timedelta(days=1 if here.time() >= at else 2)
    done = {run.day for run in runs if run.state == "done"}
    first = max(min((run.day for run in runs), default=last), last - timedelta(days=DAYS_BACK - 1))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [day for day in days if day not in done]

"""Asks leave for the call that a decision makes, before anything of it is written.

Why it exists: a call's intent is committed before the call, so whether it may be made has
to be known earlier still; one that may not is put off in the same commit. It must not make
the call.
"""

from dataclasses import dataclass
from datetime import datetime

from worker.runtime import timeline
from worker.runtime.breaker import Permit
from worker.runtime.gate import Gate
from worker.runtime.ports import TimelineEntry
from worker.saga.decide import Decision
from worker.saga.events import TimerFired
from worker.saga.putting_off import call_of, put_off
from worker.saga.states import Phase


@dataclass(frozen=True, slots=True)
class Step:
    """A decision on its way into the store, and the leave for its call, if it makes one."""

    decision: Decision
    permit: Permit | None = None
    put_off: bool = False

    def entries(
        self, was: Phase, now: datetime, log_id: str, came: str = ""
    ) -> tuple[TimelineEntry, ...]:
        """Return the line of the order's history; a timer that goes on waiting has none."""
        if self.put_off and isinstance(self.decision.event, TimerFired):
            return ()
        line = timeline.entry(self.decision, was, now, log_id, came=came, waits=self.put_off)
        return (line,)


def ask_leave(gate: Gate, decision: Decision) -> Step:
    """Return the step; its call is put off where ZZY is not to be called at present."""
    order = decision.order
    if order is None or call_of(decision) is None:
        return Step(decision)
    permit = gate.admit()
    if permit is not None:
        return Step(decision, permit)
    return Step(put_off(decision, gate.next_try(order)), put_off=True)

"""Counts what a committed step of an order was, and how long the order took to its outcome.

Why it exists: the loop that takes steps stays a loop; what is measured of each stands here. It
must not decide anything, nor name an order in a label.
"""

from typing import Final

from worker.runtime import timeline
from worker.saga.events import Event
from worker.saga.states import Order, Phase
from worker.telemetry.metrics import ORDER_DURATION, TRANSITIONS, of

OUTCOMES: Final = frozenset({Phase.ISSUED, Phase.TICKET_FAILED, Phase.REFUSED, Phase.CANCELLED})
"""What an order is waited for; whatever comes later is another story."""


def step_taken(before: Order | None, after: Order, event: Event, waited: float) -> None:
    """Note a committed step; ``waited``: the seconds since the ingress took the order."""
    of(TRANSITIONS, timeline.kind_of(event), after.phase).inc()
    was = before.phase if before else Phase.NEW
    if after.phase is not was and after.phase in OUTCOMES and was not in OUTCOMES:
        of(ORDER_DURATION, after.phase).observe(max(waited, 0.0))

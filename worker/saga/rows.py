"""What a row of the table is, and the names of the phases that rows stand in.

Why it exists: the table is long and stands in two files; what both need is here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from worker.saga.states import Phase
from worker.saga.steps import Guard, Step

E = TypeVar("E")

NEW, CREATING, PAYING, CLOSING = Phase.NEW, Phase.CREATING, Phase.PAYING, Phase.CLOSING
AWAITING, ISSUED, TICKETLESS = Phase.AWAITING_TICKET, Phase.ISSUED, Phase.TICKET_FAILED
REFUSED, CANCELLED, REFUNDED = Phase.REFUSED, Phase.CANCELLED, Phase.REFUNDED

UNSETTLED = (CREATING, PAYING, CLOSING)
STANDING = (AWAITING, ISSUED)
PAID = (AWAITING, ISSUED, TICKETLESS)
UNPAID_ENDS = (REFUSED, CANCELLED)
OVER = (REFUSED, CANCELLED, REFUNDED)
KNOWN = tuple(phase for phase in Phase if phase is not NEW)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    phase: Phase
    event: type[Any]
    when: Guard[Any]
    do: tuple[Step[Any], ...]
    then: Phase | None


def row(
    phases: Phase | Iterable[Phase],
    event: type[E],
    when: Guard[E],
    do: tuple[Step[E], ...],
    then: Phase | None = None,
) -> list[Row]:
    """Return one line for each of ``phases``."""
    where = (phases,) if isinstance(phases, Phase) else tuple(phases)
    return [Row(phase, event, when, do, then) for phase in where]


def rows(
    phases: Phase | Iterable[Phase],
    events: Iterable[type[Any]],
    when: Guard[Any],
    do: tuple[Step[Any], ...],
    then: Phase | None = None,
) -> list[Row]:
    """Return the same line for each of several ``events`` that tell one thing."""
    return [line for event in events for line in row(phases, event, when, do, then)]

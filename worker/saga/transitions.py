"""THE table: what each event means in each phase.

Everything that affects an order's life must stand in its rows: those of the purchase are
in rows_of_buying.py, those of what comes after it in rows_of_returns.py, those of what a person
does about it in rows_of_the_desk.py. Rules for its readers:

* A row reads: *in* these phases, *on* this event, *when* the guard holds, *do* these steps
  in order, and stand in *then* (``None``: stay).
* Of the rows for one phase and event the first whose guard holds applies; the last has no
  guard. A pair without any row is illegal or stale: it is recorded and has no effect.
* A timer that fires while a call is out is that call's unknown outcome. An answer that comes
  when its call is no longer out counts only if it is a success (both: decide.py).
* Leaving a phase ends its timer and its call; only a refund goes on across phases.
* NEW is an order that decide.py has just begun from its OrderCommanded.
* An order never falls back (states.RANK); only a number that was left free, by a refusal
  before Create, begins a new life.
* Money is safe because of three things only: Pay is sent in PAYING alone, for the one ZZY
  order of this order; an order whose pay is doubtful is ended only by CancelOrder's word;
  an order that was paid is ended only by a refund.

docs/saga.svg is drawn from this table. Source: PROTOCOL.md.
"""

from typing import Any

from worker.saga.rows import Row
from worker.saga.rows_of_buying import AGAIN, CLOSE, CREATE, PAY, TICKET
from worker.saga.rows_of_returns import (
    AUDIT,
    CANCEL,
    CHECK,
    FORCED,
    FORGET,
    REFUND_COMMANDED,
    RESEND,
)
from worker.saga.rows_of_the_desk import DESK, DONE
from worker.saga.states import Phase

__all__ = ["ROWS", "TABLE", "Row"]

_PARTS = (
    *(CREATE, PAY, CLOSE, TICKET, CHECK, DESK),
    *(CANCEL, REFUND_COMMANDED, AUDIT, FORCED, RESEND, FORGET, AGAIN, DONE),
)

ROWS: tuple[Row, ...] = tuple(line for part in _PARTS for lines in part for line in lines)

TABLE: dict[tuple[Phase, type[Any]], tuple[Row, ...]] = {}
for _line in ROWS:
    TABLE[_line.phase, _line.event] = (*TABLE.get((_line.phase, _line.event), ()), _line)

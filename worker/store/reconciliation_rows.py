"""Between reconciliations and rows of their tables, the same for both databases.

Why it exists: what a column holds is written once. It must not run a query. ``t`` turns a
moment, ``m`` an amount of money, into what the database keeps, and back.
"""

from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from worker.reconciliation.facts import Difference
from worker.reconciliation.kinds import Kind
from worker.runtime.reconcilable import Reached, Run
from worker.store.account_rows import SMALLEST
from worker.store.columns import names
from worker.store.reconciliation_tables import RECONCILIATIONS
from worker.store.rows import Row, Time, clean

RUN_COLUMNS: Final = tuple(
    name for name in names(RECONCILIATIONS) if name not in {"token", "leased_until"}
)
UNHEARD_OF: Final = "notice_unknown_order"
"""The kind of a dead letter whose order never came."""

ORDERS_OF: Final = "created_at >= {0} AND created_at < {1} AND erased_at IS NULL"
LETTERS_OF: Final = f"state = 'open' AND kind = '{UNHEARD_OF}'"
_BEGINS_ANEW: Final = {
    "state": "'running'",
    "started_at": "excluded.started_at",
    "finished_at": "NULL",
    "after_at": "NULL",
    "after_num": "''",
    **dict.fromkeys(("orders", "asked", "unanswered", "found"), "0"),
}


def claim_clause() -> str:
    """Return what happens to a day that is known: it goes on, or begins anew when it was done."""
    anew = ", ".join(
        f"{name} = CASE WHEN r.state = 'done' THEN {value} ELSE r.{name} END"
        for name, value in _BEGINS_ANEW.items()
    )
    return (
        " ON CONFLICT (day) DO UPDATE SET token = excluded.token,"
        f" leased_until = excluded.leased_until, {anew}"
    )


def run_values(run: Run, t: Time) -> Row:
    """Return the columns of a run that a portion changes, the day last."""
    reached = run.reached
    return (
        run.state,
        t(run.finished_at),
        t(reached.created_at) if reached else None,
        reached.order_num if reached else "",
        run.orders,
        run.asked,
        run.unanswered,
        run.found,
        run.day.isoformat(),
    )


def run(record: Row, t: Time) -> Run:
    """Read ``RUN_COLUMNS``."""
    day, state, started_at, finished_at, after_at, after_num, *counts = record
    reached = Reached(t(after_at), after_num) if after_at is not None else None
    return Run(date.fromisoformat(day), state, t(started_at), t(finished_at), reached, *counts)


def difference_values(one: Difference, m: Callable[[Decimal], Any]) -> Row:
    """Return a row of ``reconciliation_differences``."""
    return (
        one.day.isoformat(),
        one.order_num,
        str(one.kind),
        one.app_key,
        clean(one.channel_order_num),
        one.zzy_order_id,
        m(one.money.quantize(SMALLEST, ROUND_HALF_UP)),
        clean(one.detail),
        one.letter_id,
    )


def difference(record: Row, m: Callable[[Any], Decimal]) -> Difference:
    """Read a row of ``reconciliation_differences``."""
    day, order_num, kind, app_key, channel_order_num, zzy_order_id, money, *rest = record
    return Difference(
        date.fromisoformat(day),
        Kind(kind),
        order_num,
        app_key,
        channel_order_num,
        zzy_order_id,
        m(money),
        *rest,
    )

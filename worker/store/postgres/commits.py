"""Many transitions in one statement.

Why it exists: this is the store's hot path. One round trip and one flush of the log
serve a whole batch; each order in it stands or falls alone by its version. It must not
decide who is in a batch.

The statement: the new version is written only where the stored one is one less (none
counts as 0). That is asked twice: of the snapshot, because an order that is not there
must not be inserted with a version above 1; and under the row's lock, because another
worker may come first. Where nobody looked for its ids in the inbox, an order is not written if
one of them is there. Everything else is written for the orders that were. The rows come
sorted by order number, so that two workers lock in the same order. What is deleted with the
people of an order is in a second statement, for batches that forget any: the others need
not look at that table.
"""

from collections.abc import Sequence
from typing import Final

from worker.errors import StoreRefusedError, StoreUnavailableError
from worker.runtime.ports import Committed, HeldNotice, Transition
from worker.store import rows
from worker.store.columns import names
from worker.store.postgres.base import same
from worker.store.postgres.database import Database
from worker.store.postgres.statements import arrays, columns, transposed
from worker.store.tables import (
    HELD_NOTICES,
    INBOX,
    NOTIFICATIONS,
    ORDER_EVENTS,
    ORDER_SEARCH,
    ORDERS,
    OUTBOX,
    PERSONAL_TERM,
)

_PARTS: Final = (
    (ORDER_EVENTS, rows.event_values),
    (INBOX, rows.inbox_values),
    (OUTBOX, rows.outbox_values),
    (NOTIFICATIONS, rows.notification_values),
    (ORDER_SEARCH, rows.search_values),
)


_ARRAYS: Final = len(ORDERS.columns) + sum(len(table.columns) for table, _ in _PARTS)
PARAMETERS: Final = _ARRAYS + 2
"""How many arrays a statement takes: of the tables, and of ids that nobody looked for."""

_TAKEN: Final = (
    f"taken AS (SELECT u.order_num FROM unnest(${_ARRAYS + 1}::text[], ${_ARRAYS + 2}::text[])"  # noqa: S608
    " AS u(order_num, id) JOIN inbox USING (id))"
)
"""The orders with an id that nobody looked for, and that is in the inbox."""

HELD: Final = f"""LEFT JOIN LATERAL (
            SELECT {columns(HELD_NOTICES)} FROM held_notices n WHERE n.order_num = applied.order_num
            UNION ALL
            SELECT {columns(HELD_NOTICES)} FROM held_notices n
            WHERE n.zzy_order_id = applied.zzy_order_id AND n.zzy_order_id <> ''
              AND n.order_num <> applied.order_num
        ) h ON true"""  # noqa: S608
"""What waited for the orders that were ``applied``, under the name of h."""


FORGOTTEN: Final = (
    "forgotten AS (DELETE FROM order_search s USING applied"  # noqa: S608
    f" WHERE applied.erased_at IS NOT NULL AND s.order_num = applied.order_num AND {PERSONAL_TERM})"
)
"""Whose people are forgotten is no longer found by them."""


def steps(guard: str = "", *, forgetting: bool = False) -> list[str]:
    """Return the parts of the WITH; ``guard`` is one more condition on every order.

    ``forgetting``: whether there are any whose people are forgotten.
    """
    changes = ", ".join(f"{name} = excluded.{name}" for name in names(ORDERS)[1:])
    applied = f"""
        INSERT INTO orders AS o ({columns(ORDERS)})
        SELECT {columns(ORDERS)} FROM {arrays(ORDERS, 1)}
        WHERE r.version - 1
            = coalesce((SELECT s.version FROM orders s WHERE s.order_num = r.order_num), 0)
            AND r.order_num NOT IN (SELECT order_num FROM taken) {guard}
        ON CONFLICT (order_num) DO UPDATE SET {changes} WHERE o.version = excluded.version - 1
        RETURNING o.order_num, o.zzy_order_id, o.erased_at"""  # noqa: S608
    parts = [_TAKEN, f"applied AS ({applied})", *([FORGOTTEN] if forgetting else [])]
    first = 1 + len(ORDERS.columns)
    for table, _ in _PARTS:
        # The timeline's key holds the version that was just won: nothing can be there.
        conflict = "" if table is ORDER_EVENTS else " ON CONFLICT DO NOTHING"
        parts.append(
            f"new_{table.name} AS (INSERT INTO {table.name} ({columns(table)})"  # noqa: S608
            f" SELECT {columns(table, 'r')} FROM {arrays(table, first)}"
            f" JOIN applied USING (order_num){conflict})"
        )
        first += len(table.columns)
    return parts


_FOUND: Final = f"SELECT applied.order_num, h.* FROM applied {HELD} ORDER BY h.received_at, h.id"  # noqa: S608
STATEMENT: Final = f"WITH {', '.join(steps())} {_FOUND}"
FORGETTING: Final = f"WITH {', '.join(steps(forgetting=True))} {_FOUND}"
"""For a batch with an order whose people are forgotten."""


def forgets(transitions: Sequence[Transition]) -> bool:
    """Tell whether the people of any of the orders are forgotten."""
    return any(one.row.erased_at is not None for one in transitions)


async def commit_all(
    database: Database, transitions: list[Transition]
) -> Sequence[Committed | Exception]:
    """Commit what can be; an order whose values are refused does not fail the others."""
    try:
        return await _commit(database, transitions)
    except StoreUnavailableError as error:
        if len(transitions) == 1 or not isinstance(error, StoreRefusedError):
            return [type(error)(str(error)) for _ in transitions]
    except Exception as error:  # noqa: BLE001  (a value that cannot even be sent)
        if len(transitions) == 1:
            return [error]
    return [(await commit_all(database, [one]))[0] for one in transitions]


async def _commit(database: Database, transitions: list[Transition]) -> list[Committed]:
    statement = FORGETTING if forgets(transitions) else STATEMENT
    found = await database.fetch(statement, *arguments(transitions))
    held: dict[str, list[HeldNotice]] = {}
    for record in found:
        notices = held.setdefault(record[0], [])
        if record[1] is not None:
            notices.append(rows.held(record[1:], same))
    return [
        Committed(applied=num in held, held=held.get(num, ()))
        for num in map(_order_num, transitions)
    ]


def arguments(transitions: Sequence[Transition]) -> list[Sequence[object]]:
    """Return what the statements take: one array a column."""
    ordered = sorted(transitions, key=_order_num)
    values = [*transposed(ORDERS, [rows.order_values(one.row, same) for one in ordered])]
    for table, read in _PARTS:
        values += transposed(table, [row for one in ordered for row in read(one, same)])
    unread = [(one.row.order_num, inbox_id) for one in ordered for inbox_id in one.unread]
    return [*values, [num for num, _ in unread], [inbox_id for _, inbox_id in unread]]


def _order_num(transition: Transition) -> str:
    return transition.row.order_num

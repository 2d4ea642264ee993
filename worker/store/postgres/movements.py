"""A transition that moves an account, in one statement.

Why it exists: the order and its channel's account change together or not at all. The
account's row is locked first and read under the lock, so that concurrent orders never
take the same money; only then is the order's version compared. It must not be the hot
path: a transition without movements does not come here.
"""

from collections.abc import Sequence
from typing import Final

from worker.runtime.ports import Committed, Transition
from worker.store import account_rows, rows
from worker.store.postgres.base import same
from worker.store.postgres.commits import HELD, PARAMETERS, arguments, forgets, steps
from worker.store.postgres.database import Database
from worker.store.postgres.statements import columns
from worker.store.tables import ACCOUNT_ENTRIES, HELD_NOTICES

_P: Final = [f"${PARAMETERS + number}" for number in range(1, 12)]
_KEY, _NEEDED, _BALANCE, _HELD, _COUNT, _AT, _IDS, _KINDS, _AMOUNTS, _BALANCES, _HELDS = _P

_FUNDS: Final = f"""
    funds AS (
        SELECT a.app_key FROM accounts a
        WHERE a.app_key = {_KEY} AND a.balance - a.held >= {_NEEDED}::numeric FOR UPDATE
    )"""  # noqa: S608
_GUARD: Final = "AND EXISTS (SELECT FROM funds)"
_MONEY: Final = f"""
    money AS (
        UPDATE accounts a SET
            balance = a.balance + {_BALANCE}::numeric, held = a.held + {_HELD}::numeric,
            entries = a.entries + {_COUNT}, updated_at = greatest(a.updated_at, {_AT}::timestamptz)
        FROM applied WHERE a.app_key = {_KEY}
        RETURNING a.app_key, a.balance, a.held, a.entries, a.updated_at, applied.order_num
    ),
    new_entries AS (
        INSERT INTO account_entries ({columns(ACCOUNT_ENTRIES)})
        SELECT m.app_key, m.entries - {_COUNT} + r.place, r.id, r.kind, r.amount,
            m.balance - {_BALANCE} + r.balance, m.held - {_HELD} + r.held,
            m.order_num, '', '', m.updated_at
        FROM money m, unnest({_IDS}::text[], {_KINDS}::text[], {_AMOUNTS}::numeric[],
            {_BALANCES}::numeric[], {_HELDS}::numeric[])
            WITH ORDINALITY AS r(id, kind, amount, balance, held, place)
    )
    SELECT applied.order_num, {columns(HELD_NOTICES, "h")}, money.balance - money.held
    FROM (SELECT) one LEFT JOIN applied ON true LEFT JOIN money ON true {HELD}
    ORDER BY h.received_at, h.id"""  # noqa: S608
STATEMENT: Final = f"WITH {', '.join([_FUNDS, *steps(_GUARD)])}, {_MONEY}"
FORGETTING: Final = f"WITH {', '.join([_FUNDS, *steps(_GUARD, forgetting=True)])}, {_MONEY}"
"""For an order whose people are forgotten."""

# Asked by a statement of its own: the one that lost still sees the order as it was before
# the winner, and would take every lost race for an empty account.
_VERSION: Final = (
    "SELECT version FROM orders WHERE order_num = $1"
    " AND NOT EXISTS (SELECT FROM inbox WHERE id = ANY($2))"
)


async def move_all(
    database: Database, transitions: list[Transition]
) -> Sequence[Committed | Exception]:
    """Commit transitions one after the other."""
    return [await _move(database, one) for one in transitions]


async def _move(database: Database, transition: Transition) -> Committed:
    """Commit one transition and what it moves; nothing of it when the account is short."""
    moved = transition.movements
    balances, helds = account_rows.on_balance(moved), account_rows.on_held(moved)
    found = await database.fetch(
        FORGETTING if forgets([transition]) else STATEMENT,
        *arguments([transition]),
        transition.row.app_key,
        account_rows.needed(moved),
        balances[-1],
        helds[-1],
        len(moved),
        transition.row.updated_at,
        [movement.key for movement in moved],
        [str(movement.kind) for movement in moved],
        [movement.amount for movement in moved],
        balances,
        helds,
    )
    first = found[0]
    if first[0] is None:
        return Committed(applied=False, short=await _is_unchanged(database, transition))
    notices = [rows.held(record[1:-1], same) for record in found if record[1] is not None]
    return Committed(applied=True, held=notices, available=first[-1])


async def _is_unchanged(database: Database, transition: Transition) -> bool:
    """Tell whether order and inbox are as it expects them: then the account was short."""
    row = transition.row
    found = await database.fetch(_VERSION, row.order_num, list(transition.unread))
    return (found[0][0] if found else 0) == row.version - 1

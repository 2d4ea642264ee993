"""Orders in SQLite: load, commit a transition, claim due timers.

Why it exists: the compare-and-swap of the embedded store. It must not judge an order.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from worker.runtime.ports import Committed, HeldNotice, Loaded, Transition
from worker.store import rows
from worker.store.columns import names
from worker.store.sqlite.accounts import can_bear, move
from worker.store.sqlite.base import Part, after, insert, marks, micros, moment, select
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

_INSERT: Final = insert(ORDERS) + " ON CONFLICT (order_num) DO NOTHING"
_FIXED: Final = frozenset({"order_num", "app_key", "channel_order_num", "created_at"})
"""What never changes of an order: named in an UPDATE, its indexes would be written anew."""
_PLACES: Final = [place for place, name in enumerate(names(ORDERS)) if name not in _FIXED]
_LASTING: Final = [place for place in _PLACES if names(ORDERS)[place] != "erased_at"]
"""Likewise, but while the order's people are known."""


def _update(places: Sequence[int]) -> str:
    columns = ", ".join(f"{names(ORDERS)[place]} = ?" for place in places)
    return f"UPDATE orders SET {columns} WHERE order_num = ? AND version = ?"  # noqa: S608


_UPDATE: Final = _update(_LASTING)
_ERASE: Final = _update(_PLACES)
_EVENTS: Final = insert(ORDER_EVENTS)
_INBOX: Final = insert(INBOX) + " ON CONFLICT (id) DO NOTHING"
_OUTBOX: Final = insert(OUTBOX) + " ON CONFLICT (message_id) DO NOTHING"
_NOTIFICATIONS: Final = insert(NOTIFICATIONS) + " ON CONFLICT (webhook_id) DO NOTHING"
_SEARCH: Final = insert(ORDER_SEARCH) + " ON CONFLICT (order_num, term) DO NOTHING"
_FORGET: Final = f"DELETE FROM order_search AS s WHERE s.order_num = ? AND {PERSONAL_TERM}"  # noqa: S608
_BY_NUM: Final = select(ORDERS, "WHERE order_num = ?")
_BY_ZZY: Final = select(ORDERS, "WHERE zzy_order_id = ? ORDER BY created_at LIMIT 1")
_HELD: Final = select(
    HELD_NOTICES,
    "WHERE order_num = ?1 OR (zzy_order_id = ?2 AND zzy_order_id <> '') ORDER BY received_at, id",
)
_CLAIM: Final = (
    "UPDATE orders SET wake_at = ? WHERE order_num IN (SELECT order_num FROM orders"
    " WHERE wake_at <= ? ORDER BY wake_at LIMIT ?) RETURNING order_num"
)


class _ShortError(Exception):
    """The channel's account has not enough: what the job wrote is undone."""


class Orders(Part):
    """The order row and what is written with it."""

    async def load(self, order_num: str, inbox_ids: Sequence[str] = ()) -> Loaded:
        """Return the order, and those of the ids that are in the inbox."""
        return await self._look(lambda connection: _load(connection, _BY_NUM, order_num, inbox_ids))

    async def load_by_zzy_order_id(
        self, zzy_order_id: str, inbox_ids: Sequence[str] = ()
    ) -> Loaded:
        """As :meth:`load`, by ZZY's number of the order."""
        return await self._look(
            lambda connection: _load(connection, _BY_ZZY, zzy_order_id, inbox_ids)
        )

    async def commit(self, transition: Transition) -> Committed:
        """Write a transition durably: one commit, compare-and-swap on the version."""
        try:
            return await self._brief(lambda connection: _commit(connection, transition))
        except _ShortError:
            return Committed(applied=False, short=True)

    async def claim_due(self, now: datetime, *, limit: int, lease: float) -> list[str]:
        """Return orders whose timer is due and push their timers ``lease`` seconds away."""
        values = (after(now, lease), micros(now), limit)
        return await self._brief(
            lambda connection: [row[0] for row in connection.execute(_CLAIM, values)]
        )


def _load(
    connection: sqlite3.Connection, query: str, number: str, inbox_ids: Sequence[str]
) -> Loaded:
    record = connection.execute(query, (number,)).fetchone()
    return Loaded(record and rows.order(record, moment), _seen(connection, inbox_ids))


def _seen(connection: sqlite3.Connection, inbox_ids: Sequence[str]) -> dict[str, str]:
    if not inbox_ids:
        return {}
    query = f"SELECT id, digest FROM inbox WHERE id IN ({marks(inbox_ids)})"  # noqa: S608
    return dict(connection.execute(query, tuple(inbox_ids)))


def _commit(connection: sqlite3.Connection, transition: Transition) -> Committed:
    row = transition.row
    if _seen(connection, transition.unread):
        return Committed(applied=False)
    values = rows.order_values(row, micros)
    if row.version == 1:
        done = connection.execute(_INSERT, values)
    else:
        statement, places = (_UPDATE, _LASTING) if row.erased_at is None else (_ERASE, _PLACES)
        changed = [values[place] for place in places]
        done = connection.execute(statement, (*changed, row.order_num, row.version - 1))
    if done.rowcount != 1:
        return Committed(applied=False)
    available = None
    if transition.movements:
        if not can_bear(connection, transition):
            raise _ShortError
        available = move(connection, transition).available
    for statement, more in (
        (_EVENTS, rows.event_values(transition, micros)),
        (_INBOX, rows.inbox_values(transition, micros)),
        (_OUTBOX, rows.outbox_values(transition, micros)),
        (_NOTIFICATIONS, rows.notification_values(transition, micros)),
        (_SEARCH, rows.search_values(transition, micros)),
    ):
        for one in more:
            connection.execute(statement, one)
    if row.erased_at is not None:
        connection.execute(_FORGET, (row.order_num,))
    held = _held(connection, row.order_num, row.zzy_order_id)
    return Committed(applied=True, held=held, available=available)


def _held(
    connection: sqlite3.Connection, order_num: str, zzy_order_id: str | None
) -> list[HeldNotice]:
    return [
        rows.held(record, moment) for record in connection.execute(_HELD, (order_num, zzy_order_id))
    ]

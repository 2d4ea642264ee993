"""``orders list|show|search``.

Why it exists: an operator finds an order by any of its numbers and reads its history:
what was decided, what was told to the channel, what comes next. It must not show
personal data.
"""

import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from worker import configured_saga
from worker.adapters import opened_store
from worker.commands.histories import as_object, print_history
from worker.commands.quiet import log_quietly
from worker.commands.tables import print_json_lines, print_table
from worker.desk.history import history
from worker.desk.search import find
from worker.runtime.ports import NotificationRow, OrderRow, TimelineEntry
from worker.runtime.searching import SearchKeys
from worker.saga.states import Phase
from worker.settings import Settings

COLUMNS = (
    "order_num",
    "channel",
    "channel_order_num",
    "zzy_order_id",
    "state",
    "human",
    "next",
    "updated",
)


HUMAN: Final = "human"
SEARCHED: Final = 100_000
"""How many of the last changed orders are looked through for a phase."""


async def list_orders(settings: Settings, *, state: str | None, limit: int, as_json: bool) -> bool:
    """Print orders, all or those in a state; ``human``: those in front of a human.

    Returns False when there is no such state.
    """
    if state not in {None, HUMAN, *Phase}:
        names = ", ".join([HUMAN, *Phase])
        sys.stderr.write(f"no state is called {state}; there are: {names}\n")
        return False
    log_quietly(settings)
    by_phase = state not in {None, HUMAN}
    async with opened_store(settings) as store:
        rows = await store.orders(human=state == HUMAN, limit=SEARCHED if by_phase else limit)
    if by_phase:
        rows = [row for row in rows if row.phase == state][:limit]
    if as_json:
        print_json_lines([_as_json(row) for row in rows])
    else:
        print_table(COLUMNS, [tuple(map(str, _listed(row).values())) for row in rows])
    return True


async def show_order(settings: Settings, number: str, *, as_json: bool) -> bool:
    """Print every order that has this number; return False when there is none."""
    log_quietly(settings)
    policy = configured_saga.policy(settings)
    async with opened_store(settings) as store:
        rows = await store.find_orders(number)
        for row in rows:
            told = await history(store, row, policy)
            if as_json:
                entries = await store.timeline(row.order_num)
                notified = await store.notifications(row.order_num)
                lines = [dict(zip(_LINE, line, strict=True)) for line in _lines(entries, notified)]
                print_json_lines([{**_as_json(row), "timeline": lines, **as_object(told)}])
            else:
                print_history(told, _listed(row))
    if not rows:
        sys.stderr.write(f"no order has the number {number}\n")
    return bool(rows)


async def search_orders(settings: Settings, text: str, *, limit: int, as_json: bool) -> bool:
    """Print the orders that a text names and by what; return False when there are none."""
    log_quietly(settings)
    async with opened_store(settings) as store:
        found = await find(store, SearchKeys(settings.privacy.keys), text, limit=limit)
    if as_json:
        print_json_lines([{**_as_json(one.row), "found_by": one.by} for one in found])
    elif found:
        rows = [(*map(str, _listed(one.row).values()), one.by) for one in found]
        print_table((*COLUMNS, "found by"), rows)
    if not found:
        sys.stderr.write("no order is found by this\n")
    return bool(found)


_LINE = ("at", "what", "state", "details")


def _lines(
    entries: Iterable[TimelineEntry], told: Iterable[NotificationRow]
) -> list[tuple[str, str, str, str]]:
    lines = [(e.at, e.kind, e.phase, e.text) for e in entries]
    for row in told:
        at = row.settled_at or row.created_at
        text = f"#{row.seq} after {row.attempts} attempts: {row.last_answer}"
        lines.append((at, f"notification_{row.type}", row.status, text))
    lines.sort(key=lambda line: line[0])
    return [(_time(at), kind, phase, text) for at, kind, phase, text in lines]


def _as_json(row: OrderRow) -> dict[str, object]:
    return {"id": row.order_num, **_listed(row)}


def _listed(row: OrderRow) -> dict[str, str]:
    values = (
        row.order_num,
        row.app_key,
        row.channel_order_num,
        row.zzy_order_id or "",
        row.phase,
        row.human or "",
        _time(row.wake_at),
        _time(row.updated_at),
    )
    return dict(zip(COLUMNS, values, strict=True))


def _time(at: datetime | None) -> str:
    return at.astimezone().isoformat(" ", "milliseconds") if at else ""

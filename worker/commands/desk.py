"""``orders desk|resolve|resend``: what an operator does about orders in a shell.

Why it exists: the exception desk without a page. It must not write an order: desk/acting.py
sends commands to the saga.
"""

import sys
from collections.abc import Awaitable, Callable
from typing import Final, Literal

from worker.adapters import opened, opened_store
from worker.commands.audit import actor
from worker.commands.quiet import log_quietly
from worker.commands.tables import print_json_lines, print_table
from worker.desk.acting import Came, Desk, How
from worker.desk.waiting import Waiting, waiting
from worker.runtime.ports import OrderRow
from worker.settings import Settings

REFUSED: Final = 1
UNKNOWN: Final = 2
CODES: Final = {How.DONE: 0, How.REFUSED: REFUSED, How.NOT_SENT: REFUSED, How.UNKNOWN: UNKNOWN}
COLUMNS: Final = ("order_num", "channel", "state", "why", "since", "at_stake", "safe")

Action = Literal["probe", "retry", "refund", "settle"]
As = Literal["unpaid", "paid", "issued", "refunded", "kept", "done"]
Way = Literal["notify", "sms", "both"]


async def list_desk(settings: Settings, *, as_json: bool) -> None:
    """Print the orders in front of a human, the most money first."""
    log_quietly(settings)
    async with opened_store(settings) as store:
        found = await waiting(store)
    if as_json:
        print_json_lines([_object(one) for one in found])
        return
    rows = [tuple(str(value) for value in _listed(one).values()) for one in found]
    print_table(
        COLUMNS, [(*row[:-1], ", ".join(one.offers)) for row, one in zip(rows, found, strict=True)]
    )
    for does in dict.fromkeys(_does(one) for one in found):
        sys.stderr.write(does)


def _does(one: Waiting) -> str:
    return "".join(
        f"{name}: {choice.does}\n" for name, choice in zip(one.offers, one.choices, strict=True)
    )


def _listed(one: Waiting) -> dict[str, object]:
    since = one.since.astimezone().isoformat(" ", "seconds")
    values = (
        one.row.order_num,
        one.row.app_key,
        one.row.phase,
        one.row.human or "",
        since,
        str(one.at_stake),
        list(one.offers),
    )
    return dict(zip(COLUMNS, values, strict=True))


def _object(one: Waiting) -> dict[str, object]:
    numbers = {"channel_order_num": one.row.channel_order_num, "zzy_order_id": one.row.zzy_order_id}
    return {"id": one.row.order_num, **_listed(one), **numbers}


async def resolve(  # noqa: PLR0913  (what the command line says)
    settings: Settings,
    number: str,
    action: Action,
    settled: As | None,
    *,
    reason: str,
    wait: float,
    as_json: bool,
) -> int:
    """Help an order on; return the exit code."""
    return await _act(
        settings,
        number,
        lambda desk, row: desk.resolve(row, action, settled, by=actor(), why=reason),
        wait=wait,
        as_json=as_json,
    )


async def resend(  # noqa: PLR0913  (what the command line says)
    settings: Settings, number: str, way: Way | None, *, reason: str, wait: float, as_json: bool
) -> int:
    """Send an order's vouchers again; return the exit code."""
    return await _act(
        settings,
        number,
        lambda desk, row: desk.resend(row, way, by=actor(), why=reason),
        wait=wait,
        as_json=as_json,
    )


async def _act(
    settings: Settings,
    number: str,
    act: Callable[[Desk, OrderRow], Awaitable[Came]],
    *,
    wait: float,
    as_json: bool,
) -> int:
    log_quietly(settings)
    async with opened(settings) as parts:
        rows = await parts.store.find_orders(number)
        if len(rows) != 1:
            several = ", ".join(row.order_num for row in rows)
            told = f"several orders have it, name one of {several}" if rows else "no order has it"
            sys.stderr.write(f"{number}: {told}\n")
            return REFUSED
        came = await act(Desk(parts.store, parts.broker, parts.clock, wait=wait), rows[0])
    ours = rows[0].order_num
    if as_json:
        print_json_lines([{"id": ours, "result": came.how.value, "message": came.words}])
    elif came.how is How.DONE:
        sys.stdout.write(f"{ours}: {came.words}\n")
    else:
        sys.stderr.write(f"{ours}: {came.how.value}: {came.words}\n")
    return CODES[came.how]

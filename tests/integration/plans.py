"""What is asked of PostgreSQL, how often, and by which indexes it must be answered.

The statements are the store's own. ``bench/plans.py`` writes down how they are answered beside
a million orders.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from tests.parity.store.kit import NOW, after, full
from worker.runtime.finding import OrderFilter
from worker.store import alarm_rows
from worker.store.listing import listed
from worker.store.postgres import (
    commits,
    console,
    erasure,
    movements,
    notifications,
    orders,
    outbox,
    queries,
    reconciliation,
    refunds,
    search,
)
from worker.store.postgres.statements import columns
from worker.store.tables import FIGURES, ORDERS

BATCH = 16
STEP, TIMER = "each step of an order", "all the time, by every process"
NOW_AND_THEN, PEOPLE = "now and then, by one process", "by people"


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement, what it is called and when it is run."""

    name: str
    when: str
    statement: str
    values: tuple[object, ...]
    indexes: tuple[str, ...] = ()
    """What must stand in its plan."""
    scanned: str = ""
    """A table that is read whole: it holds only what is under way."""


async def explained(connection: asyncpg.Connection, one: Asked, options: str = "") -> list[str]:
    """Return the lines of the plan that the session's ``plan_cache_mode`` calls for.

    A statement explained with its parameters is planned for them, whatever the mode is.
    """
    await connection.execute(f"PREPARE asked AS {one.statement}")
    values = ", ".join("NULL" if value is None else _literal(value) for value in one.values)
    call = f"EXECUTE asked({values})" if one.values else "EXECUTE asked"
    found = await connection.fetch(f"EXPLAIN {options} {call}")
    await connection.execute("DEALLOCATE asked")
    return [str(row[0]) for row in found]


def _literal(value: object) -> str:
    return "'" + _text(value).replace("'", "''") + "'"


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return "{" + ", ".join(map(_element, value)) + "}"
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return str(value)


def _element(value: object) -> str:
    if value is None:
        return "NULL"
    return '"' + _text(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def asked(known: Sequence[str]) -> list[Asked]:
    """Return all of them, with orders that are ``known`` and others that are not."""
    return [*_steps(known), *_commits(), *_timers(), *_samples(), *_rounds(), *_by_people(known)]


def _steps(known: Sequence[str]) -> list[Asked]:
    ids = [f"x{number}" for number in range(BATCH)]
    results = (list(known), ["pending"] * BATCH, [1] * BATCH, [""] * BATCH, [NOW] * BATCH)
    turn = ("w1", "o1", "check", 1, NOW, NOW)
    by_zzy = ("ix_orders_zzy_order_id", "pk_inbox")
    turns = ("ix_notifications_order_num", "pk_notifications")
    return [
        Asked("load orders", STEP, orders.LOAD, (known, ids), ("pk_orders", "pk_inbox")),
        Asked("load by ZZY's number", STEP, orders.LOAD_BY_ZZY, (["z1"], ids), by_zzy),
        Asked("strike off what is published", STEP, outbox.MARK_SENT, (ids,), ("pk_outbox",)),
        Asked("record deliveries", STEP, notifications.RECORD, results, ("pk_notifications",)),
        Asked("take a turn", STEP, notifications.TAKE_TURN, turn, turns),
    ]


def _commits() -> list[Asked]:
    values = tuple(commits.arguments([full(f"o{number}") for number in range(BATCH)]))
    moved = ("k1", "5", "5", "0", 1, NOW, ["m1"], ["charge"], ["5"], ["5"], ["0"])
    money = (*commits.arguments([full("o1")]), *moved)
    held = ("pk_orders", "ix_held_notices_order_num", "ix_held_notices_zzy_order_id")
    forgotten = "pk_order_search"
    return [
        Asked("commit", STEP, commits.STATEMENT, values, held),
        Asked("forget people", STEP, commits.FORGETTING, values, (*held, forgotten)),
        Asked("move money", STEP, movements.STATEMENT, money, ("pk_orders",)),
        Asked("move money, forget", STEP, movements.FORGETTING, money, ("pk_orders", forgotten)),
    ]


def _timers() -> list[Asked]:
    due, unsent = (NOW, 50, after(30)), (NOW, NOW, 50, NOW)
    waiting = ("ix_orders_wake_at", "ix_orders_human")
    timers, unsents = ("ix_orders_wake_at", "pk_orders"), ("ix_outbox_created_at", "pk_outbox")
    late = ("ix_orders_wake_at",)
    return [
        Asked("claim due timers", TIMER, orders.CLAIM_DUE, due, timers),
        Asked("claim what is unsent", TIMER, outbox.CLAIM_UNSENT, unsent, unsents),
        Asked("count what waits", TIMER, FIGURES, (), waiting),
        Asked("what alarms go by", NOW_AND_THEN, alarm_rows.FACTS, (NOW, NOW, NOW), late),
    ]


def _samples() -> list[Asked]:
    stretch = (NOW - timedelta(seconds=10), NOW)
    vouchers = ("ix_notifications_vouchers_delivered",)
    failures, refunded = ("ix_order_events_failed",), ("ix_notifications_refunds",)
    return [
        Asked("a sample: orders", NOW_AND_THEN, console.ORDERS, stretch, ("ix_orders_known",)),
        Asked("a sample: latencies", NOW_AND_THEN, console.LATENCIES, stretch, vouchers),
        Asked("a sample: failures", NOW_AND_THEN, refunds.FAILED_ORDERS, (*stretch, 50), failures),
        Asked("a sample: refunds", NOW_AND_THEN, refunds.TOLD, (NOW, 50), refunded),
    ]


def _rounds() -> list[Asked]:
    yesterday = NOW - timedelta(days=1)
    old, day = (NOW, yesterday, "", 50), (yesterday, NOW, yesterday, "", 50)
    known, portion = ("ix_orders_known",), reconciliation.ORDERS_OF_A_DAY
    return [
        Asked("whose people to forget", NOW_AND_THEN, erasure.ORDERS, old, known, "outbox"),
        Asked("a day's orders to reconcile", NOW_AND_THEN, portion, day, known),
    ]


def _by_people(known: Sequence[str]) -> list[Asked]:
    where, values = listed(OrderFilter())
    listing = f"SELECT {columns(ORDERS)} FROM orders o {where} LIMIT 50"  # noqa: S608  (our own)
    return [
        Asked("find by any number", PEOPLE, queries.FIND, ("c77",), ("ix_orders_zzy_order_id",)),
        Asked("find by a term", PEOPLE, search.SEARCHED, (["=x"], 50), ("ix_order_search_term",)),
        Asked("list the latest", PEOPLE, listing, tuple(values), ("ix_orders_known",)),
        Asked("an order's history", PEOPLE, queries.TIMELINE, (known[0],), ("pk_order_events",)),
        Asked(
            "its notifications",
            PEOPLE,
            queries.NOTES,
            (known[0],),
            ("ix_notifications_order_num",),
        ),
    ]

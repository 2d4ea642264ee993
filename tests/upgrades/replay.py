"""Today's worker on what a version left when it was killed, in virtual time.

Why it exists: the tables of a version are made as it made them, with the rows of each order
as they were after a certain commit; today's migrations, broker, sagas and relay go on from
there. What had not been sent then is sent as it lay on the wire, at the time at which it was
sent; ZZY and the channel are the same as when the orders were recorded.
"""

import asyncio
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

from contracts import queues
from tests.e2e.bridge import Place
from tests.simulation.disk import FINE, DiskFile
from tests.simulation.loop import VirtualLoop
from tests.simulation.network import Fare, Network, SimulatedHttp
from tests.upgrades.history import FOLDER, History
from tests.upgrades.journal import Row
from tests.upgrades.outside import Receiver, Supplier
from tests.upgrades.stories import SETTINGS, STORIES
from worker import app
from worker.adapters import adapters
from worker.roles import Role
from worker.runtime import snapshot
from worker.runtime.ports import Broker, Message
from worker.settings import Settings, load_settings
from worker.store import migrate
from worker.surroundings import Surroundings

LONG_SECONDS: Final = 150.0
"""Virtual; longer than every deadline and retry of these orders together."""
PATIENCE_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.2
SETTLED: Final = {"superseded": "delivered"}
"""A check that was not sent because its channel has a newer one counts as told."""
ALL: Final = frozenset(Role) - {Role.CONSOLE}
SENT: Final = {queues.ORDERS, queues.NOTICES, queues.DEAD}
"""Queues in which the ingress puts something."""


@dataclass
class Outcome:
    """What became of the orders, by story."""

    ends: dict[str, dict[str, list[Row]]] = field(default_factory=dict)
    told: dict[str, set[str]] = field(default_factory=dict)
    refund_ids: dict[str, set[str]] = field(default_factory=dict)


def meaning(rows: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """Return what an order's rows mean, whichever version wrote them."""
    (row,) = rows["orders"]
    state = json.loads(snapshot.opened(bytes(row["state"])))  # type: ignore[arg-type]
    return {
        "order_num": row["order_num"],
        "channel_order_num": row["channel_order_num"],
        "zzy_order_id": row["zzy_order_id"],
        "phase": row["phase"],
        "human": bool(row["human"]),
        "waits": row["wake_at"] is not None,
        "codes": sorted(voucher["code"] for voucher in state["vouchers"]),
        "order_code": state["order_code"],
        "checked": state["checked"],
        "refunded": state["refunded"],
        "failure": state["failure"] and state["failure"]["code"],
        "refunds_made": state["refunds_made"],
        "notifications": sorted(
            (str(n["webhook_id"]), str(n["type"]), SETTLED.get(str(n["status"]), str(n["status"])))
            for n in rows.get("notifications", ())
        ),
        "dead_letters": sorted(str(letter["kind"]) for letter in rows.get("dead_letters", ())),
        "held_notices": len(rows.get("held_notices", ())),
        "outbox": len(rows.get("outbox", ())),
    }


class HistoryClock:
    """Virtual time from the moment of the image on."""

    def __init__(self, loop: VirtualLoop, begin: datetime) -> None:
        self._loop = loop
        self._begin = begin

    def now(self) -> datetime:
        return self._begin + timedelta(seconds=self._loop.time())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def image(path: Path, version: str, points: Mapping[str, int], left: Iterable[History]) -> float:
    """Make the file that ``version`` left with each order at its point; return when that was."""
    about = json.loads((FOLDER / version / "version.json").read_text())
    latest = 0.0
    with sqlite3.connect(path) as connection:
        for statement in about["schema"]:
            connection.execute(statement)
        connection.execute("INSERT INTO alembic_version VALUES (?)", (about["revision"],))
        for one in left:
            for table, rows in one.at(points[one.story]).items():
                for row in rows:
                    _insert(connection, table, row)
            latest = max(latest, _time_of(one, points[one.story]))
        connection.execute(
            "INSERT INTO broker_owners SELECT DISTINCT owner FROM broker_messages"
            " WHERE owner IS NOT NULL"
        )
    connection.close()
    with migrate.sqlite_engine(path).begin() as engine:
        migrate.upgrade(engine)
    return latest


def _insert(connection: sqlite3.Connection, table: str, row: Row) -> None:
    if table == "broker_messages":  # its number may be another order's at another point
        row = {name: value for name, value in row.items() if name != "id"}
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))  # noqa: S608


def _time_of(one: History, position: int) -> float:
    """Return when the last commit of an order until then was, in seconds since 1970."""
    rows = one.at(position)["orders"]
    return max(int(row["updated_at"]) for row in rows) / 1e6  # type: ignore[arg-type]


def go_on(
    folder: Path, version: str, left: Sequence[History], points: Mapping[str, int]
) -> Outcome:
    """Let today's worker take each order from its point to its end."""
    begin = image(folder / "bridge.db", version, points, left)
    loop = VirtualLoop(Random(1), lambda _owner: True)
    try:
        return loop.run_until_complete(_go_on(folder, loop, left, points, begin))
    finally:
        loop.close()


async def _go_on(
    folder: Path,
    loop: VirtualLoop,
    left: Sequence[History],
    points: Mapping[str, int],
    begin: float,
) -> Outcome:
    network = Network(lambda _asked: Fare(0.01, 0.01), lambda _note: None)
    supplier, receiver = Supplier(STORIES), Receiver(STORIES)
    network.serve("http://zzy.test", supplier.application())
    network.serve("http://k.test", receiver.application())
    clock = HistoryClock(loop, datetime.fromtimestamp(begin, UTC))
    settings = _settings(folder)
    file = partial(DiskFile, fate=lambda *_: (0.001, FINE, 0.0))
    on = Surroundings(
        clock=clock, file=file, http=partial(SimulatedHttp, network), serve=network.serve_on
    )
    for one in left:
        supplier.recall(one.story, (c for c in one.calls if c.after < points[one.story]))
    async with adapters(settings, clock, file) as parts, app.running(settings, ALL, on):
        await parts.broker.start()
        with closing(sqlite3.connect(folder / "bridge.db")) as look:
            look.row_factory = sqlite3.Row
            await asyncio.gather(
                *(_send(parts.broker, look, one, points[one.story]) for one in left)
            )
            await asyncio.sleep(LONG_SECONDS)
            await parts.broker.close()
            return _outcome(look, left, supplier, receiver)


def _settings(folder: Path) -> Settings:
    where = Place(
        folder,
        zzy_url="http://zzy.test",
        channel_url="http://k.test",
        settings=SETTINGS,
        retry_delays='["1s"]',
        log_level="error",
    )
    where.write()
    return load_settings(where.config, {})


async def _send(broker: Broker, look: sqlite3.Connection, one: History, position: int) -> None:
    """Send what had not been sent, each when the order stands where it stood then."""
    for entry in one.messages():
        row: Any = entry.row
        if entry.position <= position or row["queue"] not in SENT:
            continue
        stood = standing(one.at(entry.position))
        for _ in range(round(PATIENCE_SECONDS / LOOK_SECONDS)):
            if _has_come_to(stood, standing(_rows(look, one.order_num))):
                break
            await asyncio.sleep(LOOK_SECONDS)
        await broker.publish(
            Message(
                queue=row["queue"],
                type=row["type"],
                body=row["body"],
                message_id=row["message_id"],
                headers=json.loads(row["headers"]),
                correlation_id=row["correlation_id"],
            )
        )


def standing(rows: Mapping[str, Sequence[Row]]) -> dict[str, Any] | None:
    """Return where an order stands, as far as what comes next may rest on it."""
    if not rows.get("orders"):
        return None
    told = meaning(rows)
    (row,) = rows["orders"]
    state = json.loads(snapshot.opened(bytes(row["state"])))  # type: ignore[arg-type]
    audited = bool(state["refund"] and state["refund"]["under_audit"])
    names = ("phase", "human", "codes", "checked", "refunded")
    news = told["notifications"]
    return {
        **{name: told[name] for name in names},
        "call": state["call"],
        "audited": audited,
        "news": {webhook_id for webhook_id, _, _ in news},
        "delivered": {webhook_id for webhook_id, _, status in news if status == "delivered"},
    }


def _has_come_to(stood: dict[str, Any] | None, stands: dict[str, Any] | None) -> bool:
    """Tell whether an order stands where it stood; what was told since makes no difference."""
    if stood is None or stands is None:
        return stood is stands
    return stood == {**stands, "delivered": stands["delivered"] & stood["delivered"]}


def _rows(look: sqlite3.Connection, order_num: str) -> dict[str, list[Row]]:
    return {
        table: [dict(row) for row in look.execute(query, {"n": order_num})]
        for table, query in _QUERIES.items()
    }


def _outcome(
    look: sqlite3.Connection, left: Sequence[History], supplier: Supplier, receiver: Receiver
) -> Outcome:
    outcome = Outcome()
    for one in left:
        outcome.ends[one.story] = _rows(look, one.order_num)
        outcome.told[one.story] = receiver.told.get(one.order_num, set())
        made = supplier.calls.get(one.story, ())
        outcome.refund_ids[one.story] = {call.refund_id for call in made if call.refund_id}
    return outcome


_QUERIES: Final = {
    table: f"SELECT * FROM {table} WHERE order_num = :n"  # noqa: S608
    for table in ("orders", "notifications", "dead_letters", "held_notices", "outbox")
}

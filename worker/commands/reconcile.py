"""``reconcile``: compares a day (对账) and prints what differs, each with its action.

Why it exists: an operator, or a script by its exit code, sees whether a day adds up. It must
not compare: worker/reconciliation does, and must not print anything about a person.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from worker import app
from worker.clock import SystemClock
from worker.commands.quiet import log_quietly
from worker.commands.tables import print_json_lines, print_table
from worker.reconciliation import Difference, command_of, sheet, text_of
from worker.runtime.reconcilable import Run
from worker.runtime.storing import Store
from worker.settings import Settings

DIFFERS: Final = 1
UNFINISHED: Final = 3
COLUMNS: Final = ("kind", "order_num", "channel", "zzy_order_id", "money", "detail", "run", "then")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the operator wants to see, and how."""

    day: date
    kept: bool = False
    csv: str = ""
    as_json: bool = False


def yesterday(settings: Settings) -> date:
    """Return the last day that is over, in the configured zone."""
    here = SystemClock().now().astimezone(settings.reconciliation.zone_info)
    return here.date() - timedelta(days=1)


async def reconcile(settings: Settings, asked: Asked) -> int:
    """Compare the day, or show what was kept of it; return the exit code."""
    log_quietly(settings)
    async with app.opened_reconciler(settings) as (reconciler, store):
        if not asked.kept:
            await reconciler.run(asked.day, again=True)
        run = await _run_of(store, asked.day)
        found = await store.differences(asked.day)
    if asked.csv != "-":
        _print(found, asked)
    _write(found, asked.csv)
    sys.stderr.write(_summary(run, asked.day) + "\n")
    if run is None or run.state != "done":
        return UNFINISHED
    return DIFFERS if found else 0


async def _run_of(store: Store, day: date) -> Run | None:
    return next((one for one in await store.reconciliations(limit=10_000) if one.day == day), None)


def _print(found: Sequence[Difference], asked: Asked) -> None:
    if asked.as_json:
        print_json_lines([_told(one) for one in found])
    elif found:
        print_table(
            COLUMNS,
            [
                (
                    str(one.kind),
                    one.order_num,
                    one.app_key,
                    one.zzy_order_id,
                    f"{one.money:.2f}",
                    one.detail,
                    command_of(one),
                    text_of(one),
                )
                for one in found
            ],
        )


def _told(one: Difference) -> dict[str, object]:
    return {
        "id": one.order_num,
        "day": one.day.isoformat(),
        "kind": str(one.kind),
        "app_key": one.app_key,
        "channel_order_num": one.channel_order_num,
        "zzy_order_id": one.zzy_order_id,
        "money": f"{one.money:.2f}",
        "detail": one.detail,
        "command": command_of(one),
        "action": text_of(one),
    }


def _write(found: Sequence[Difference], csv: str) -> None:
    if csv == "-":
        sys.stdout.write(sheet(found))
    elif csv:  # with a mark of the encoding, so that spreadsheets read it as UTF-8
        Path(csv).write_text(sheet(found), encoding="utf-8-sig", newline="")


def _summary(run: Run | None, day: date) -> str:
    if run is None:
        return f"{day}: not compared yet"
    counts = f"{run.orders} orders, ZZY asked about {run.asked}, {run.found} differences"
    if run.unanswered:
        counts += f", {run.unanswered} not answered"
    if run.state != "done":
        return f"{day}: not finished: {counts}; another worker is at it, or ZZY does not answer"
    return f"{day}: {counts}, at {_moment(run.finished_at)}"


def _moment(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else "?"

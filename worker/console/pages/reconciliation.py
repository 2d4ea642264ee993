"""Reconciliations (对账): what differs on a day, by kind, with what to do; as CSV, too.

Why it exists: whoever keeps the books sees each morning what does not add up. It must not
compare, nor ask ZZY: the daily job and `reconcile` do.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from aiohttp import web

from worker.console.ask import Ask
from worker.console.config import Level
from worker.console.page import Nav, Pages
from worker.reconciliation import Difference, Kind, command_of, sheet
from worker.runtime.reconcilable import Run

DAYS: Final = 31
MOST: Final = 500
"""So many differences stand on the page; the CSV has all."""
PATH: Final = "/reconciliation"

pages = Pages("reconciliation")


@dataclass(frozen=True, slots=True)
class Shown:
    """A difference, its command and what to do in the reader's language."""

    one: Difference
    command: str
    action: str


@pages.get(PATH, needs=Level.VIEWER, nav=Nav("look_up", 40, "b"))
async def day(ask: Ask) -> web.Response:
    """Show what differs on one day: the last one that was compared, or the one named."""
    runs = await ask.parts.store.reconciliations(limit=DAYS)
    run = _chosen(runs, ask.query("day"))
    found = await ask.parts.store.differences(run.day) if run else []
    kind = ask.query("kind")
    chosen = [one for one in found if kind in {"", str(one.kind)}]
    return ask.show(
        "reconciliation.html",
        runs=runs,
        run=run,
        kinds=_by_kind(found),
        kind=kind,
        money=sum((one.money for one in found), Decimal(0)),
        shown=[_shown(ask, one) for one in chosen[:MOST]],
        more=max(len(chosen) - MOST, 0),
    )


@pages.get(PATH + "/{day}.csv", needs=Level.VIEWER)
async def download(ask: Ask) -> web.Response:
    """Send a day's differences as CSV; it holds nothing about a person."""
    try:
        wanted = date.fromisoformat(ask.path("day"))
    except ValueError:
        raise web.HTTPNotFound from None
    text = "\ufeff" + sheet(await ask.parts.store.differences(wanted))
    name = f"reconciliation-{wanted.isoformat()}.csv"
    return web.Response(
        body=text.encode(),
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
        },
    )


def _chosen(runs: Sequence[Run], wanted: str) -> Run | None:
    named = (run for run in runs if run.day.isoformat() == wanted)
    return next(named, runs[0] if runs and not wanted else None)


def _by_kind(found: Sequence[Difference]) -> list[tuple[Kind, int, Decimal]]:
    """Return each kind that was found, how often, and the money at stake."""
    counts = Counter(one.kind for one in found)
    sums = {kind: sum((x.money for x in found if x.kind is kind), Decimal(0)) for kind in counts}
    return [(kind, counts[kind], sums[kind]) for kind in Kind if kind in counts]


def _shown(ask: Ask, one: Difference) -> Shown:
    numbers = {"order_num": one.order_num, "zzy_order_id": one.zzy_order_id or "?"}
    return Shown(one, command_of(one), ask.text(f"reconciliation.do_{one.kind}", **numbers))

"""What the rounds say: medians and ranges, as JSON and as tables."""

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from bench.figures import FLOOR, Figure
from bench.roles import RoleRound
from bench.rounds import Round

COLUMNS = (
    ("orders/s", "orders_per_second", 0),
    ("own CPU", "cpu_ms", 2),
    ("× floor", "times_floor", 2),
    ("broker CPU", "broker_ms", 2),
    ("database CPU", "database_ms", 2),
    ("all CPU", "all_ms", 2),
    ("answer p50", "answer_p50", 0),
    ("p99", "answer_p99", 0),
    ("p99.9", "answer_p999", 0),
    ("voucher p50", "voucher_p50", 0),
    ("p99", "voucher_p99", 0),
    ("p99.9", "voucher_p999", 0),
    ("memory", "memory_mb", 0),
    ("peak", "peak_mb", 0),
)
ROLE_COLUMNS = (
    ("orders/s", "orders_per_second", 0),
    ("own CPU", "cpu_ms", 2),
    ("answer p50", "answer_p50", 1),
    ("p99", "answer_p99", 1),
    ("p99.9", "answer_p999", 1),
    ("memory", "memory_mb", 0),
)
COLOURS = {"aim": "green", "pass": "green", "missed": "red", "not measured": "dim"}

Columns = tuple[tuple[str, str, int], ...]
Spread = dict[str, float]
Summary = dict[str, dict[str, Spread]]


def summarise(rounds: Sequence[Round]) -> Summary:
    """Return median, least and greatest of every column, by set-up."""
    summary: Summary = {}
    if not rounds:
        return summary
    floor = statistics.median(r.cpu_ms for r in rounds if r.setup == FLOOR)
    for name in dict.fromkeys(r.setup for r in rounds):
        mine = [r for r in rounds if r.setup == name]
        summary[name] = {
            key: _spread(
                [r.cpu_ms / floor if key == "times_floor" else getattr(r, key) for r in mine]
            )
            for _, key, _ in COLUMNS
        }
    return summary


def summarise_roles(rounds: Sequence[RoleRound]) -> Summary:
    """Return the same of each role alone, by role and set-up."""
    summary: Summary = {}
    for pair in dict.fromkeys((r.role, r.setup) for r in rounds):
        mine = [r for r in rounds if (r.role, r.setup) == pair]
        summary[" alone, ".join(pair)] = {
            key: _spread([getattr(r, key) for r in mine]) for _, key, _ in ROLE_COLUMNS
        }
    return summary


def _spread(values: Sequence[float]) -> Spread:
    low, middle, high = min(values), statistics.median(values), max(values)
    return {"median": round(middle, 3), "min": round(low, 3), "max": round(high, 3)}


def machine() -> dict[str, Any]:
    """Return what the numbers depend on."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def show_rounds(summary: Summary) -> None:
    """Print the table of the set-ups: the median, and the range below it."""
    _show(summary, COLUMNS, "CPU: ms an order; answer, voucher: ms; memory: MiB")


def show_roles(summary: Summary) -> None:
    """Print the table of the roles."""
    _show(summary, ROLE_COLUMNS, "own CPU: ms an order; answer at 200 requests a second: ms")


def _show(summary: Summary, columns: Columns, units: str) -> None:
    caption = f"median (least–greatest); {units}"
    table = Table(caption=caption, box=SIMPLE, padding=(0, 1, 1, 0))
    table.add_column("")
    for title, _, _ in columns:
        table.add_column(title, justify="right")
    for name, values in summary.items():
        cells = []
        for _, key, digits in columns:
            s = values[key]
            low, high = f"{s['min']:.{digits}f}", f"{s['max']:.{digits}f}"
            cells.append(f"{s['median']:.{digits}f}\n{low}–{high}" if s["max"] else "–")
        table.add_row(name, *cells)
    Console(width=180).print(table)


def show_seen(seen: Mapping[str, Mapping[str, float]]) -> None:
    """Print what was seen, a column for each set-up."""
    table = Table(box=SIMPLE)
    table.add_column("")
    for name in seen:
        table.add_column(name, justify="right")
    for what in dict.fromkeys(key for one in seen.values() for key in one):
        cells = (f"{one[what]:.2f}" if what in one else "" for one in seen.values())
        table.add_row(what, *cells)
    Console(width=120).print(table)


def show_figures(figures: Sequence[Figure]) -> None:
    """Print what was promised, and what became of it."""
    table = Table(box=SIMPLE)
    for title in ("figure", "at least", "aim", "measured", "range", ""):
        table.add_column(title, justify="left" if title in {"figure", ""} else "right")
    for figure in figures:
        promise, known = figure.promise, figure.value is not None
        sign = "≥" if promise.more_is_better else "≤"
        table.add_row(
            promise.name,
            f"{sign} {promise.at_least:g}",
            f"{sign} {promise.aim:g}",
            f"{figure.value:.2f}" if known else "",
            f"{figure.low:.2f}–{figure.high:.2f}" if known else "",
            f"[{COLOURS[figure.verdict]}]{figure.verdict}[/]",
        )
    Console(width=120).print(table)

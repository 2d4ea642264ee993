"""What the rounds say: medians and ranges, as JSON and as a table."""

import math
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

COLUMNS = (
    ("orders/s", "orders_per_second", 0),
    ("own CPU", "cpu_ms", 2),
    ("× floor", "times_floor", 2),
    ("broker CPU", "broker_ms", 2),
    ("database CPU", "database_ms", 2),
    ("answer p50", "p50_ms", 1),
    ("answer p99", "p99_ms", 1),
)


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one set-up; CPU in milliseconds an order."""

    setup: str
    orders_per_second: float
    cpu_ms: float
    broker_ms: float
    database_ms: float
    p50_ms: float
    p99_ms: float
    repeated: int


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` of the sorted values lie (nearest rank)."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def summarise(rounds: Sequence[Round]) -> dict[str, dict[str, dict[str, float]]]:
    """Return median, least and greatest of every column, by set-up."""
    floor = statistics.median(r.cpu_ms for r in rounds if r.setup == "floor")
    summary: dict[str, dict[str, dict[str, float]]] = {}
    for name in dict.fromkeys(r.setup for r in rounds):
        mine = [r for r in rounds if r.setup == name]
        summary[name] = {
            key: _spread(
                [r.cpu_ms / floor if key == "times_floor" else getattr(r, key) for r in mine]
            )
            for _, key, _ in COLUMNS
        }
    return summary


def _spread(values: Sequence[float]) -> dict[str, float]:
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


def show(summary: dict[str, dict[str, dict[str, float]]]) -> None:
    """Print the table: the median, and the range below it."""
    table = Table(caption="median (least to greatest); CPU: ms an order; answer: ms", box=SIMPLE)
    table.add_column("")
    for title, _, _ in COLUMNS:
        table.add_column(title, justify="right", no_wrap=True)
    for name, columns in summary.items():
        cells = []
        for _, key, digits in COLUMNS:
            s = columns[key]
            low, high = f"{s['min']:.{digits}f}", f"{s['max']:.{digits}f}"
            cells.append(f"{s['median']:.{digits}f}\n({low} to {high})")
        table.add_row(name, *cells)
    Console(width=140).print(table)

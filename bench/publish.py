"""Writes what ``make bench`` measured into the pages: ``make figures RESULT=…``.

The tables of docs/benchmarks, the picture that both READMEs show, and the costs from which
docs/scaling.md is sized: all from one result, so that none of them is of another day. What the
figures mean stays for people to write.
"""

import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.figures import FLOOR, OURS, Figure, Promise
from bench.plot import picture

DOCS = Path(__file__).parents[1] / "docs"
RESULT = DOCS / "benchmarks" / "result.json"
LONG = DOCS / "benchmarks" / "long.json"
"""What ``--long`` measured: it takes too long for each run."""
PICTURE = DOCS / "benchmarks" / "result.svg"
PAGE = DOCS / "benchmarks" / "README.md"
SCALING = DOCS / "scaling.md"
FIGURES = "figures, written by make figures"
COSTS = "costs, written by make figures"
GROWTH = "growth, written by make figures"

Spread = Mapping[str, float]
Column = tuple[str, str, int, bool]
"""Title, key, digits, and whether the range stands beside the median."""
COST_COLUMNS: Sequence[Column] = (
    ("orders/s", "orders_per_second", 0, True),
    ("own CPU, ms an order", "cpu_ms", 2, True),
    ("broker CPU", "broker_ms", 2, True),
    ("database CPU", "database_ms", 2, True),
    ("all CPU", "all_ms", 2, True),
)
TIME_COLUMNS: Sequence[Column] = (
    ("answer p50, ms", "answer_p50", 0, False),
    ("p99", "answer_p99", 0, False),
    ("p99.9", "answer_p999", 0, False),
    ("voucher p50, ms", "voucher_p50", 0, False),
    ("p99", "voucher_p99", 0, False),
    ("p99.9", "voucher_p999", 0, False),
    ("memory, MiB", "memory_mb", 0, False),
    ("peak", "peak_mb", 0, False),
)
ROLE_COLUMNS: Sequence[Column] = (
    ("orders/s", "orders_per_second", 0, True),
    ("own CPU, ms an order", "cpu_ms", 2, True),
    ("answer p50, ms", "answer_p50", 1, True),
    ("p99", "answer_p99", 1, True),
    ("p99.9", "answer_p999", 1, True),
    ("memory, MiB", "memory_mb", 0, False),
)


def written(page: str, name: str, lines: Sequence[str]) -> str:
    """Return the page with these lines between the marks of that name."""
    begin, end = f"<!-- begin of the {name} -->\n", f"<!-- end of the {name.partition(',')[0]} -->"
    before, there, rest = page.partition(begin)
    if not there:
        raise SystemExit(f"the page has no {begin.strip()}")
    return before + begin + "".join(f"{line}\n" for line in lines) + end + rest.partition(end)[2]


def tables(result: Mapping[str, Any], long: Mapping[str, Any]) -> list[str]:
    """Return the lines of docs/benchmarks that follow from a result, and from a long one."""
    about, summary = result["about"], result["summary"]
    floor = summary[FLOOR]["all_ms"]["median"]
    ratios = {name: f"{row['all_ms']['median'] / floor:.2f}" for name, row in summary.items()}
    machine = f"Python {about['python']}, {about['system']}, {about['cores']} cores"
    plan = f"{about['rounds']} rounds of {about['orders']} orders, {about['in_flight']} in flight"
    return [
        f"{plan}; {machine}; load before: {about['load_before']}.",
        "",
        *_promises(_completed(result["figures"], long["figures"])),
        "",
        *_table("", summary, COST_COLUMNS, ("× floor", ratios)),
        "",
        *_table("", summary, TIME_COLUMNS),
        "",
        *_table("one role alone", result["roles_summary"], ROLE_COLUMNS),
    ]


def growth(long: Mapping[str, Any]) -> list[str]:
    """Return the lines that follow from a long result alone."""
    held = {
        f"after {int(placed):,} orders": dict(roles) for placed, roles in long["memory"].items()
    }
    return [
        *_seen("channels", long["crowd"]),
        "",
        *_seen("commands that wait", long["backlog"]),
        "",
        *_seen("memory, MiB", held),
    ]


def costs(result: Mapping[str, Any]) -> list[str]:
    """Return the lines of docs/scaling.md that say what an order costs."""
    ours = result["summary"][OURS]
    what = {
        "own: ingress, saga, relay together": "cpu_ms",
        "RabbitMQ, one member of each queue": "broker_ms",
        "PostgreSQL": "database_ms",
    }
    rows = [f"| {name} | {ours[key]['median']:.2f} |" for name, key in what.items()]
    return ["| Cost of an order | CPU, ms |", "|---|---|", *rows]


def _completed(
    figures: Sequence[Mapping[str, Any]], long: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return the figures, those that a run did not measure as a long run did."""
    known = {one["name"]: one for one in long if one["value"] is not None}
    return [known.get(one["name"], one) if one["value"] is None else one for one in figures]


def _seen(corner: str, seen: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    yield f"| {corner} | {' | '.join(seen)} |"
    yield "|" + "---|" * (len(seen) + 1)
    for what in dict.fromkeys(key for one in seen.values() for key in one):
        cells = (f"{one[what]:.4g}" if what in one else "" for one in seen.values())
        yield f"| {what} | {' | '.join(cells)} |"


def _promises(figures: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "| figure | at least | aim | measured | range | |"
    yield "|---|---|---|---|---|---|"
    for one in figures:
        promise = Promise(one["name"], one["at_least"], one["aim"], one["more_is_better"])
        figure = Figure(promise, one["value"], one["low"], one["high"])
        sign = "≥" if promise.more_is_better else "≤"
        known = figure.value is not None
        value = f"{figure.value:.2f}" if known else ""
        spread = f"{figure.low:.2f}–{figure.high:.2f}" if known else ""
        yield (
            f"| {promise.name} | {sign} {promise.at_least:g} | {sign} {promise.aim:g}"
            f" | {value} | {spread} | {figure.verdict} |"
        )


def _table(
    corner: str,
    rows: Mapping[str, Mapping[str, Spread]],
    columns: Sequence[Column],
    more: tuple[str, Mapping[str, str]] | None = None,
) -> Iterator[str]:
    titles = [corner, *(title for title, *_ in columns), *([more[0]] if more else [])]
    yield f"| {' | '.join(titles)} |"
    yield "|" + "---|" * len(titles)
    for name, row in rows.items():
        cells = [_cell(row[key], digits, ranged=ranged) for _, key, digits, ranged in columns]
        yield f"| {' | '.join([name, *cells, *([more[1][name]] if more else [])])} |"


def _cell(spread: Spread, digits: int, *, ranged: bool) -> str:
    if not spread["max"]:
        return "–"
    middle, low, high = (f"{spread[key]:.{digits}f}" for key in ("median", "min", "max"))
    return f"{middle} ({low}–{high})" if ranged else middle


def pages(result: Mapping[str, Any], long: Mapping[str, Any]) -> list[tuple[Path, str, list[str]]]:
    """Return what is written where, and between which marks."""
    return [
        (PAGE, FIGURES, tables(result, long)),
        (PAGE, GROWTH, growth(long)),
        (SCALING, COSTS, costs(result)),
    ]


def main(words: Sequence[str]) -> None:
    kept = {
        RESULT: Path(words[0]) if words else RESULT,
        LONG: Path(words[1]) if words[1:] else LONG,
    }
    result, long = (json.loads(source.read_text("utf-8")) for source in kept.values())
    for page, name, lines in pages(result, long):
        page.write_text(written(page.read_text("utf-8"), name, lines), "utf-8")
    PICTURE.write_text(picture(result["summary"]), "utf-8")
    for place, source in kept.items():
        if source.resolve() != place:
            shutil.copy(source, place)


if __name__ == "__main__":
    main(sys.argv[1:])

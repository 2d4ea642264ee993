"""Draws a result: what an order costs by group, and how many orders a second, for each set-up.

``python -m bench.plot result.json picture.svg``. Plain SVG with colours for light and dark pages.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

GROUPS = (
    ("cpu_ms", "own", "Python"),
    ("broker_ms", "broker", "broker"),
    ("database_ms", "database", "database"),
)
WIDTH, LEFT, RIGHT = 860, 190, 70
ROW, BAR, GAP, HEAD = 30, 18, 46, 34
SVG = 'xmlns="http://www.w3.org/2000/svg"'
LABEL = "CPU an order and orders a second, by set-up"
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; } .value { fill: #59636e; } .line { stroke: #1f2328; }
.own, .speed { fill: #2f6fde; } .broker { fill: #d9822b; } .database { fill: #7c5cbf; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .value { fill: #9da7b3; } .line { stroke: #e6edf3; }
  .own, .speed { fill: #6ea0ff; } .broker { fill: #f0a95b; } .database { fill: #b39df0; }
}
"""

Summary = Mapping[str, Mapping[str, Mapping[str, float]]]


def picture(summary: Summary) -> str:
    """Return the picture of a result's summary."""
    first = HEAD + ROW * len(summary)
    height = 2 * first + GAP
    return "\n".join(
        [
            f'<svg {SVG} viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{LABEL}">',
            f"<style>{STYLE}</style>",
            *_costs(summary, 0),
            *_speeds(summary, first + GAP),
            "</svg>\n",
        ]
    )


def _costs(summary: Summary, top: int) -> Iterator[str]:
    yield _text(0, top + 16, "CPU an order, ms (median)", "title")
    x = LEFT + 60
    for _, colour, name in GROUPS:
        yield _rect(x, top + 6, 12, 12, colour)
        yield _text(x + 18, top + 16, name)
        x += 100
    most = max(row["all_ms"]["max"] for row in summary.values())
    for place, (name, row) in enumerate(summary.items()):
        y, x0 = top + HEAD + place * ROW, float(LEFT)
        yield _text(0, y + 14, name)
        for key, colour, _ in GROUPS:
            width = _scaled(row[key]["median"], most)
            yield _rect(x0, y, width, BAR, colour)
            x0 += width
        yield from _whisker(row["all_ms"], most, y)
        at = max(x0, LEFT + _scaled(row["all_ms"]["max"], most))
        yield _text(at + 8, y + 14, f"{row['all_ms']['median']:.1f}", "value")


def _speeds(summary: Summary, top: int) -> Iterator[str]:
    yield _text(0, top + 16, "Orders a second (median)", "title")
    most = max(row["orders_per_second"]["max"] for row in summary.values())
    for place, (name, row) in enumerate(summary.items()):
        y, speed = top + HEAD + place * ROW, row["orders_per_second"]
        yield _text(0, y + 14, name)
        yield _rect(LEFT, y, _scaled(speed["median"], most), BAR, "speed")
        yield from _whisker(speed, most, y)
        at = LEFT + _scaled(speed["max"], most)
        yield _text(at + 8, y + 14, f"{speed['median']:.0f}", "value")


def _whisker(spread: Mapping[str, float], most: float, y: int) -> Iterator[str]:
    """Yield the range over the rounds as a thin line."""
    low, high = (LEFT + _scaled(spread[key], most) for key in ("min", "max"))
    middle = y + BAR / 2
    yield f'<path class="line" d="M{low:.1f} {middle}H{high:.1f}"/>'


def _scaled(value: float, most: float) -> float:
    return value / most * (WIDTH - LEFT - RIGHT)


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    size = f'width="{width:.1f}" height="{height}"'
    return f'<rect class="{colour}" x="{x:.1f}" y="{y}" {size}/>'


def _text(x: float, y: float, text: str, kind: str = "name") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y}">{escape(text)}</text>'


def main(words: Sequence[str]) -> None:
    result: dict[str, Any] = json.loads(Path(words[0]).read_text("utf-8"))
    Path(words[1]).write_text(picture(result["summary"]), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

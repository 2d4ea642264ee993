"""Draws docs/saga.svg from the table: ``python -m worker.saga.diagram [--check]``.

Why it exists: the picture that people look at cannot disagree with the table that decides.
The phases are placed by hand, here; which edges there are and what is written on them
comes from transitions.ROWS alone. The same picture with one order's place on it is drawn for the
console. It must not know an order but by its phases.
"""

import argparse
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from worker.saga import guards
from worker.saga.diagram_style import PAGE_STYLES, STYLE, TITLE, WORDS, head_of
from worker.saga.resolutions import RESOLUTIONS
from worker.saga.states import FINAL, Phase
from worker.saga.transitions import ROWS, Row

TARGET: Final = Path(__file__).parents[2] / "docs" / "saga.svg"
WIDTH, HEIGHT = 1500, 830
TITLE_HEIGHT: Final = 90
BOX_WIDTH, BOX_HEIGHT = 190, 68
LINE: Final = 16
MOST_GUARDS: Final = 2

PLACES: Final = {
    Phase.NEW: (120, 262),
    Phase.CREATING: (350, 262),
    Phase.PAYING: (720, 262),
    Phase.CLOSING: (720, 492),
    Phase.AWAITING_TICKET: (1090, 262),
    Phase.ISSUED: (1370, 262),
    Phase.TICKET_FAILED: (1230, 492),
    Phase.REFUSED: (350, 730),
    Phase.CANCELLED: (720, 730),
    Phase.REFUNDED: (1230, 730),
}
"""The middle of each phase's box."""


@dataclass(frozen=True)
class Frame:
    """Phases with one fate in common: edges that all of them have are drawn once."""

    label: str
    members: frozenset[Phase]
    box: tuple[int, int, int, int]


UNSETTLED: Final = Frame(
    "the money may have moved", frozenset({Phase.PAYING, Phase.CLOSING}), (600, 192, 240, 354)
)
PAID: Final = Frame(
    "the money is gone",
    frozenset({Phase.AWAITING_TICKET, Phase.ISSUED, Phase.TICKET_FAILED}),
    (970, 192, 516, 354),
)
Source = Phase | Frame


@dataclass(frozen=True)
class Route:
    """How an edge runs: its path, and where its label stands."""

    path: str
    label: tuple[int, int]
    anchor: str = "middle"
    inside: bool = False
    """The label stands on a frame."""


ROUTES: Final[dict[tuple[Source, Phase], Route]] = {
    (Phase.NEW, Phase.CREATING): Route("M178,262 H248", (212, 244)),
    (Phase.NEW, Phase.REFUSED): Route("M120,291 C120,590 140,730 248,730", (124, 560)),
    (Phase.CREATING, Phase.PAYING): Route("M445,262 H618", (524, 244)),
    (Phase.CREATING, Phase.REFUSED): Route("M300,296 V689", (288, 440), "end"),
    (Phase.CREATING, Phase.CANCELLED): Route(
        "M350,296 C350,600 430,730 618,730", (396, 536), "start"
    ),
    (Phase.CREATING, Phase.CLOSING): Route(
        "M404,296 C404,420 470,492 618,492", (432, 372), "start"
    ),
    (Phase.PAYING, Phase.CLOSING): Route("M720,296 V451", (720, 366), inside=True),
    (Phase.PAYING, Phase.AWAITING_TICKET): Route("M815,262 H988", (905, 226)),
    (Phase.CLOSING, Phase.AWAITING_TICKET): Route(
        "M815,478 C950,464 1000,400 1034,303", (906, 388)
    ),
    (Phase.CLOSING, Phase.REFUSED): Route("M660,526 C640,630 560,700 452,720", (578, 640)),
    (Phase.CLOSING, Phase.CANCELLED): Route("M720,526 V689", (734, 616), "start"),
    (Phase.AWAITING_TICKET, Phase.ISSUED): Route("M1185,262 H1268", (1228, 284), inside=True),
    (Phase.AWAITING_TICKET, Phase.TICKET_FAILED): Route(
        "M1110,296 C1124,380 1170,420 1194,452", (1148, 382), inside=True
    ),
    (UNSETTLED, Phase.ISSUED): Route("M720,192 C740,90 1300,66 1370,221", (1050, 112)),
    (UNSETTLED, Phase.TICKET_FAILED): Route("M840,506 H1128", (905, 506)),
    (PAID, Phase.REFUNDED): Route("M1230,546 V689", (1230, 616)),
}


@dataclass(frozen=True)
class Edge:
    """What leads from one place to another."""

    source: Source
    target: Phase
    lines: tuple[str, ...]


def edges() -> list[Edge]:
    """Return every change of phase in the table but those by a person's word.

    Raises KeyError for one without a route.
    """
    found: dict[tuple[Phase, Phase], list[Row]] = {}
    for row in ROWS:
        if row.then and row.then is not row.phase and row.event not in RESOLUTIONS:
            found.setdefault((row.phase, row.then), []).append(row)
    drawn = []
    for source, target in ROUTES:
        members = source.members if isinstance(source, Frame) else {source}
        rows = [found.pop((phase, target)) for phase in sorted(members)]
        labels = {_lines(some) for some in rows}
        if len(labels) > 1:
            raise ValueError(f"not alike on the way to {target}: {labels}")
        drawn.append(Edge(source, target, labels.pop()))
    if found:
        raise KeyError(f"no route is drawn for {sorted(found)}")
    return drawn


def _lines(rows: list[Row]) -> tuple[str, ...]:
    """Return the events, each with its guards where they are few; guards in brackets."""
    by_event: dict[type, list[str]] = {}
    for row in rows:
        by_event.setdefault(row.event, []).append(row.when.__name__)
    lines = [(WORDS[event], _conditions(whens)) for event, whens in by_event.items()]
    if len({conditions for _, conditions in lines}) == 1:  # the same for all: once, at the end
        return (*(word for word, _ in lines), *lines[0][1])
    return tuple(text for word, conditions in lines for text in (word, *conditions))


def _conditions(guard_names: list[str]) -> tuple[str, ...]:
    """Return guards in words; none where one always holds, or where they are many."""
    short = [
        name
        for name in guard_names
        if not any(name != other and name.startswith(other) for other in guard_names)
    ]
    if guards.always.__name__ in short or len(short) > MOST_GUARDS:
        return ()
    words = [name.replace("_", " ") for name in short]
    return (f"[{words[0]}]", *(f"[or {word}]" for word in words[1:]))


def calls_of(phase: Phase) -> list[str]:
    """Return the calls that an order in ``phase`` has out, by the steps that lead there."""
    sends = {
        "call_create": "Create",
        "call_pay": "Pay",
        "call_cancel": "CancelOrder",
        "call_probe": "PersonQrCodes",
        "tell_vouchers": "PersonQrCodes",
        "open_refund": "Refund",
        "call_refund": "Refund",
    }
    steps = {s.__name__ for row in ROWS if (row.then or row.phase) is phase for s in row.do}
    return list(dict.fromkeys(name for step, name in sends.items() if step in steps))


def calls_a_human(phase: Phase) -> bool:
    """Tell whether an order in ``phase`` may come in front of a person."""
    return any(s.__name__.startswith("human_") for r in ROWS if r.phase is phase for s in r.do)


def draw(here: Phase | None = None, been: Iterable[Phase] = (), theme: str = "system") -> str:
    """Return the whole picture as SVG.

    With the phase where an order is, and where it has been: as its page shows it, without the
    title, in the colours of the page's theme.
    """
    seen = frozenset(been) | {here}
    drawn = edges()
    if here is None:
        head = head_of(STYLE, WIDTH, HEIGHT) + TITLE
    else:
        head = head_of(PAGE_STYLES[theme], WIDTH, HEIGHT, TITLE_HEIGHT)
    parts = [
        head,
        *(_frame(frame) for frame in (UNSETTLED, PAID)),
        *(_path(edge) for edge in drawn),
        *(_label(edge) for edge in drawn),
        *(_marked(_phase(phase), phase, here, seen) for phase in PLACES),
        _person(58, HEIGHT - 36),
        f'<text class="note" x="78" y="{HEIGHT - 31}">a person may be called</text>',
        "</svg>\n",
    ]
    return "\n".join(parts)


def _frame(frame: Frame) -> str:
    x, y, width, height = frame.box
    return (
        f'<rect class="frame" x="{x}" y="{y}" width="{width}" height="{height}" rx="16"/>'
        f'<text class="frame-name" x="{x + 14}" y="{y + 21}">{frame.label}</text>'
    )


def _path(edge: Edge) -> str:
    return (
        f'<path class="edge" marker-end="url(#tip)" d="{ROUTES[edge.source, edge.target].path}"/>'
    )


def _label(edge: Edge) -> str:
    route = ROUTES[edge.source, edge.target]
    x, y = route.label
    top = y - (len(edge.lines) - 1) * LINE / 2 + 4
    spans = "".join(
        f'<tspan x="{x}" y="{top + n * LINE:g}"{_soft(line)}>{escape(line.strip("[]"))}</tspan>'
        for n, line in enumerate(edge.lines)
    )
    place = "label on-frame" if route.inside else "label"
    return f'<text class="{place}" text-anchor="{route.anchor}">{spans}</text>'


def _soft(line: str) -> str:
    return ' class="when"' if line.startswith("[") else ""


def _phase(phase: Phase) -> str:
    x, y = PLACES[phase]
    kind = "end" if phase in FINAL else "start" if phase is Phase.NEW else phase.value
    width, height = (116, 58) if phase is Phase.NEW else (BOX_WIDTH, BOX_HEIGHT)
    calls = " · ".join(calls_of(phase))
    chinese, name = WORDS[phase].split(" ", 1)
    lift = 8 if calls else 0
    left, top, radius = x - width // 2, y - height // 2, 30 if phase in FINAL else 12
    size = f'width="{width}" height="{height}" rx="{radius}"'
    word = f'<tspan class="chinese" dx="7">{chinese}</tspan>'
    parts = [
        f'<rect class="box {kind}" x="{left}" y="{top}" {size}/>',
        f'<text class="name" x="{x}" y="{y + 5 - lift}">{name}{word}</text>',
    ]
    if calls:
        parts.append(f'<text class="calls" x="{x}" y="{y + 19}">{calls}</text>')
    if calls_a_human(phase):
        parts.append(_person(x + width // 2 - 4, y - height // 2 + 3))
    return "".join(parts)


def _marked(box: str, phase: Phase, here: Phase | None, seen: frozenset[Phase | None]) -> str:
    """Return a phase's box as an order's picture shows it: here, been, or not at all."""
    if here is None:
        return box
    mark = "here" if phase is here else "been" if phase in seen else "other"
    return f'<g class="{mark}">{box}</g>'


def _person(x: int, y: int) -> str:
    return (
        f'<g transform="translate({x},{y})"><circle class="badge" r="11"/>'
        '<circle class="person" cy="-3" r="3"/>'
        '<path class="person" d="M-5.5,6 a5.5,5 0 0 1 11,0 z"/></g>'
    )


def main(arguments: list[str] | None = None) -> int:
    """Write the picture; with ``--check`` only tell, by 1, that the stored one is stale."""
    parser = argparse.ArgumentParser(
        prog="python -m worker.saga.diagram", description="Draw the saga"
    )
    parser.add_argument("--check", action="store_true", help="exit 1 if the stored one is stale")
    picture = draw()
    if not parser.parse_args(arguments).check:
        TARGET.write_text(picture, encoding="utf-8")
        return 0
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == picture:
        return 0
    sys.stderr.write("docs/saga.svg is stale: run python -m worker.saga.diagram\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())

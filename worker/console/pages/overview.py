"""The overview: what to look at first, and how the work went.

Why it exists: whoever is woken at night sees here whether something is wrong, since when,
and where. It must not act.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from aiohttp import web

from worker.console import texts
from worker.console.ask import Ask
from worker.console.config import Level
from worker.console.page import Nav, Pages
from worker.console.series import (
    MINUTE,
    RANGES,
    SHARES,
    Span,
    Stretch,
    Value,
    channel,
    failures,
    latency,
    letters,
    lines,
    oldest,
    spans,
    stretches,
    waiting,
    zzy,
)
from worker.runtime.controlling import ChannelControl
from worker.runtime.sampler import zzy_down
from worker.runtime.sampling import Sample, merged, percentile

LATELY: Final = 300
"""What the figures at the top speak of: the last minutes, in seconds."""
ROWS: Final = 24
USUAL: Final = "1h"

pages = Pages("overview")


@dataclass(frozen=True, slots=True)
class Plot:
    """One plot: its title's key, its unit, and its lines by their labels."""

    name: str
    unit: str
    lines: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    bars: bool = False

    @property
    def most(self) -> float:
        """The highest value of all."""
        return max((v for line in self.lines.values() for v in line if v is not None), default=0)


@pages.get("/", needs=Level.VIEWER, nav=Nav("watch", 10, "h"))
async def overview(ask: Ask) -> web.Response:
    """Show what waits for a person, and how the work went."""
    shown = ask.query("range", USUAL)
    shown = shown if shown in RANGES else USUAL
    length, step = RANGES[shown]
    now = ask.parts.clock.now()
    samples = await ask.parts.store.samples(now - timedelta(seconds=length + step), now)
    found = stretches(samples, now, length, step)
    controls = {one.app_key: one for one in await ask.parts.store.channel_controls()}
    return ask.show(
        "overview.html",
        figures=await ask.parts.store.figures(),
        lately=_lately([one for one in samples if now - one.at <= timedelta(seconds=LATELY)]),
        zzy_down=zzy_down(await ask.parts.store.alarms(), now),
        troubled=[one for one in controls.values() if _is_troubled(one)],
        range=shown,
        ranges=list(RANGES),
        plots=[(one, _data(found, one)) for one in _plots(ask, found)],
        strips=_strips(ask, found),
        rows=[_in_words(ask, row) for row in _rows(samples, found)],
    )


def _lately(samples: Sequence[Sample]) -> dict[str, Value]:
    """Return the figures of the last minutes."""
    if not samples:
        return {"orders": None, "p95": None}
    whole = merged(samples[0].at, LATELY, samples)
    seconds = sum(one.seconds for one in samples)
    return {
        "orders": round(whole.orders * MINUTE / seconds, 1),
        "p95": percentile(whole.latencies, SHARES["p95"]),
    }


def _plots(ask: Ask, found: Sequence[Stretch]) -> list[Plot]:
    orders = {
        ask.text("overview.taken"): [one.a_minute(one.sample.orders) for one in found],
        ask.text("overview.refused"): [one.a_minute(one.sample.refused) for one in found],
    }
    ways = {name: [one.value(latency(share)) for one in found] for name, share in SHARES.items()}
    people = {
        ask.text("overview.orders_human"): [one.value(lambda s: s.human) for one in found],
        ask.text("overview.dead_letters_open"): [
            one.value(lambda s: s.letters_open) for one in found
        ],
    }
    return [
        Plot("orders_a_minute", "", orders),
        Plot("latency", "s", ways),
        Plot("backlog", "", lines(found, waiting)),
        Plot("oldest", "s", lines(found, oldest)),
        Plot("failures", "", _named(ask, lines(found, failures)), bars=True),
        Plot("letters", "", _named(ask, lines(found, letters)), bars=True),
        Plot("people", "", people),
    ]


def _named(ask: Ask, kinds: Mapping[str, Sequence[Value]]) -> dict[str, Sequence[Value]]:
    """Put the reader's words in the place of kinds that have some."""
    return {_reason(ask, kind): line for kind, line in kinds.items()}


def _reason(ask: Ask, kind: str) -> str:
    key = f"overview.reason_{kind}"
    return ask.text(key) if texts.known(key) else kind


def _strips(ask: Ask, found: Sequence[Stretch]) -> list[tuple[str, Sequence[Span]]]:
    """Return how ZZY and each channel stood, by name."""
    shown = [
        (one.name or one.app_key, spans(found, channel(one.app_key))) for one in ask.parts.channels
    ]
    return [(ask.text("overview.zzy"), spans(found, zzy)), *shown]


def _in_words(ask: Ask, row: dict[str, Any]) -> dict[str, Any]:
    """Put words in the place of reasons, the most first."""
    return row | {name: _words(ask, row[name]) for name in ("failures", "died")}


def _words(ask: Ask, counts: Mapping[str, float]) -> str:
    most = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{_reason(ask, kind)} {count:n}" for kind, count in most if count)


def _data(found: Sequence[Stretch], plot: Plot) -> dict[str, Any]:
    """Return what the script draws."""
    return {
        "unit": plot.unit,
        "bars": plot.bars,
        "times": [int(one.at.timestamp()) for one in found],
        "lines": [{"label": label, "values": line} for label, line in plot.lines.items()],
    }


def _rows(samples: Sequence[Sample], found: Sequence[Stretch]) -> list[dict[str, Any]]:
    """Return the plots as rows, newest first: for whoever cannot see a plot."""
    if not found:
        return []
    step = max(1, len(found) // ROWS)
    rows = []
    for number in range(0, len(found), step):
        group = found[number : number + step]
        seconds = sum(one.seconds for one in group)
        until = group[-1].at + timedelta(seconds=group[-1].sample.seconds)
        inside = [one for one in samples if group[0].at <= one.at < until]
        if seconds and inside:
            rows.append(_row(merged(group[0].at, seconds, inside)))
    return rows[::-1]


def _row(one: Sample) -> dict[str, Any]:
    return {
        "at": one.at,
        "orders": one.orders * MINUTE / one.seconds,
        "refused": one.refused,
        **{name: percentile(one.latencies, share) for name, share in SHARES.items()},
        "waiting": int(max(waiting(one).values(), default=0)),
        "oldest": max(oldest(one).values(), default=0),
        "failures": failures(one),
        "died": letters(one),
        "human": one.human,
        "letters": one.letters_open,
    }


def _is_troubled(control: ChannelControl) -> bool:
    report = control.report
    return (
        control.paused_at is not None
        or bool(control.gone)
        or (report is not None and report.breaker not in {"closed", "unknown"})
    )

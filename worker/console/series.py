"""Samples as what plots and tables show: a row of values for each stretch of a range.

Why it exists: a plot of 30 days has as many points as one of an hour, and a stretch that
nobody sampled is a gap, not a zero. It must not read a store or speak a language.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from worker.runtime.sampler import begin_of
from worker.runtime.sampling import Sample, merged, percentile

RANGES: Final = {
    "15m": (900, 10),
    "1h": (3_600, 20),
    "6h": (21_600, 120),
    "24h": (86_400, 600),
    "7d": (604_800, 3_600),
    "30d": (2_592_000, 14_400),
}
"""Each range's length and that of its stretches, in seconds."""
SHARES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
MOST_LINES: Final = 6
MINUTE: Final = 60

Value = float | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """One point of every plot."""

    at: datetime
    seconds: int
    """How much of it was sampled; 0: nothing is known of it."""
    sample: Sample

    def value(self, of: Callable[[Sample], Value]) -> Value:
        """Return a value of it, rounded, or None where nothing is known."""
        found = of(self.sample) if self.seconds else None
        return None if found is None else round(found, 3)

    def a_minute(self, count: int) -> Value:
        """Return a count of it as so many a minute."""
        return round(count * MINUTE / self.seconds, 2) if self.seconds else None


@dataclass(frozen=True, slots=True)
class Span:
    """How a channel or ZZY stood, unchanged, from one share of the range to another."""

    state: str
    begin: float
    """In thousandths of the range, from the left."""
    length: float
    since: datetime
    until: datetime


def stretches(samples: Sequence[Sample], now: datetime, length: int, step: int) -> list[Stretch]:
    """Return every stretch of ``step`` seconds of the last ``length`` seconds, oldest first."""
    groups: dict[datetime, list[Sample]] = {}
    for one in samples:
        groups.setdefault(begin_of(one.at, step), []).append(one)
    at, until = begin_of(now - timedelta(seconds=length), step), begin_of(now, step)
    found = []
    while at < until:
        group = groups.get(at, [])
        seconds = sum(one.seconds for one in group)
        found.append(Stretch(at, seconds, merged(at, step, group)))
        at += timedelta(seconds=step)
    return found


def lines(
    found: Sequence[Stretch], of: Callable[[Sample], Mapping[str, float]]
) -> dict[str, list[Value]]:
    """Return a line for each name that has a value anywhere; those with the most, in order."""
    most: dict[str, float] = {}
    for one in found:
        for name, value in of(one.sample).items():
            if value > 0:
                most[name] = max(value, most.get(name, 0))
    names = sorted(sorted(most, key=lambda name: -most[name])[:MOST_LINES])
    return {name: [one.value(_named(of, name)) for one in found] for name in names}


def _named(of: Callable[[Sample], Mapping[str, float]], name: str) -> Callable[[Sample], Value]:
    return lambda sample: of(sample).get(name, 0)


def latency(share: float) -> Callable[[Sample], Value]:
    """Return what tells a percentile of a sample's latencies."""
    return lambda sample: percentile(sample.latencies, share)


def waiting(sample: Sample) -> dict[str, float]:
    """Return how many messages wait in each queue."""
    return {name: one.messages for name, one in sample.queues.items()}


def oldest(sample: Sample) -> dict[str, float]:
    """Return for how many seconds the oldest of each queue waits."""
    return {name: one.oldest_seconds for name, one in sample.queues.items()}


def failures(sample: Sample) -> dict[str, float]:
    """Return how many orders, tickets and refunds failed, by reason."""
    return dict(sample.failures)


def letters(sample: Sample) -> dict[str, float]:
    """Return how many messages died, by kind."""
    return dict(sample.letters)


def channel(app_key: str) -> Callable[[Sample], str]:
    """Return what tells how a channel stood."""
    return lambda sample: sample.channels.get(app_key, "closed")


def zzy(sample: Sample) -> str:
    """Return how ZZY (中智游) stood, in the words for channels."""
    return "open" if sample.zzy_down else "closed"


def spans(found: Sequence[Stretch], stood: Callable[[Sample], str]) -> list[Span]:
    """Return how something stood over the range; what nobody knows of is left out."""
    known: list[Span] = []
    for number, one in enumerate(found):
        state = stood(one.sample) if one.seconds else ""
        begin, length = 1000 * number / len(found), 1000 / len(found)
        until = one.at + timedelta(seconds=one.sample.seconds)
        if known and known[-1].state == state:
            last = known.pop()
            known.append(Span(state, last.begin, last.length + length, last.since, until))
        else:
            known.append(Span(state, begin, length, one.at, until))
    return [span for span in known if span.state]

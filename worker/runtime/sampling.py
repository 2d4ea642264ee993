"""How the work went, sample by sample, and the port that keeps it.

Why it exists: plots over hours and weeks must survive a restart and need no other system.
A sample holds counts that can be added, so that old samples become fewer without lying:
latencies are a histogram, not percentiles. It must not hold anything of one order.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol, TypeVar

K = TypeVar("K")

FIRST_BUCKET: Final = 0.01
GROWTH: Final = 1.1
"""Each bucket of latencies ends a tenth later than the one before: that is how exact they are."""
WORST_FIRST: Final = ("open", "paused", "half_open", "limited", "closed")
"""How a channel stands; of several samples the worst is kept."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waited in a queue."""

    messages: int
    oldest_seconds: float = 0
    """Since when the oldest of them waited, as far as anybody knew."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What the store counts of a stretch of time."""

    orders: int = 0
    """Taken from channels."""
    refused: int = 0
    """Of those: refused."""
    latencies: Sequence[float] = ()
    """Of the vouchers that channels took: seconds since their order was taken."""
    letters: Mapping[str, int] = field(default_factory=dict)
    """Messages that died, by kind."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What happened from ``at`` on, for ``seconds``, and how things stood at its end."""

    at: datetime
    seconds: int
    orders: int = 0
    refused: int = 0
    latencies: Mapping[int, int] = field(default_factory=dict)
    """How many in each bucket; see :func:`bucket_of`."""
    letters: Mapping[str, int] = field(default_factory=dict)
    queues: Mapping[str, Waiting] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    """By app_key: one of ``WORST_FIRST``."""
    zzy_down: bool = False
    human: int = 0
    """Orders in front of a human."""
    letters_open: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    """Orders, tickets and refunds that failed, by reason: failure_reasons.REASONS."""


class SampleStore(Protocol):
    """Counts, and keeps samples. Every method raises StoreUnavailableError."""

    async def tally(self, since: datetime, until: datetime) -> Tally:
        """Count what happened from ``since`` on and before ``until``."""
        ...

    async def add_sample(self, sample: Sample) -> None:
        """Keep a sample; a second one of the same moment and length changes nothing."""
        ...

    async def samples(self, since: datetime, until: datetime) -> Sequence[Sample]:
        """Return the samples that begin from ``since`` on and before ``until``, oldest first."""
        ...

    async def short_samples(
        self, before: datetime, shorter_than: int, *, limit: int
    ) -> Sequence[Sample]:
        """Return samples of fewer seconds that began before a moment, oldest first."""
        ...

    async def merge_samples(self, merged: Sample) -> None:
        """Put a sample in the place of the shorter ones that begin within its time, at once."""
        ...

    async def drop_samples(self, before: datetime) -> int:
        """Forget samples that began before a moment; return how many."""
        ...


def bucket_of(seconds: float) -> int:
    """Return the bucket that a latency belongs to."""
    if seconds <= FIRST_BUCKET:
        return 0
    return math.ceil(math.log(seconds / FIRST_BUCKET, GROWTH) - 1e-9)


def histogram(latencies: Iterable[float]) -> dict[int, int]:
    """Return how many latencies are in each bucket."""
    return dict(Counter(bucket_of(one) for one in latencies))


def percentile(latencies: Mapping[int, int], share: float) -> float | None:
    """Return the seconds within which ``share`` (0.95) of the latencies lie; None of none."""
    total = sum(latencies.values())
    reached = 0
    for bucket in sorted(latencies):
        reached += latencies[bucket]
        if reached >= share * total:
            return FIRST_BUCKET * float(GROWTH**bucket)
    return None


def merged(at: datetime, seconds: int, samples: Sequence[Sample]) -> Sample:
    """Return one sample of ``seconds`` for several shorter ones: counts added, else the worst.

    What lasted 10 s of an hour is still to be seen in it; the seconds that nobody sampled
    count as quiet.
    """
    return Sample(
        at,
        seconds,
        sum(one.orders for one in samples),
        sum(one.refused for one in samples),
        _added(one.latencies for one in samples),
        _added(one.letters for one in samples),
        _most_waiting([one.queues for one in samples]),
        _worst([one.channels for one in samples]),
        any(one.zzy_down for one in samples),
        max((one.human for one in samples), default=0),
        max((one.letters_open for one in samples), default=0),
        _added(one.failures for one in samples),
    )


def _added(counts: Iterable[Mapping[K, int]]) -> dict[K, int]:
    total: Counter[K] = Counter()
    for one in counts:
        total.update(one)
    return dict(total)


def _most_waiting(seen: Sequence[Mapping[str, Waiting]]) -> dict[str, Waiting]:
    most: dict[str, Waiting] = {}
    for queues in seen:
        for name, one in queues.items():
            known = most.get(name, one)
            most[name] = Waiting(
                max(one.messages, known.messages), max(one.oldest_seconds, known.oldest_seconds)
            )
    return most


def _worst(seen: Sequence[Mapping[str, str]]) -> dict[str, str]:
    worst: dict[str, str] = {}
    for channels in seen:
        for app_key, state in channels.items():
            worst[app_key] = min(state, worst.get(app_key, state), key=_badness)
    return worst


def _badness(state: str) -> int:
    return WORST_FIRST.index(state) if state in WORST_FIRST else len(WORST_FIRST)

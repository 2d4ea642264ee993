"""The figures that the project promises, each with what it is measured by.

"At least" must hold; "aim" is where we want to be. Ratios are of medians over the rounds; the
range is that of the same ratio within each round.
"""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.rounds import Round

FLOOR, OURS, EMBEDDED = "floor", "RabbitMQ + PostgreSQL", "embedded"
DBOS, CELERY, FASTSTREAM = "DBOS", "Celery", "FastStream"


@dataclass(frozen=True, slots=True)
class Promise:
    """A figure: its name, what it must at least be, where it should be, and the better way."""

    name: str
    at_least: float
    aim: float
    more_is_better: bool = False


@dataclass(frozen=True, slots=True)
class Ratio:
    """A column of one set-up over the same column of another."""

    promise: Promise
    column: str
    setup: str
    base: str


RATIOS = (
    Ratio(Promise("CPU an order ÷ floor's Python", 1.6, 1.0), "cpu_ms", OURS, FLOOR),
    Ratio(Promise("all CPU an order ÷ floor's", 1.6, 1.0), "all_ms", OURS, FLOOR),
    Ratio(
        Promise("orders/s ÷ floor", 0.65, 1.0, more_is_better=True),
        "orders_per_second",
        OURS,
        FLOOR,
    ),
    Ratio(Promise("orders/s ÷ DBOS", 6, 10, more_is_better=True), "orders_per_second", OURS, DBOS),
    Ratio(
        Promise("orders/s ÷ Celery", 2, 3, more_is_better=True), "orders_per_second", OURS, CELERY
    ),
    Ratio(Promise("embedded, CPU ÷ floor's Python", 1.2, 0.8), "cpu_ms", EMBEDDED, FLOOR),
)
INGRESS_P99 = Promise("ingress p99 at 200/s ÷ floor's", 1.5, 1.0)
MILLION = Promise("orders/s with 1,000,000 stored ÷ none", 0.95, 1.0, more_is_better=True)
MEMORY = Promise("memory after 100,000 orders ÷ 1,000", 1.1, 1.0)
DEAD_CHANNEL = Promise("others' p99 beside a dead channel", 1.1, 1.0)


@dataclass(frozen=True, slots=True)
class Figure:
    """A promise and what was measured; nothing where the run did not measure it."""

    promise: Promise
    value: float | None = None
    low: float = 0.0
    high: float = 0.0

    @property
    def verdict(self) -> str:
        """Return "aim", "pass", "missed" or "not measured"."""
        if self.value is None:
            return "not measured"
        if self._reaches(self.promise.aim):
            return "aim"
        return "pass" if self._reaches(self.promise.at_least) else "missed"

    def _reaches(self, limit: float) -> bool:
        value = self.value or 0.0
        return value >= limit if self.promise.more_is_better else value <= limit

    def plain(self) -> dict[str, Any]:
        """Return it for the JSON file."""
        fields = asdict(self) | asdict(self.promise) | {"verdict": self.verdict}
        fields.pop("promise")
        return fields


def compared(promise: Promise, ours: Sequence[float], base: Sequence[float]) -> Figure:
    """Return the ratio of the medians, and the range of the ratios within the rounds."""
    if not (ours and base):
        return Figure(promise)
    each = [a / b for a, b in zip(ours, base, strict=False)]
    middle = statistics.median(ours) / statistics.median(base)
    return Figure(promise, middle, min(each), max(each))


def ratios(rounds: Sequence[Round]) -> list[Figure]:
    """Return the figures that compare the set-ups."""
    return [
        compared(
            ratio.promise,
            [getattr(r, ratio.column) for r in rounds if r.setup == ratio.setup],
            [getattr(r, ratio.column) for r in rounds if r.setup == ratio.base],
        )
        for ratio in RATIOS
    ]

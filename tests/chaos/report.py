"""What a run came to: in words as it goes on, and as JSON at the end."""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

GOAL_SECONDS = 15.0
"""Within so many seconds of a fault's end orders move again."""
LONG_SECONDS, LONG_FAULTS, LONG_KINDS, LONG_ORDERS = 600, 30, 8, 2000
"""What a run of ten minutes must hold, or it proves too little."""


@dataclass(frozen=True)
class Line:
    """One fault, and how soon all went on after it."""

    kind: str
    what: str
    at: float
    """Seconds since the beginning."""
    lasted: float
    recovered: float
    """Seconds from its end until orders placed after it had their vouchers."""
    ready: float
    """Seconds from its end until every process said that it is ready."""
    load: float = 0.0
    """How many processes of the machine wanted a core meanwhile (its load average)."""
    meanwhile: float | None = None
    """Seconds from its beginning until orders placed during it had their vouchers, if known."""

    def __str__(self) -> str:
        return (
            f"{self.at:6.1f} s  {self.what:<52} lasted {self.lasted:5.1f} s, orders move after "
            f"{self.recovered:5.1f} s, all ready after {self.ready:5.1f} s"
            f" (load {self.load:.0f})" + self._meanwhile()
        )

    def _meanwhile(self) -> str:
        return "" if self.meanwhile is None else f"; during it after {self.meanwhile:.1f} s"


@dataclass
class Report:
    """All of it."""

    seed: int
    seconds: float = 0.0
    faults: list[Line] = field(default_factory=list)
    orders: int = 0
    ends: Mapping[str, int] = field(default_factory=dict)
    answers: Mapping[str, int] = field(default_factory=dict)
    supplied: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)
    """Answers that told a channel to ask again, and connections that broke."""
    dead_letters: int = 0
    violations: list[str] = field(default_factory=list)

    def add(self, other: "Report") -> None:
        """Take in what another part of the run came to."""
        self.seconds += other.seconds
        self.orders += other.orders
        self.dead_letters += other.dead_letters
        self.faults += other.faults
        self.violations += other.violations
        for name in ("ends", "answers", "supplied", "refused"):
            setattr(self, name, dict(Counter(getattr(self, name)) + Counter(getattr(other, name))))

    def worst(self) -> dict[str, float]:
        """Return the longest recovery of each kind."""
        found: dict[str, float] = defaultdict(float)
        for line in self.faults:
            found[line.kind] = max(found[line.kind], line.recovered)
        return dict(sorted(found.items()))

    def shortcomings(self) -> list[str]:
        """Return what keeps the run from being a success besides violations."""
        slow = [
            line
            for line in self.faults
            if max(line.recovered, line.meanwhile or 0.0) > GOAL_SECONDS
        ]
        found = [f"orders moved too late: {line}" for line in slow]
        if self.seconds >= LONG_SECONDS:
            kinds = len({line.kind for line in self.faults})
            for name, is_, least in (
                ("faults", len(self.faults), LONG_FAULTS),
                ("kinds", kinds, LONG_KINDS),
                ("orders", self.orders, LONG_ORDERS),
            ):
                if is_ < least:
                    found.append(f"only {is_} {name}, {least} are wanted")
        return found

    @property
    def good(self) -> bool:
        return not self.violations and not self.shortcomings()

    def text(self) -> str:
        """Return the totals in words."""
        worst = self.worst()
        last = max(worst.values(), default=0.0)
        counts = Counter(line.kind for line in self.faults)
        lines = ["", "recovery in seconds, the worst of each kind:"]
        lines += [f"  {kind:<20} {counts[kind]:>3} ×  {worst[kind]:5.1f}" for kind in worst]
        lines += [
            f"seed {self.seed}: {len(self.faults)} faults of {len(worst)} kinds",
            f"{self.orders} orders in {self.seconds:.0f} s, worst recovery {last:.1f} s",
            f"ends: {dict(self.ends)}",
            f"asked again or cut off: {dict(self.refused)}; dead letters: {self.dead_letters}",
            f"violations: {len(self.violations)}",
            *self.violations,
            *self.shortcomings(),
            "good" if self.good else "NOT GOOD",
        ]
        return "\n".join(lines)

    def write(self, file: Path) -> None:
        """Write it as JSON; a recovery that was not seen is null."""
        file.parent.mkdir(parents=True, exist_ok=True)
        told = {**asdict(self), "worst": self.worst(), "good": self.good}
        file.write_text(json.dumps(_finite(told), ensure_ascii=False, indent=1) + "\n")


def _finite(value: Any) -> Any:  # noqa: ANN401  (any JSON value)
    if isinstance(value, float):
        return round(value, 2) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_finite(one) for one in value]
    return value

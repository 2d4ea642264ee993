"""What goes wrong in one run: drawn from the seed, group by group, so that a group can be left out.

Seeds differ in what they are bad at: most have a few kinds of faults, some are calm but for
one, and how often each strikes is drawn too.
"""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from random import Random

from tests.simulation import disk
from tests.simulation.exchange import Asked
from tests.simulation.network import LOST_ANSWER, LOST_REQUEST, REFUSED, REPEATED, Fare

GROUPS = (
    "kill",
    "stop",
    "clock",
    "outage",
    "disk_before",
    "disk_after",
    "disk_read",
    "disk_slow",
    "refused",
    "lost_request",
    "lost_answer",
    "repeated",
    "slow",
    "zzy",
    "channels",
)
STRENGTHS = (0.0, 0.0, 1.0, 1.0, 3.0)
CHANCES = {
    "disk_before": 0.004,
    "disk_after": 0.004,
    "disk_read": 0.004,
    "disk_slow": 0.02,
    "refused": 0.01,
    "lost_request": 0.01,
    "lost_answer": 0.012,
    "repeated": 0.015,
    "slow": 0.05,
}
LATENCY = (0.0005, 0.015)
DISK = (0.0001, 0.003)
ONCE = frozenset({"/notify"})
"""What the network never copies: a channel would hear the old after the new."""


@dataclass
class Weather:
    """What strikes how often, until it is calm."""

    seed: int
    without: Collection[str] = ()
    """Groups that are left out."""
    now: Callable[[], float] = lambda: 0.0
    calm: bool = False
    struck: Counter[str] = field(default_factory=Counter)
    down_until: dict[str, float] = field(default_factory=dict)
    """Until when each file takes no write."""
    strength: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        dice = self.dice("weather")
        for group in GROUPS:
            drawn = dice.choice(STRENGTHS)
            self.strength[group] = 0 if group in self.without else drawn
        self._dice: dict[str, Random] = {}

    def dice(self, what: str) -> Random:
        """Return dice of their own for one purpose."""
        return Random(f"{self.seed}:{what}")

    def _of(self, what: str) -> Random:
        if what not in self._dice:
            self._dice[what] = self.dice(what)
        return self._dice[what]

    def strikes(self, group: str, dice: Random) -> bool:
        """Draw the lot for one kind of fault."""
        drawn = dice.random()
        if self.calm or drawn >= CHANCES[group] * self.strength[group]:
            return False
        self.struck[group] += 1
        return True

    def fare(self, asked: Asked) -> Fare:
        """Return what the network does with a request."""
        dice = self._of(f"network {asked.url.host}")
        there, back = dice.uniform(*LATENCY), dice.uniform(*LATENCY)
        if self.strikes("slow", dice):
            there += dice.uniform(0, 0.5)
        for group, fate in (
            ("refused", REFUSED),
            ("lost_request", LOST_REQUEST),
            ("lost_answer", LOST_ANSWER),
            ("repeated", REPEATED),
        ):
            once = group == "repeated" and asked.url.path in ONCE
            if not once and self.strikes(group, dice):
                return Fare(there, back, fate, dice.uniform(0, 0.6))
        return Fare(there, back)

    def disk_fate(self, name: str, kind: str) -> tuple[float, str, float]:
        """Return what becomes of a batch of a file's jobs."""
        dice = self._of(f"disk {name} {kind}")
        until, after = dice.uniform(*DISK), dice.uniform(0, DISK[0])
        if self.strikes("disk_slow", dice):
            until, after = dice.uniform(0, 0.4), dice.uniform(0, 0.4)
        if kind == "read":
            fate = disk.BEFORE if self.strikes("disk_read", dice) else disk.FINE
            return until, fate, after
        if self.now() < self.down_until.get(name, 0):
            return until, disk.BEFORE, after
        for group, fate in (("disk_before", disk.BEFORE), ("disk_after", disk.AFTER)):
            if self.strikes(group, dice):
                return until, fate, after
        return until, disk.FINE, after

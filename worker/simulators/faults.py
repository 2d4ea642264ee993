"""Faults that are drawn by lot, from one seeded source, and can be set while running.

Why it exists: both simulators misbehave by the same rules: a probability for each fault,
a seed, single faults forced for the next call, and a count of what was seen. It must not
know what a fault does.
"""

from collections import Counter
from collections.abc import Iterable
from random import Random
from typing import Annotated, Final, Generic, TypeVar

from annotated_types import Le
from pydantic import BaseModel, ConfigDict, Field

_LIMIT: Final = Le(1)

Chance = Annotated[float, Field(ge=0), _LIMIT]
"""A probability from 0 (never) to 1 (always)."""

Seconds = Annotated[float, Field(ge=0)]


class Faults(BaseModel):
    """What both simulators can be told. Unknown names and wrong values are refused."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    seed: int = 0
    """Setting another starts the lots anew."""
    latency_min: Seconds = 0.0
    latency_max: Seconds = 0.0
    hang_seconds: Seconds = 60.0
    """How long a call hangs: longer than the caller waits."""

    @classmethod
    def chances(cls) -> list[str]:
        """Return the names of all faults."""
        return [name for name, field in cls.model_fields.items() if _LIMIT in field.metadata]


F = TypeVar("F", bound=Faults)


class Lots(Generic[F]):
    """Draws the lots for one simulator."""

    def __init__(self, faults: F) -> None:
        """Start with these faults."""
        self.faults = faults
        self.seen: Counter[str] = Counter()
        self._forced: list[tuple[str, str]] = []
        self._random = Random(faults.seed)  # noqa: S311  (no secret: repeatable on purpose)

    def set(self, faults: F) -> None:
        """Take other faults; another seed starts the lots anew."""
        if faults.seed != self.faults.seed:
            self._random = Random(faults.seed)  # noqa: S311  (as above)
        self.faults = faults

    def change(self, **values: object) -> None:
        """Set some of the faults and leave the rest. Raises ValueError for a wrong one."""
        merged = self.faults.model_dump() | values
        self.set(type(self.faults).model_validate(merged))

    def force(self, fault: str, *, at: str = "", times: int = 1) -> None:
        """Let ``fault`` act for sure the next ``times``, only at endpoint ``at`` if given."""
        if fault not in self.faults.chances():
            raise ValueError(f"there is no fault {fault!r}")
        self._forced += [(fault, at)] * times

    def forget(self) -> None:
        """Drop what was forced and has not acted yet."""
        self._forced.clear()

    def strikes(self, fault: str, at: str = "") -> bool:
        """Draw the lot for one fault at one place, and count it if it acts."""
        acts = self._take_forced(fault, at) or self._draw(fault)
        if acts:
            self.seen[fault] += 1
        return acts

    def first(self, faults: Iterable[str], at: str = "") -> str:
        """Draw one lot after another and return the first fault that acts, or nothing."""
        return next((fault for fault in faults if self.strikes(fault, at)), "")

    def latency(self) -> float:
        """Return how long this call takes, in seconds."""
        low, high = self.faults.latency_min, self.faults.latency_max
        return low if high <= low else self._random.uniform(low, high)

    def between(self, low: float, high: float) -> float:
        """Return a number from the same source."""
        return low if high <= low else self._random.uniform(low, high)

    def _draw(self, fault: str) -> bool:
        chance: float = getattr(self.faults, fault)
        return chance > 0 and self._random.random() < chance

    def _take_forced(self, fault: str, at: str) -> bool:
        if not self._forced:
            return False
        for entry in ((fault, at), (fault, "")):
            if entry in self._forced:
                self._forced.remove(entry)
                return True
        return False

"""Finds out how a wrong signature was made: every usual slip is tried, then every two.

Why it exists: MD5 and HMAC say only yes or no; which step was done differently is found by
doing it so. It must not know a protocol.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any


@dataclass(frozen=True, slots=True)
class Way:
    """One way to do one step; ``kind`` and ``told`` are empty where it is the right way."""

    value: Any
    kind: str = ""
    told: str = ""

    def __repr__(self) -> str:
        """Show no value: it may be a secret."""
        return f"Way({self.kind!r})"


Slips = tuple[Way, ...]
"""The ways that were not the right ones."""


def slips(
    steps: Sequence[Sequence[Way]], fits: Callable[..., bool], *, most: int = 2
) -> Slips | None:
    """Return the fewest slips with which the signature fits; None if none do.

    ``fits`` takes the value of one way of each step. An empty result: it is right.
    """
    for number in range(most + 1):
        for places in combinations(range(len(steps)), number):
            for chosen in product(*_candidates(steps, places)):
                if fits(*(way.value for way in chosen)):
                    return tuple(way for way in chosen if way.kind)
    return None


def _candidates(steps: Sequence[Sequence[Way]], places: Sequence[int]) -> Iterator[list[Way]]:
    for at, ways in enumerate(steps):
        yield [way for way in ways if bool(way.kind) == (at in places)]

"""Which faults come in which order: it follows from a seed alone."""

from collections.abc import Iterator, Sequence
from random import Random

from tests.chaos.faults import ALL, Fault


def faults(seed: int, kinds: Sequence[str]) -> Iterator[Fault]:
    """Return faults for ever: rounds in which each kind comes once, each round shuffled."""
    dice = Random(seed)
    while True:
        round_ = sorted(kinds)
        dice.shuffle(round_)
        for name in round_:
            yield ALL[name].draw(name, dice)

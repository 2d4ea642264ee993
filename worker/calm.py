"""When a batch is full enough: once it is full, or the event loop brings nothing more for it.

Why it exists: what many ask at the same time costs little more than what one asks, if it is
asked together: one commit, one statement, one change of threads. Waiting for a clock would make
a lone caller wait for nothing; but a loop that is calm has nobody left who could come along,
and is calm within microseconds where it has nothing else to do. It must not know what is asked.
Source: docs/decisions/0041-batches-of-a-calm-loop.md.
"""

from typing import Final

CALM_TURNS: Final = 8
"""So many turns of the loop bring nothing before it counts as calm."""

GATHER_SECONDS: Final = 0.02
"""So long is gathered at most, however busy the loop."""


class Gathering:
    """One batch that gathers."""

    __slots__ = ("_calm", "_known", "_size", "_until")

    def __init__(self, size: int, now: float) -> None:
        """Begin ``now``, by the loop's clock; ``size`` of them are a full batch."""
        self._size = size
        self._until = now + GATHER_SECONDS
        self._known = 0
        self._calm = 0

    def goes_on(self, waiting: int, now: float) -> bool:
        """Say, once a turn, whether others may still join the ``waiting``, if there are any."""
        self._calm = self._calm + 1 if waiting == self._known else 0
        self._known = waiting
        return 0 < waiting < self._size and self._calm < CALM_TURNS and now < self._until

"""How many bodies are kept of one signature, so that nobody can fill the tables.

Why it exists: a signature of ZZY's covers no body: whoever has seen one could have any
number of strange bodies kept as dead letters (the ingress counts them), or of notices for
orders that do not exist (the saga's role does). It is a bound and no memory of anything:
each process counts for itself, and forgets at its end. It must not judge a notice.
Source: PROTOCOL.md, "The signature does not cover the body".
"""

from collections import OrderedDict
from typing import Final

BODIES_AN_ORDER: Final = 10
"""Bodies that are kept of one signature and one order; several orders may share a millisecond."""
BODIES_IN_ALL: Final = 200
"""Bodies that are kept of one signature."""
SIGNATURES: Final = 1_000
"""How many signatures are remembered; the oldest is forgotten first."""


class Kept:
    """Which bodies were kept, by signature."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._signatures: OrderedDict[str, dict[str, str]] = OrderedDict()

    def has_room(self, signature: str, order: str, body: str) -> bool:
        """Tell whether ``body`` (a digest) about ``order`` may be kept; it counts if so.

        One that was kept before may be kept again: it is the same letter.
        """
        bodies = self._signatures.setdefault(signature, {})
        if body in bodies:
            return True
        full = len(bodies) >= BODIES_IN_ALL
        if full or list(bodies.values()).count(order) >= BODIES_AN_ORDER:
            return False
        bodies[body] = order
        while len(self._signatures) > SIGNATURES:
            self._signatures.popitem(last=False)
        return True

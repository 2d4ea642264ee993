"""What a handler says of a message when it is done with it: a closed union.

Why it exists: a delivery outcome is a value, not control flow; every broker adapter
obeys the same three words. It must not name a broker.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ack:
    """Done, durably: the broker may forget the message."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Bring it again after ``delay`` seconds (rounded up to a delay tier), attempt + 1."""

    delay: float
    reason: str
    counted: bool = True
    """False: it was not its own failure, and costs none of its attempts."""


@dataclass(frozen=True, slots=True)
class Park:
    """Put it among the dead letters, where a person decides.

    ``kind`` is a short stable word to group by; ``reason`` is for the operator and
    holds no secret and no personal data.
    """

    kind: str
    reason: str
    letter: str = ""
    """Names the letter where several messages are one; empty: the message's own id does."""


Outcome = Ack | Retry | Park

"""Everything that the simulated channel can be told to do wrong.

Why it exists: one list of names for the control endpoint, the tests and the bench. It
must not act.
"""

from typing import Final

from worker.simulators.faults import Chance, Faults, Seconds

BEFORE_TAKING: Final = ("drop", "http_500", "gone", "too_many", "refuse")
AFTER_TAKING: Final = ("hang", "lost_answer")


class ChannelFaults(Faults):
    """Probabilities of faults."""

    # The notification is not taken.
    drop: Chance = 0.0
    """The connection is cut."""
    http_500: Chance = 0.0
    gone: Chance = 0.0
    """HTTP 410."""
    too_many: Chance = 0.0
    """HTTP 429 with ``Retry-After``."""
    refuse: Chance = 0.0
    """HTTP 200 with the document's failure (401, 失败)."""

    # The notification is taken, but the sender does not learn of it.
    hang: Chance = 0.0
    """No answer for ``hang_seconds``."""
    lost_answer: Chance = 0.0
    """The connection is cut in the middle of the answer."""

    slow: Chance = 0.0
    """The answer takes ``slow_seconds``."""
    slow_seconds: Seconds = 1.0
    retry_after: int = 1
    """Seconds that a 429 asks the sender to wait."""

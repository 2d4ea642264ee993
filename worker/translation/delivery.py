"""What became of a delivery to a channel (渠道): a closed union.

Why it exists: the relay decides on retry or dead letter from a value, not from an HTTP
library's errors. It must not do I/O and must not judge whether an answer is a receipt.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answered:
    """The channel answered, whatever it said."""

    status: int
    """The HTTP status; redirects are not followed."""
    body_head: bytes
    """The first 2 KiB of the body."""
    retry_after: float | None
    """Seconds that the channel asks us to wait (``Retry-After``), or None."""
    seconds: float
    """How long it took."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No answer came: refused, timed out, lost, or an address that is not allowed."""

    reason: str
    """A short stable word first, for people and to group by."""
    seconds: float = 0.0
    """How long it took."""


DeliveryResult = Answered | NoAnswer

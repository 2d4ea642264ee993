"""Time stamps explained: in which unit, and how far off.

Why it exists: "stale" helps nobody; by how much, and that seconds were sent, does. It must
not read a clock.
"""

from datetime import datetime
from typing import Final

from contracts.signatures import within_window

_UNITS: Final = {"seconds": 1, "microseconds": 1_000_000, "nanoseconds": 1_000_000_000}
_NEAR: Final = 10 * 366 * 86_400.0
"""Ten years: what is nearer than that in another unit was meant in it."""


def unit_of(value: int, now: datetime) -> str:
    """Return the unit in which ``value`` is plausible; empty where it is milliseconds."""
    seconds = now.timestamp()
    if abs(value / 1000 - seconds) <= _NEAR:
        return ""
    fitting = (name for name, per in _UNITS.items() if abs(value / per - seconds) <= _NEAR)
    return next(fitting, "")


def stale(milliseconds: int, now: datetime, window: float) -> str:
    """Return how far off a time stamp is; empty where it is within the window."""
    if within_window(milliseconds, now, window):
        return ""
    off = milliseconds / 1000 - now.timestamp()
    side = "ahead of" if off > 0 else "behind"
    hint = ""
    if abs(abs(off) - 8 * 3600) <= window:
        hint = "; eight hours: a local time of China was read as UTC, or the other way round"
    return f"is {spoken(abs(off))} {side} this machine's clock; {window:g} s are allowed{hint}"


def spoken(seconds: float) -> str:
    """Return a duration in the largest unit that it fills."""
    for name, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.1f} s"

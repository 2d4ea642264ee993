"""How many requests a second a channel may make: one bucket of tokens a channel.

Why it exists: one channel that asks without end must not take the others' share of the
saga. Only what was truly signed is counted, so that no stranger uses a channel's share up.
It must not answer, and knows no interface. Each process of the ingress counts for itself.
Source: PROTOCOL.md, "HTTP status"; DESIGN.md, "limits".
"""

from datetime import datetime


class RateLimit:
    """Buckets that fill with ``rate`` tokens a second and hold one second's worth."""

    def __init__(self, rate: float) -> None:
        """Let each name take ``rate`` tokens a second, and at least one; 0: any number."""
        self._rate = rate
        self._size = max(1.0, rate)
        self._buckets: dict[str, tuple[float, datetime]] = {}

    def take(self, name: str, now: datetime) -> float:
        """Take one token: return 0, or the seconds until there will be one again.

        A name that only ever comes from the configuration keeps the number of buckets
        small. Time that goes backwards fills nothing.
        """
        if not self._rate:
            return 0.0
        tokens, since = self._buckets.get(name, (self._size, now))
        passed = max(0.0, (now - since).total_seconds())
        tokens = min(self._size, tokens + passed * self._rate)
        enough = tokens >= 1
        self._buckets[name] = (tokens - 1 if enough else tokens, now)
        return 0.0 if enough else (1 - tokens) / self._rate

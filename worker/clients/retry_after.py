"""Reads ``Retry-After``: for how long somebody asks not to be called.

Why it exists: ZZY and the channels say it in the same header. It must not decide whether
anybody obeys. Source: RFC 9110, 10.2.3.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds, given as such or as an HTTP date; None if it is neither."""
    value = headers.get("Retry-After")
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (_aware(moment) - now).total_seconds())


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

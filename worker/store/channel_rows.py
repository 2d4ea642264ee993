"""Between what is known of channels and rows of its tables, the same for both databases.

Why it exists: what a column holds is written once. It must not run a query. ``t`` turns a
moment into what the database keeps, and back.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from worker.runtime.controlling import ChannelControl, ChannelReport
from worker.store.rows import Row, Time, clean

PAUSED: Final = ("paused_at", "pause_reason")
RESUMED: Final = ("paused_at", "pause_reason", "probe_wanted_at")
LIMITED: Final = ("rate",)
PROBED: Final = ("probe_wanted_at",)
REPORTED: Final = (
    "reported_at",
    "breaker",
    "answered_at",
    "answer",
    "words",
    "milliseconds",
    "oldest_at",
)
"""The columns that each change writes, besides the app_key."""


def report_values(report: ChannelReport, t: Time) -> Row:
    """Return the app_key and the columns of ``REPORTED``."""
    return (
        report.app_key,
        t(report.reported_at),
        report.breaker,
        t(report.answered_at),
        clean(report.answer),
        clean(report.words),
        report.milliseconds,
        t(report.oldest_at),
    )


def rate_text(rate: float | None) -> str | None:
    """Return a rate as it is kept."""
    return None if rate is None else repr(float(rate))


def controls(
    records: Iterable[Row], gone: Iterable[Sequence[str]], t: Time
) -> list[ChannelControl]:
    """Read whole rows of ``channel_controls``, and ``app_key, endpoint`` of those gone."""
    endpoints: dict[str, set[str]] = {}
    for app_key, endpoint in gone:
        endpoints.setdefault(app_key, set()).add(endpoint)
    known = {record[0]: record for record in records}
    return [
        _control(app_key, known.get(app_key), frozenset(endpoints.get(app_key, ())), t)
        for app_key in sorted(known.keys() | endpoints.keys())
    ]


def _control(app_key: str, record: Row | None, gone: frozenset[str], t: Time) -> ChannelControl:
    if record is None:
        return ChannelControl(app_key, gone=gone)
    _, paused_at, reason, rate, wanted_at, *reported = record
    return ChannelControl(
        app_key,
        t(paused_at),
        reason or "",
        None if rate is None else float(rate),
        t(wanted_at),
        gone,
        None if reported[0] is None else _report(app_key, reported, t),
    )


def _report(app_key: str, reported: Row, t: Time) -> ChannelReport:
    reported_at, breaker, answered_at, answer, words, milliseconds, oldest_at = reported
    return ChannelReport(
        app_key, t(reported_at), breaker, t(answered_at), answer, words, milliseconds, t(oldest_at)
    )

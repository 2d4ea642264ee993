"""What is known of the channels, in PostgreSQL.

Why it exists: people decide here, relay processes look and report here. It must not judge a
channel. Every statement writes one channel, so that no two lock each other out.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from worker.runtime.controlling import ChannelControl, ChannelReport
from worker.store import channel_rows as rows
from worker.store.channel_tables import CHANNEL_CONTROLS
from worker.store.postgres.base import Part, same
from worker.store.postgres.statements import select
from worker.store.rows import clean

_ALL: Final = select(CHANNEL_CONTROLS, "")
_GONE: Final = "SELECT app_key, endpoint FROM gone_endpoints"
_KEEP_GONE: Final = (
    "INSERT INTO gone_endpoints (app_key, endpoint, since) VALUES ($1, $2, $3)"
    " ON CONFLICT (app_key, endpoint) DO NOTHING"
)
_FORGET_GONE: Final = "DELETE FROM gone_endpoints WHERE app_key = $1 AND endpoint = $2"


def _write(columns: Sequence[str]) -> str:
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns)
    marks = ", ".join(f"${number}" for number, _ in enumerate(columns, start=2))
    return (
        f"INSERT INTO channel_controls AS c (app_key, {', '.join(columns)})"  # noqa: S608
        f" VALUES ($1, {marks}) ON CONFLICT (app_key) DO UPDATE SET {changes}"
    )


_PAUSE: Final = _write(rows.PAUSED)
_RESUME: Final = (
    "WITH served AS (DELETE FROM gone_endpoints WHERE app_key = $1) "  # noqa: S608
    + _write(rows.RESUMED)
)
_LIMIT: Final = _write(rows.LIMITED)
_PROBE: Final = _write(rows.PROBED)
_REPORT: Final = (
    _write(rows.REPORTED) + " WHERE c.reported_at IS NULL OR c.reported_at <= excluded.reported_at"
)


class Channels(Part):
    """What people decided of channels, and what was reported of them."""

    async def channel_controls(self) -> list[ChannelControl]:
        """Return every channel of which anything is known, by app_key."""
        return rows.controls(await self._all(_ALL), await self._all(_GONE), same)

    async def pause_channel(self, app_key: str, reason: str, at: datetime) -> None:
        """Have nothing sent to a channel until it is resumed."""
        await self._all(_PAUSE, app_key, at, clean(reason))

    async def resume_channel(self, app_key: str, at: datetime) -> None:
        """Send again, to URLs that were gone too, and try at once whether it answers."""
        await self._all(_RESUME, app_key, None, None, at)

    async def limit_channel(self, app_key: str, rate: float | None) -> None:
        """Send so many a second from now on; None: as it is configured."""
        await self._all(_LIMIT, app_key, rows.rate_text(rate))

    async def want_probe(self, app_key: str, at: datetime) -> None:
        """Have every relay process try at once whether a channel answers again."""
        await self._all(_PROBE, app_key, at)

    async def report_channels(self, reports: Sequence[ChannelReport]) -> None:
        """Note how channels stand; an earlier report never replaces a later one."""
        for one in reports:
            await self._all(_REPORT, *rows.report_values(one, same))

    async def keep_gone(self, app_key: str, endpoint: str, at: datetime) -> None:
        """Note that a URL is gone; once more changes nothing."""
        await self._all(_KEEP_GONE, app_key, endpoint, at)

    async def forget_gone(self, app_key: str, endpoint: str) -> None:
        """Note that a URL is served again."""
        await self._all(_FORGET_GONE, app_key, endpoint)

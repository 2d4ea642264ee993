"""What is known of the channels, in SQLite.

Why it exists: people decide here, relay processes look and report here. It must not judge a
channel.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from worker.runtime.controlling import ChannelControl, ChannelReport
from worker.store import channel_rows as rows
from worker.store.channel_tables import CHANNEL_CONTROLS
from worker.store.rows import clean
from worker.store.sqlite.base import Part, marks, micros, moment, select

_ALL: Final = select(CHANNEL_CONTROLS, "")
_GONE: Final = "SELECT app_key, endpoint FROM gone_endpoints"
_KEEP_GONE: Final = (
    "INSERT INTO gone_endpoints (app_key, endpoint, since) VALUES (?, ?, ?)"
    " ON CONFLICT (app_key, endpoint) DO NOTHING"
)
_FORGET_GONE: Final = "DELETE FROM gone_endpoints WHERE app_key = ? AND endpoint = ?"
_SERVE_ALL: Final = "DELETE FROM gone_endpoints WHERE app_key = ?"


def _write(columns: Sequence[str]) -> str:
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns)
    return (
        f"INSERT INTO channel_controls (app_key, {', '.join(columns)})"  # noqa: S608
        f" VALUES (?, {marks(columns)}) ON CONFLICT (app_key) DO UPDATE SET {changes}"
    )


_PAUSE: Final = _write(rows.PAUSED)
_RESUME: Final = _write(rows.RESUMED)
_LIMIT: Final = _write(rows.LIMITED)
_PROBE: Final = _write(rows.PROBED)
_REPORT: Final = (
    _write(rows.REPORTED)
    + " WHERE channel_controls.reported_at IS NULL"
    + " OR channel_controls.reported_at <= excluded.reported_at"
)


class Channels(Part):
    """What people decided of channels, and what was reported of them."""

    async def channel_controls(self) -> list[ChannelControl]:
        """Return every channel of which anything is known, by app_key."""

        def read(connection: sqlite3.Connection) -> list[ChannelControl]:
            known = connection.execute(_ALL).fetchall()
            return rows.controls(known, connection.execute(_GONE).fetchall(), moment)

        return await self._read(read)

    async def pause_channel(self, app_key: str, reason: str, at: datetime) -> None:
        """Have nothing sent to a channel until it is resumed."""
        await self._change(_PAUSE, (app_key, micros(at), clean(reason)))

    async def resume_channel(self, app_key: str, at: datetime) -> None:
        """Send again, to URLs that were gone too, and try at once whether it answers."""

        def resume(connection: sqlite3.Connection) -> None:
            connection.execute(_SERVE_ALL, (app_key,))
            connection.execute(_RESUME, (app_key, None, None, micros(at)))

        await self._write(resume)

    async def limit_channel(self, app_key: str, rate: float | None) -> None:
        """Send so many a second from now on; None: as it is configured."""
        await self._change(_LIMIT, (app_key, rows.rate_text(rate)))

    async def want_probe(self, app_key: str, at: datetime) -> None:
        """Have every relay process try at once whether a channel answers again."""
        await self._change(_PROBE, (app_key, micros(at)))

    async def report_channels(self, reports: Sequence[ChannelReport]) -> None:
        """Note how channels stand; an earlier report never replaces a later one."""
        if reports:
            await self._change(_REPORT, *(rows.report_values(one, micros) for one in reports))

    async def keep_gone(self, app_key: str, endpoint: str, at: datetime) -> None:
        """Note that a URL is gone; once more changes nothing."""
        await self._change(_KEEP_GONE, (app_key, endpoint, micros(at)))

    async def forget_gone(self, app_key: str, endpoint: str) -> None:
        """Note that a URL is served again."""
        await self._change(_FORGET_GONE, (app_key, endpoint))

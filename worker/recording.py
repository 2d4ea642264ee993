"""Turns tracing on for as long as the roles run, if the settings want it.

Why it exists: OpenTelemetry is loaded here and only when it is wanted; without it nothing of it
is imported. It must not open a span.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from worker.errors import SettingsError
from worker.settings import Settings
from worker.telemetry import traces
from worker.telemetry.metrics import version

LAST_SECONDS: Final = 2.0
"""How long the end waits for the last spans to be exported."""


@asynccontextmanager
async def recording(settings: Settings) -> AsyncIterator[None]:
    """Record spans within. Raises SettingsError where OpenTelemetry is not installed."""
    endpoint = settings.tracing.endpoint
    if endpoint is None:
        yield
        return
    try:
        from worker.telemetry import otel  # noqa: PLC0415  (only where it is wanted)

        spans = otel.exporting(endpoint, ratio=settings.tracing.ratio, version=version())
    except ImportError as error:
        raise SettingsError(
            f"tracing.endpoint: {error.name} is not installed: pip install 'ticketbridge[otel]'"
        ) from error
    traces.record_with(spans)
    try:
        yield
    finally:
        traces.record_with(None)
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                await asyncio.to_thread(spans.shutdown)

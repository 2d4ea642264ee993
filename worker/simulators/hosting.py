"""Puts an aiohttp application on a socket and takes it off again.

Why it exists: both simulators start and stop alike, in a test, the demo or by the
command line. It must not know what is served.
"""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

LOOPBACK = "127.0.0.1"


class Host:
    """One application on one port."""

    def __init__(self) -> None:
        """Serve nothing yet."""
        self._runner: web.AppRunner | None = None

    async def start(self, application: web.Application, host: str, port: int) -> str:
        """Serve and return the URL; port 0 takes a free one. Raises OSError."""
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        address = self._runner.addresses[0]
        return f"http://{host}:{address[1]}"

    async def stop(self) -> None:
        """Serve no more."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()


async def serve_until(
    start: Callable[[], Awaitable[str]],
    stop: Callable[[], Awaitable[None]],
    ready: Callable[[str], None],
    stopping: asyncio.Event | None,
) -> None:
    """Start, tell the URL, wait for ``stopping`` (None: for ever), then stop."""
    url = await start()
    try:
        ready(url)
        await (stopping or asyncio.Event()).wait()
    finally:
        await stop()

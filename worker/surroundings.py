"""What the roles touch of the machine: the time, files, HTTP out and HTTP in.

Why it exists: the composition root gets it as one argument, so that a simulation puts a
machine of its own in its place and everything above runs as it is. It must not know a role.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from aiohttp import web

from worker.clients.http import HttpClient
from worker.clock import Clock, SystemClock
from worker.ingress.shortcut import cut_short
from worker.sqlite import SqliteFile

FINISH_SECONDS: Final = 6.0
"""How long requests and handlers at work may take to finish, all at once, before they are
given up; within 10 s all that is left is closed, and what was given up is redelivered."""


class Served(Protocol):
    """An application that answers requests."""

    @property
    def url(self) -> str:
        """Where it answers."""
        ...

    async def close(self) -> None:
        """Take no more requests and let those at work finish, within ``FINISH_SECONDS``."""
        ...


Serve = Callable[[web.Application, str, int], Awaitable[Served]]
"""Let an application answer at a host and port. Raises OSError where the port is taken."""


class Socket:
    """An application on a real socket."""

    def __init__(self, runner: web.AppRunner) -> None:
        """Answer with ``runner``, which listens."""
        self._runner = runner

    @property
    def url(self) -> str:
        """Where it answers."""
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def close(self) -> None:
        """Take no more requests and let those at work finish."""
        await self._runner.cleanup()


async def serve_on_socket(application: web.Application, host: str, port: int) -> Socket:
    """Listen at ``host`` and ``port``. Raises OSError."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=FINISH_SECONDS)
    await runner.setup()
    if runner.server is not None:
        cut_short(runner.server, application)
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    return Socket(runner)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A machine; by default the one that this runs on."""

    clock: Clock = SystemClock()  # noqa: RUF009  (it holds no state)
    file: Callable[[Path], SqliteFile] = SqliteFile
    """Opens a SQLite database."""
    http: Callable[..., HttpClient] = HttpClient
    """Makes a client; its arguments are those of :class:`HttpClient`."""
    serve: Serve = serve_on_socket

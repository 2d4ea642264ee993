"""``run`` and ``migrate``: the worker's life from start to SIGTERM.

Why it exists: signals, logging and the event loop are set up once, here. It must not know
what a role does.
"""

import asyncio
import gc
import signal
from collections.abc import Sequence
from typing import Final

import structlog
import uvloop

from worker import app, configured, configured_alarms
from worker.roles import Role
from worker.settings import Settings
from worker.telemetry import set_up_logging

COLLECT_AFTER: Final = (20_000, 20, 20)
"""So many new objects before the collector looks for circles; hardly any of ours is in one."""

_log = structlog.get_logger(__name__)


def run(settings: Settings, roles: frozenset[Role], warnings: Sequence[str]) -> None:
    """Run the roles until SIGTERM or SIGINT; warn of weaknesses at the start."""
    secrets = [*configured.secrets(settings), *configured_alarms.secrets(settings)]
    set_up_logging(settings.log.format, settings.log.level, secrets=secrets)
    for warning in warnings:
        _log.warning("weak_setting", detail=warning)
    uvloop.run(_run(settings, roles))


async def _run(settings: Settings, roles: frozenset[Role]) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with app.running(settings, roles) as url:
        _collect_seldom()
        _log.info("started", roles=sorted(roles), url=url)
        await stopping.wait()
        _log.info("stopping")
    _log.info("stopped")


def _collect_seldom() -> None:
    """Look for circles among new objects alone, and not over every few messages."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


async def migrate(settings: Settings) -> None:
    """Create or upgrade the tables. Raises StoreUnavailableError."""
    from worker.store.migrate import migrate as migrate_database  # noqa: PLC0415  (brings alembic)

    path = settings.sqlite_path
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    await migrate_database(settings.database_url if path is None else f"sqlite:///{path}")

"""What ``doctor`` looks at: the configuration, and whether what it names can be reached.

Why it exists: before a start, or when something is wrong, one command says what is. It must
not change anything, send anything that could be taken for an order, or name a secret.
Source: DESIGN.md, "Configuration".
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from worker.clients.guard import is_public
from worker.errors import BrokerUnavailableError, StoreUnavailableError
from worker.settings import Settings, weaknesses

CONNECT_SECONDS: Final = 3.0
CLOCKS_DIFFER: Final = 5.0
"""Seconds by which our clock and the database's may differ before it is worth a word."""
_NEVER: Final = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
"""Before the one and after the other no clock is right."""

_PORTS: Final = {"http": 80, "https": 443}

State = Literal["ok", "warning", "broken"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found at one thing that was looked at."""

    check: str
    state: State
    detail: str


async def findings(settings: Settings, now: datetime) -> AsyncIterator[Finding]:
    """Yield what is found, one thing after the other; raises nothing."""
    for line in weaknesses(settings):
        yield Finding("configuration", "warning", line)
    if not weaknesses(settings):
        yield Finding("configuration", "ok", "nothing weak, nothing missing")
    yield _clock(now)
    async for finding in _database(settings, now):
        yield finding
    yield await _broker(settings)
    yield await _reached("zzy", settings.zzy.base_url)
    if settings.sms.url:
        yield await _reached("sms", settings.sms.url)
    for app_key, url in _channel_urls(settings):
        yield await _channel(app_key, url, private=settings.relay.allow_private_addresses)


def _clock(now: datetime) -> Finding:
    if _NEVER[0] < now < _NEVER[1]:
        return Finding("clock", "ok", now.isoformat(timespec="seconds"))
    told = f"{now.isoformat(timespec='seconds')} cannot be: every signature is refused"
    return Finding("clock", "broken", told)


# --- database and broker ----------------------------------------------------------------


async def _database(settings: Settings, now: datetime) -> AsyncIterator[Finding]:
    from worker.store.look import HEAD, look_at_postgres, look_at_sqlite  # noqa: PLC0415  (drivers)

    path = settings.sqlite_path
    try:
        looked = await (look_at_sqlite(path) if path else look_at_postgres(settings.database_url))
    except StoreUnavailableError as error:
        yield Finding("database", "broken", str(error))
        return
    if looked.now is not None and abs((looked.now - now).total_seconds()) > CLOCKS_DIFFER:
        seconds = (now - looked.now).total_seconds()
        yield Finding("clock", "warning", f"{seconds:+.0f} s from the database's clock")
    if looked.revision is None:
        if path and not _can_be_made(path):
            yield Finding("database", "broken", f"{path} cannot be made there")
            return
        yield Finding("database", "ok", "reachable; no tables yet: the first start makes them")
    elif looked.revision < HEAD:
        told = f"at revision {looked.revision}, this program needs {HEAD}: run `migrate`"
        yield Finding("database", "broken", told)
    elif looked.revision > HEAD:
        told = f"at revision {looked.revision}, newer than this program's {HEAD}"
        yield Finding("database", "warning", told)
    else:
        yield Finding("database", "ok", f"reachable, at revision {HEAD}")


async def _broker(settings: Settings) -> Finding:
    path = settings.embedded_path
    if path is not None:
        if _can_be_made(path):
            return Finding("broker", "ok", f"embedded, in {path}")
        return Finding("broker", "broken", f"{path} cannot be written")
    from worker.broker.look import look_at_rabbitmq  # noqa: PLC0415  (its driver)

    try:
        await look_at_rabbitmq(settings.broker_url)
    except BrokerUnavailableError as error:
        return Finding("broker", "broken", f"RabbitMQ: {error}")
    return Finding("broker", "ok", "RabbitMQ lets us in")


def _can_be_made(path: Path) -> bool:
    """Tell whether a file can be written, or made with the folders that it needs."""
    if path.exists():
        return os.access(path, os.R_OK | os.W_OK)
    nearest = next((folder for folder in path.parents if folder.exists()), Path("/"))
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


# --- others' servers --------------------------------------------------------------------


async def _reached(check: str, url: str) -> Finding:
    """Tell whether a connection can be had; nothing is sent over it."""
    host, port = _host(url)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
    except socket.gaierror:
        return Finding(check, "broken", f"{host} cannot be resolved")
    except (OSError, TimeoutError) as error:
        why = os.strerror(error.errno) if error.errno else "no connection"
        return Finding(check, "broken", f"{host}:{port}: {why}")
    return Finding(check, "ok", f"{host}:{port} takes connections")


def _channel_urls(settings: Settings) -> list[tuple[str, str]]:
    """Return each place that a channel is notified at, once."""
    return [
        (channel.app_key, url)
        for channel in settings.channels
        for url in _distinct([channel.notify_url, *channel.notify_urls.model_dump().values()])
    ]


def _distinct(urls: list[str | None]) -> list[str]:
    return list({urlsplit(url).netloc: url for url in urls if url}.values())


async def _channel(app_key: str, url: str, *, private: bool) -> Finding:
    """Tell whether a channel's address may be dialled; nobody is."""
    host, port = _host(url)
    check = f"channel {app_key}"
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
    except (OSError, TimeoutError, UnicodeError):
        return Finding(check, "warning", f"{host} cannot be resolved")
    if private or all(is_public(str(address[4][0])) for address in found):
        return Finding(check, "ok", f"{host} may be dialled")
    told = f"{host} is no public address: refused unless relay.allow_private_addresses"
    return Finding(check, "warning", told)


def _host(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 80)

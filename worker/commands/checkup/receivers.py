"""Looks at whom we send to: the channels (渠道), and the SMS gateway.

Why it exists: an address that does not resolve, or that the guard refuses, sends every
notification to the dead letters. It must not dial a channel.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from worker.clients.guard import is_public
from worker.commands.checkup.finding import Finding
from worker.settings import Settings

CONNECT_SECONDS: Final = 3.0
_PORTS: Final = {"http": 80, "https": 443}


async def look(settings: Settings, _now: datetime) -> AsyncIterator[Finding]:
    """Yield what is found at the SMS gateway, and at the address of each channel."""
    if settings.sms.url:
        yield await reached("sms", settings.sms.url)
    for app_key, url in _channel_urls(settings):
        yield await _channel(app_key, url, private=settings.relay.allow_private_addresses)


async def reached(check: str, url: str) -> Finding:
    """Tell whether a connection can be had; nothing is sent over it."""
    host, port = _host(url)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
    except socket.gaierror:
        return Finding(
            check, "broken", f"{host} cannot be resolved", "look at the name, and at DNS"
        )
    except (OSError, TimeoutError) as error:
        why = os.strerror(error.errno) if error.errno else "no connection"
        do = "look at the address and the firewall; else ask whoever runs it"
        return Finding(check, "broken", f"{host}:{port}: {why}", do)
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
        do = "correct its notify_url, or ask the channel"
        return Finding(check, "warning", f"{host} cannot be resolved", do)
    if private or all(is_public(str(address[4][0])) for address in found):
        do = f"to try it: `check-channel --app-key {app_key}`"
        return Finding(check, "ok", f"{host} may be dialled", do)
    told = f"{host} is no public address: refused unless relay.allow_private_addresses"
    return Finding(check, "warning", told, "use a public address, or allow private ones")


def _host(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 80)

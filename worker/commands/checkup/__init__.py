"""What ``doctor`` looks at: the configuration, and whether what it names can be used.

Why it exists: before a start, or when something is wrong, one command says what is, and what
to do. It must not change anything that stays, send anything that could be taken for an order,
or name a secret.
Source: DESIGN.md, "Configuration".
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

from worker.commands.checkup import messaging, people, receivers, storage, supplier
from worker.commands.checkup.finding import Finding
from worker.settings import Settings, weaknesses

__all__ = ["Finding", "findings"]

_NEVER: Final = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
"""Before the one and after the other no clock is right."""


async def findings(settings: Settings, now: datetime) -> AsyncIterator[Finding]:
    """Yield what is found, one thing after the other; raises nothing."""
    for finding in _configuration(settings):
        yield finding
    yield _clock(now)
    for look in (storage.look, messaging.look, supplier.look, receivers.look, people.look):
        async for finding in look(settings, now):
            yield finding


def _configuration(settings: Settings) -> list[Finding]:
    found = [
        Finding("configuration", "warning", line, "correct it in the configuration, then restart")
        for line in weaknesses(settings)
    ]
    return found or [Finding("configuration", "ok", "nothing weak, nothing missing")]


def _clock(now: datetime) -> Finding:
    if _NEVER[0] < now < _NEVER[1]:
        return Finding("clock", "ok", now.isoformat(timespec="seconds"))
    told = f"{now.isoformat(timespec='seconds')} cannot be: every signature is refused"
    return Finding("clock", "broken", told, "set the clock, and keep it right with NTP")

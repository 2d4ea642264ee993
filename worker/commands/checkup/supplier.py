"""Looks at ZZY (中智游): one signed call that only reads.

Why it exists: an address that takes connections may still refuse our signature, and our clock
may be too far from its. It must not order, and must not show what it answers.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from contracts.zzy import ProductsAnswer, ProductsRequest
from worker import configured
from worker.clients.http import Exchange, HttpAnswer, HttpClient, HttpRequest
from worker.clients.zzy import ZzyClient
from worker.clock import SystemClock
from worker.commands.checkup.finding import Finding
from worker.commands.checkup.receivers import reached
from worker.settings import Settings
from worker.translation.supplier import Refused, SupplierResult, Unknown

CLOCKS_DIFFER: Final = 30.0
"""A Date header counts whole seconds, and travels; ZZY's own window is not documented."""


class _Listening(HttpClient):
    """Remembers the headers of the last answer."""

    headers: Mapping[str, str] = {}

    async def exchange(self, request: HttpRequest) -> Exchange:
        """As its parent does."""
        came = await super().exchange(request)
        if isinstance(came, HttpAnswer):
            self.headers = came.headers
        return came


async def look(settings: Settings, now: datetime) -> AsyncIterator[Finding]:
    """Yield what is found at ZZY."""
    connected = await reached("zzy", settings.zzy.base_url)
    if connected.state != "ok":
        yield connected
        return
    http = _Listening(configured.zzy_limits(settings))
    try:
        zzy = ZzyClient(http, configured.zzy_access(settings), SystemClock())
        result = await zzy.products(ProductsRequest(page_size=1, page_index=1))
    finally:
        await http.close()
    yield _judged(result)
    away = _seconds_from(http.headers, now)
    if away is not None and abs(away) > CLOCKS_DIFFER:
        told = f"{away:+.0f} s from the clock of ZZY's answer"
        yield Finding("clock", "warning", told, "keep this machine right with NTP")


def _judged(result: SupplierResult[ProductsAnswer]) -> Finding:
    match result:
        case Unknown() if result.signature_refused:
            told = f"it answers, and refuses our signature ({result.reason})"
            do = "compare partner_id, sign_key, paths and the clock with ZZY: `sign --zzy`"
            return Finding("zzy", "broken", told, do)
        case Unknown():
            told = f"it takes connections, and did not answer a signed call ({result.reason})"
            return Finding("zzy", "broken", told, "look at base_url and paths; else ask ZZY")
        case Refused():
            told = f"it answers, and refuses to list products (Code {result.code or 'none'})"
            return Finding("zzy", "warning", told, "ask ZZY what this distributor may sell")
    data = result.answer.data
    count = data.total_count if data else 0
    return Finding("zzy", "ok", f"takes our signature; {count} products are ours to sell")


def _seconds_from(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return how far we are from the moment that an answer names; None where it names none."""
    with suppress(ValueError, TypeError):
        theirs = parsedate_to_datetime(headers.get("Date", ""))
        theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
        return (now - theirs).total_seconds()
    return None

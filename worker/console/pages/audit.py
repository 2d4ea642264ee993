"""The audit: who did what, to what, when, why, and with what result.

Why it exists: what people did is read here, whichever door they used. It must not change an
entry.
"""

from datetime import datetime, timedelta

from aiohttp import web

from worker.console.ask import Ask
from worker.console.config import Level
from worker.console.page import Nav, Pages
from worker.runtime.auditing import AuditEntry, AuditQuery
from worker.translation.admission import SHANGHAI

PAGE = 50

pages = Pages("audit")


@pages.get("/audit", needs=Level.ADMIN, nav=Nav("system", 30, "u"))
async def listing(ask: Ask) -> web.Response:
    """Show entries, newest first."""
    until = _day(ask.query("until"))
    query = AuditQuery(
        actor=ask.query("actor"),
        action=ask.query("action"),
        subject=ask.query("subject"),
        since=_day(ask.query("since")),
        until=until + timedelta(days=1) if until else None,
        before=_place(ask.query("before")),
        limit=PAGE + 1,
    )
    found = list(await ask.parts.store.audit_entries(query))
    shown = found[:PAGE]
    older = ask.url(before=_place_of(shown[-1])) if len(found) > PAGE else ""
    newest = ask.url(before=None) if query.before else ""
    return ask.show("audit.html", entries=shown, older=older, newest=newest)


def _day(text: str) -> datetime | None:
    """Return the begin of a day in China, or None for what is no day."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
    except ValueError:
        return None


def _place_of(entry: AuditEntry) -> str:
    return f"{entry.at.isoformat()}~{entry.id}"


def _place(text: str) -> tuple[datetime, str] | None:
    at, _, name = text.partition("~")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (moment, name) if moment.tzinfo else None

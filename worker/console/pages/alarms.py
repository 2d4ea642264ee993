"""Alarms: what is open, who looks after it, what is over; and the number beside the entry.

Why it exists: whoever is woken at night finds what is wrong at once. It must not raise an alarm,
nor judge one.
"""

from typing import Final

from aiohttp import web

from worker.console.ask import Ask
from worker.console.config import Level
from worker.console.page import Nav, Pages
from worker.runtime.alarm_records import AlarmRow
from worker.runtime.auditing import Audit

PATH: Final = "/alarms"
MARK: Final = PATH + "/mark"
SHOWN: Final = 300
RANK: Final = {"critical": 0, "warning": 1}

pages = Pages("alarms")


@pages.get(PATH, needs=Level.VIEWER, nav=Nav("watch", 20, "a", mark=MARK))
async def alarms(ask: Ask) -> web.Response:
    """Show open alarms, the urgent first, or those that are over."""
    over = ask.query("show") == "over"
    found = await ask.parts.store.alarms(resolved=over, limit=SHOWN)
    opened = await ask.parts.store.alarms(limit=SHOWN) if over else found
    if not over:
        found = sorted(found, key=lambda one: (one.state != "open", RANK.get(one.severity, 1)))
    return ask.show(
        "alarms.html",
        over=over,
        found=found,
        critical=sum(one.severity == "critical" for one in opened),
        warning=sum(one.severity == "warning" for one in opened),
        acknowledged=sum(one.state == "acknowledged" for one in opened),
        robots=ask.parts.robots,
    )


@pages.get(MARK, needs=Level.VIEWER)
async def mark(ask: Ask) -> web.Response:
    """Return how many alarms nobody looks after yet; nothing where there is none."""
    waiting = sum(one.state == "open" for one in await ask.parts.store.alarms(limit=SHOWN))
    return web.Response(text=str(waiting or ""), content_type="text/html")


@pages.post(PATH + "/{id}/acknowledge", needs=Level.OPERATOR)
async def acknowledge(ask: Ask) -> web.Response:
    """Note that the user looks after an alarm."""
    who, now = f"console:{ask.user.name}", ask.parts.clock.now()
    changed = await ask.parts.store.acknowledge_alarm(ask.path("id"), now, who)
    return await _done(ask, changed, "acknowledge")


@pages.post(PATH + "/{id}/resolve", needs=Level.OPERATOR)
async def resolve(ask: Ask) -> web.Response:
    """Close an alarm, for a reason."""
    reason, who, now = ask.reason(), f"console:{ask.user.name}", ask.parts.clock.now()
    robots = ask.parts.robots
    changed = await ask.parts.store.settle_alarm(ask.path("id"), now, who, robots)
    return await _done(ask, changed, "resolve", reason)


async def _done(ask: Ask, changed: AlarmRow | None, what: str, reason: str = "") -> web.Response:
    """Write down what was done, and go back to the list."""
    if changed is None:
        return ask.back(PATH, "alarms.gone", kind="bad")
    audit = Audit(ask.parts.store, ask.parts.clock)
    about = f"{changed.kind} {changed.subject}".strip()
    await audit.record(
        f"console:{ask.user.name}", f"alarm.{what}", changed.id, reason=reason, result=about
    )
    return ask.back(PATH, f"alarms.done_{what}", kind="good", about=about)

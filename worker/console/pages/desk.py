"""The exception desk: orders in front of a human, the most money first.

Why it exists: who is woken at night sees here what to do first, and what is safe. It must not
act: an order's own page does.
"""

from decimal import Decimal

from aiohttp import web

from worker.console.ask import Ask
from worker.console.config import Level
from worker.console.page import Nav, Pages
from worker.desk.waiting import waiting

pages = Pages("desk")


@pages.get("/desk", needs=Level.VIEWER, nav=Nav("work", 10, "e"))
async def desk(ask: Ask) -> web.Response:
    """Show who needs a person, why, since when and for how much."""
    found = await waiting(ask.parts.store)
    if ask.query("sort") == "age":
        found = sorted(found, key=lambda one: one.since)
    return ask.show(
        "desk.html",
        found=found,
        sort=ask.query("sort"),
        sum=sum((one.at_stake for one in found), Decimal(0)),
        oldest=min((one.since for one in found), default=None),
    )

"""The overview: what to look at first.

Why it exists: whoever is woken at night sees here whether something is wrong, and where. It
must not act.
"""

from aiohttp import web

from worker.console.ask import Ask
from worker.console.config import Level
from worker.console.page import Nav, Pages

pages = Pages("overview")


@pages.get("/", needs=Level.VIEWER, nav=Nav("watch", 10, "h"))
async def overview(ask: Ask) -> web.Response:
    """Show what waits for a person, and how the work goes."""
    return ask.show("overview.html", figures=await ask.parts.store.figures())

"""The list of orders, with filters and the search field.

Why it exists: an operator finds an order by whatever is at hand. It must not show a person.
"""

from datetime import datetime
from typing import Final

from aiohttp import web

from worker.console.ask import Ask
from worker.console.config import Level
from worker.console.page import Nav, Pages
from worker.desk.search import Found, find
from worker.runtime.erasable import Erasable
from worker.runtime.finding import OrderFilter
from worker.saga.states import Phase

PORTION: Final = 50
HUMAN: Final = "human"
FORGOTTEN: Final = "forgotten"
PHASES: Final = tuple(phase.value for phase in Phase if phase is not Phase.NEW)

pages = Pages("orders")


@pages.get("/orders", needs=Level.VIEWER, nav=Nav("look_up", 10, "o"))
async def orders(ask: Ask) -> web.Response:
    """Show orders, the last taken first; or those that a search found."""
    text = ask.query("q")
    found: list[Found] = []
    older = ""
    if text:
        found = await find(ask.parts.store, ask.parts.search, text, limit=PORTION)
    else:
        rows = await ask.parts.store.list_orders(_wanted(ask), limit=PORTION + 1)
        found = [Found(row, "") for row in rows[:PORTION]]
        if len(rows) > PORTION:
            last = found[-1].row
            older = ask.url(before=f"{last.created_at.isoformat()} {last.order_num}")
    return ask.show(
        "orders.html",
        found=found,
        text=text,
        older=older,
        states=(HUMAN, *PHASES, FORGOTTEN),
        state=ask.query("state"),
        channels=[channel.app_key for channel in ask.parts.channels],
        channel=ask.query("channel"),
    )


def _wanted(ask: Ask) -> OrderFilter:
    state = ask.query("state")
    return OrderFilter(
        phase=state if state in PHASES else None,
        app_key=ask.query("channel") or None,
        human=True if state == HUMAN else None,
        forgotten=state == FORGOTTEN,
        before=_place(ask.query("before")),
    )


def _place(text: str) -> Erasable | None:
    """Return where a page goes on; what is no such place begins at the top."""
    moment, _, order_num = text.partition(" ")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return Erasable(order_num, at) if at.tzinfo else None

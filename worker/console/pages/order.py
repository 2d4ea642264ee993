"""One order: its place on the saga, its history, what comes next, and what may be done.

Why it exists: an operator reads on one page what happened and helps the order on. Personal data
is masked; whoever has it shown is written down. It must not write an order: desk/acting.py sends
commands.
"""

from typing import Final

from aiohttp import web

from worker.console.ask import THEMES, Ask, Refusal
from worker.console.config import Level
from worker.console.page import Pages
from worker.desk.acting import Desk, How
from worker.desk.history import history
from worker.desk.people import FIELDS, masked, revealed
from worker.desk.waiting import waits
from worker.runtime import snapshot
from worker.runtime.auditing import Audit
from worker.runtime.ports import OrderRow
from worker.saga.desk import Action
from worker.saga.diagram import PLACES, WIDTH, draw
from worker.saga.resolutions import Settled
from worker.saga.states import Phase

WAYS: Final = ("", "notify", "sms", "both")
WAIT_SECONDS: Final = 25.0

pages = Pages("order")


async def _row(ask: Ask) -> OrderRow:
    rows = await ask.parts.store.find_orders(ask.path("number"))
    if not rows:
        raise web.HTTPNotFound
    return rows[0]


@pages.get("/orders/{number}", needs=Level.VIEWER)
async def order(ask: Ask) -> web.Response:
    """Show an order whole, personal data masked."""
    told = await history(ask.parts.store, await _row(ask), ask.parts.policy)
    return ask.show(
        "order.html",
        row=told.row,
        order=told.order,
        lines=told.lines[::-1],
        next=told.next,
        desk=waits(told.row),
        people=masked(told.order) if told.order else {},
        ways=WAYS[1:],
        place=PLACES[Phase(told.row.phase)][0] / WIDTH,
    )


@pages.get("/orders/{number}/saga.svg", needs=Level.VIEWER)
async def saga(ask: Ask) -> web.Response:
    """Show where an order stands, and where it has been."""
    row = await _row(ask)
    been = {entry.phase for entry in await ask.parts.store.timeline(row.order_num)}
    seen = [Phase.NEW, *(phase for phase in Phase if phase in been)]
    theme = ask.query("theme")
    picture = draw(Phase(row.phase), seen, theme if theme in THEMES else THEMES[0])
    return web.Response(text=picture, content_type="image/svg+xml")


@pages.post("/orders/{number}/reveal", needs=Level.OPERATOR)
async def reveal(ask: Ask) -> web.Response:
    """Show what is masked, once it is written down who saw it."""
    row, field = await _row(ask), ask.field("field")
    found = snapshot.read(row)
    if field not in FIELDS or found is None:
        raise web.HTTPNotFound
    audit = Audit(ask.parts.store, ask.parts.clock)
    await audit.record(_who(ask), "order.reveal", row.order_num, result=f"shown: {field}")
    return web.Response(text=revealed(found, field))


@pages.post("/orders/{number}/resolve", needs=Level.OPERATOR)
async def resolve(ask: Ask) -> web.Response:
    """Help an order on by a command to the saga, and say what came of it."""
    row, reason = await _row(ask), ask.reason()
    action, settled = ask.field("action"), ask.field("settled")
    known = action in set(Action) and settled in {"", *Settled}
    if not known or (action == Action.SETTLE) != bool(settled):
        raise Refusal("order.not_said")
    if ask.field("confirmed") != "yes":
        raise Refusal("order.not_confirmed")
    desk = Desk(ask.parts.store, ask.parts.broker, ask.parts.clock, wait=WAIT_SECONDS)
    came = await desk.resolve(row, action, settled or None, by=_who(ask), why=reason)  # type: ignore[arg-type]  # looked at above
    return _said(ask, row, came.how, came.words)


@pages.post("/orders/{number}/resend", needs=Level.OPERATOR)
async def resend(ask: Ask) -> web.Response:
    """Send an order's vouchers again."""
    row, reason, way = await _row(ask), ask.reason(), ask.field("by")
    if way not in WAYS:
        raise Refusal("order.not_said")
    desk = Desk(ask.parts.store, ask.parts.broker, ask.parts.clock, wait=WAIT_SECONDS)
    came = await desk.resend(row, way or None, by=_who(ask), why=reason)  # type: ignore[arg-type]  # looked at above
    return _said(ask, row, came.how, came.words)


def _said(ask: Ask, row: OrderRow, how: How, words: str) -> web.Response:
    kinds = {How.DONE: "good", How.UNKNOWN: "plain"}
    key = f"order.came_{how.name.lower()}"
    return ask.back(f"/orders/{row.order_num}", key, kind=kinds.get(how, "bad"), words=words)


def _who(ask: Ask) -> str:
    return f"console:{ask.user.name}"

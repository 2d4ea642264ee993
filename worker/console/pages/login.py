"""The log-in and the log-out.

Why it exists: the only way to a session. It says nothing of whether a name exists, and
slows down whoever guesses. It must not keep a password, not even in a log.
"""

from http import HTTPStatus
from math import ceil

import structlog
from aiohttp import web

from worker.console.ask import Ask
from worker.console.config import Level
from worker.console.page import EVERYBODY, Pages
from worker.console.security import local_path
from worker.console.sessions import session_cookie

pages = Pages("login")

_log = structlog.get_logger(__name__)


@pages.get("/login", needs=EVERYBODY)
async def form(ask: Ask) -> web.Response:
    """Show the form, or what to do where nobody can log in."""
    if ask.logged_in:
        return ask.back(local_path(ask.query("next")))
    return _form(ask)


@pages.post("/login", needs=EVERYBODY)
async def log_in(ask: Ask) -> web.Response:
    """Open a session for a name and its password."""
    parts, name, address = ask.parts, ask.field("name"), ask.request.remote or ""
    now = parts.clock.now()
    if (wait := parts.throttle.wait(name, address, now)) > 0:
        _log.warning("console_log_in_throttled", peer=address)
        return _form(ask, HTTPStatus.TOO_MANY_REQUESTS, "login.wait", seconds=ceil(wait))
    user = parts.config.users.get(name)
    password = str(ask.form.get("password", ""))
    known = user.password_hash if user else None
    if not await parts.passwords.check(known, password) or user is None:
        parts.throttle.failed(name, address, now)
        _log.warning("console_log_in_failed", peer=address)
        return _form(ask, HTTPStatus.FORBIDDEN, "login.wrong")
    parts.throttle.passed(name)
    response = ask.back(local_path(ask.field("next")))
    ask.set_cookie(response, session_cookie(parts.config), await parts.sessions.open(user))
    _log.info("console_log_in", user=user.name, role=user.level.name.lower(), peer=address)
    return response


@pages.post("/logout", needs=Level.VIEWER)
async def log_out(ask: Ask) -> web.Response:
    """End the session, here and on the server."""
    name = session_cookie(ask.parts.config)
    await ask.parts.sessions.end(ask.request.cookies.get(name, ""))
    response = ask.back("/login", "login.out")
    response.del_cookie(name, path="/", secure=ask.parts.config.secure)
    _log.info("console_log_out", user=ask.user.name)
    return response


def _form(
    ask: Ask, status: HTTPStatus = HTTPStatus.OK, wrong: str = "", **values: object
) -> web.Response:
    problem = ask.text(wrong, **values) if wrong else ""
    onward = ask.field("next") or ask.query("next")
    response = ask.show(
        "login.html", status=status, problem=problem, name=ask.field("name"), onward=onward
    )
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        response.headers["Retry-After"] = str(values["seconds"])
    return response

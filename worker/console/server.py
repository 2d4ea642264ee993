"""The console as one aiohttp application: the door that every page stands behind.

Why it exists: who asks, whether they may, and whether a form is their own is decided here,
once, by what each route declares (page.py); a page is called only after that. It must not
read a setting or know what a page shows.
"""

import secrets
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler as AiohttpHandler
from multidict import MultiDictProxy

from worker.console import assets, pages
from worker.console.ask import Ask, Refusal
from worker.console.config import User
from worker.console.page import EVERYBODY, Route
from worker.console.parts import Parts
from worker.console.security import (
    FIELD,
    HEADER,
    SAFE,
    add_headers,
    add_https_only,
    is_own_request,
)
from worker.console.sessions import session_cookie
from worker.errors import StoreUnavailableError

VISIT: Final = "ticketbridge_visit"
"""The cookie of whoever is not logged in: what the forms for everybody are bound to."""

_KNOWN: Final = (
    (web.HTTPNotFound, HTTPStatus.NOT_FOUND, "errors.not_found"),
    (web.HTTPMethodNotAllowed, HTTPStatus.METHOD_NOT_ALLOWED, "errors.method"),
    (web.HTTPRequestEntityTooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "errors.too_large"),
    (StoreUnavailableError, HTTPStatus.SERVICE_UNAVAILABLE, "errors.store"),
)


async def _never(_ask: Ask) -> web.StreamResponse:
    raise web.HTTPNotFound


ERRORS: Final = Route("errors", "GET", "", EVERYBODY, _never)
"""Whose page a fault is that belongs to no page."""

_log = structlog.get_logger(__name__)


def build(parts: Parts) -> web.Application:
    """Return the application; store and broker must have been started."""
    door = Door(parts)
    app = web.Application(
        client_max_size=parts.config.body_limit_bytes, middlewares=[door.shaped_errors]
    )
    app.router.add_get("/static/{digest}/{name}", assets.serve)
    for one in pages.ALL:
        for route in one.routes:
            app.router.add_route(route.method, route.path, door.behind(route))
    app.router.add_get("/{rest:.*}", door.behind(ERRORS))
    app.on_response_prepare.append(add_headers)
    if parts.config.secure:
        app.on_response_prepare.append(add_https_only)
    return app


class Door:
    """Lets requests in."""

    def __init__(self, parts: Parts) -> None:
        """Ask ``parts`` who is logged in."""
        self._parts = parts
        self._cookie = session_cookie(parts.config)

    def behind(self, route: Route) -> AiohttpHandler:
        """Return a handler that lets only those to a route who may use it."""

        async def handler(request: web.Request) -> web.StreamResponse:
            token = request.cookies.get(self._cookie, "")
            user = await self._parts.sessions.user(token) if token else None
            if user is None:
                token = request.cookies.get(VISIT, "") or secrets.token_urlsafe(16)
            return await self._let_in(request, route, user, token)

        return handler

    async def _let_in(
        self, request: web.Request, route: Route, user: User | None, token: str
    ) -> web.StreamResponse:
        form: MultiDictProxy[Any] | None = None
        if request.method not in SAFE:
            form = await request.post()
        ask = Ask(request, self._parts, route, user=user, token=token, form=form)
        if route.needs is not EVERYBODY and user is None:
            return _to_the_log_in(ask)
        if user and route.needs is not EVERYBODY and user.level < route.needs:
            _log.warning("console_refused", path=route.path, why="role", user=user.name)
            return problem(ask, HTTPStatus.FORBIDDEN, "errors.role")
        if form is not None and not self._is_own(request, ask, token):
            _log.warning("console_refused", path=route.path, why="token")
            return problem(ask, HTTPStatus.FORBIDDEN, "errors.token")
        response = await self._answer(ask)
        if user is None and token != request.cookies.get(VISIT):
            ask.set_cookie(response, VISIT, token)
        return response

    def _is_own(self, request: web.Request, ask: Ask, token: str) -> bool:
        sent = ask.field(FIELD) or request.headers.get(HEADER, "")
        return is_own_request(request, token, sent, self._parts.config.public_url)

    async def _answer(self, ask: Ask) -> web.StreamResponse:
        try:
            return await ask.route.handler(ask)
        except Refusal as refusal:
            said = ask.text(refusal.key, **refusal.values)
            return problem(ask, HTTPStatus.BAD_REQUEST, "errors.refused", said=said)
        except Exception as error:  # noqa: BLE001  (shown with the reader's navigation)
            return problem(ask, *_fault(error, ask.request))

    @web.middleware
    async def shaped_errors(
        self, request: web.Request, handler: AiohttpHandler
    ) -> web.StreamResponse:
        """Answer every fault outside of a page with a page that says what to do."""
        try:
            return await handler(request)
        except Exception as error:  # noqa: BLE001  (the last line)
            ask = Ask(request, self._parts, ERRORS)
            return problem(ask, *_fault(error, request))


def _fault(error: Exception, request: web.Request) -> tuple[HTTPStatus, str]:
    """Return the status of a fault and the text that says what to do; log ours."""
    for kind, status, key in _KNOWN:
        if isinstance(error, kind):
            if kind is StoreUnavailableError:
                _log.warning("console_store_unavailable", reason=str(error))
            return status, key
    if isinstance(error, web.HTTPException):
        if error.status < HTTPStatus.BAD_REQUEST:
            raise error
        return HTTPStatus(error.status), "errors.refused"
    _log.error("console_page_failed", path=_known_path(request), exc_info=error)
    return HTTPStatus.INTERNAL_SERVER_ERROR, "errors.failed"


def problem(ask: Ask, status: HTTPStatus, key: str, *, said: str = "") -> web.Response:
    """Return a page that says what is wrong and what to do."""
    return ask.show("problem.html", status=status, key=key, said=said, code=int(status))


def _to_the_log_in(ask: Ask) -> web.Response:
    """Send whoever is not logged in there, and back afterwards; a form is not kept."""
    request = ask.request
    safe = request.method in SAFE and not ask.is_part
    path = f"/login?next={quote(request.path_qs)}" if safe else "/login"
    if ask.is_part:
        return web.Response(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": path})
    return ask.back(path, "" if safe else "login.over", kind="bad")


def _known_path(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else ""

"""One request as a page sees it: who asks, in which language, and how to answer.

Why it exists: a page says what it shows and nothing of cookies, headers or layout. It must
not decide who may do what: server.py has done so before a page is asked.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from multidict import MultiDict, MultiDictProxy

from worker.console import texts
from worker.console.config import User
from worker.console.page import Route
from worker.console.parts import Parts
from worker.console.rendering import render
from worker.console.security import local_path
from worker.console.sessions import csrf_of

LANGUAGE: Final = "ticketbridge_language"
THEME: Final = "ticketbridge_theme"
FLASH: Final = "ticketbridge_said"
THEMES: Final = ("system", "light", "dark")
LONGEST_REASON: Final = 500


class Refusal(Exception):  # noqa: N818  (what a page answers, no fault)
    """A form that cannot be taken: the key of the text that says why."""

    def __init__(self, key: str, **values: object) -> None:
        """Say ``key``, filled with ``values``."""
        super().__init__(key)
        self.key, self.values = key, values


class Ask:
    """A request, and the ways to answer it."""

    def __init__(  # noqa: PLR0913  (what the door found out)
        self,
        request: web.Request,
        parts: Parts,
        route: Route,
        *,
        user: User | None = None,
        token: str = "",
        form: MultiDictProxy[Any] | None = None,
    ) -> None:
        """Take what the door found out; ``token`` is that of the session or of the visit."""
        self.request = request
        self.parts = parts
        self.route = route
        self._user = user
        self._token = token
        self.form = form if form is not None else MultiDictProxy(MultiDict[Any]())
        accepted = request.headers.get("Accept-Language", "")
        self.language = texts.language_of(request.cookies.get(LANGUAGE, ""), accepted)
        theme = request.cookies.get(THEME, "")
        self.theme = theme if theme in THEMES else THEMES[0]

    @property
    def user(self) -> User:
        """Who asks; a route that needs a level always has one."""
        if self._user is None:
            raise LookupError("nobody is logged in")
        return self._user

    @property
    def logged_in(self) -> User | None:
        """Who asks, or None on pages for everybody."""
        return self._user

    @property
    def actor(self) -> str:
        """Who asks, as the audit names them."""
        return f"console:{self.user.name}"

    @property
    def csrf(self) -> str:
        """What each form carries."""
        return csrf_of(self._token)

    @property
    def is_part(self) -> bool:
        """Tell whether htmx asks, for a part of a page."""
        return "HX-Request" in self.request.headers

    def text(self, key: str, /, **values: object) -> str:
        """Return a text in the reader's language."""
        return texts.text(self.language, key, **values)

    def path(self, name: str) -> str:
        """Return what stands at ``{name}`` of the path."""
        return self.request.match_info[name]

    def query(self, name: str, otherwise: str = "") -> str:
        """Return a value behind the question mark, without blanks around it."""
        return self.request.query.get(name, otherwise).strip()

    def number(self, name: str, otherwise: int, *, most: int = 1_000_000) -> int:
        """Return a whole number behind the question mark, from 0 to ``most``."""
        try:
            return min(max(0, int(self.query(name))), most)
        except ValueError:
            return otherwise

    def url(self, **changes: object) -> str:
        """Return this page's address with some values changed; None takes one away."""
        query = {**self.request.query, **changes}
        kept = {name: value for name, value in query.items() if value not in {None, ""}}
        return self.request.path + (f"?{urlencode(kept)}" if kept else "")

    def field(self, name: str) -> str:
        """Return a field of the form, without blanks around it."""
        value = self.form.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def fields(self, name: str) -> list[str]:
        """Return every value of a field: of boxes that were ticked."""
        return [value for value in self.form.getall(name, []) if isinstance(value, str)]

    def reason(self) -> str:
        """Return the form's ``reason``. Raises :class:`Refusal` where none is given."""
        reason = " ".join(self.field("reason").split())
        if not reason:
            raise Refusal("common.reason_missing")
        return reason[:LONGEST_REASON]

    def show(
        self, template: str, /, *, status: int = HTTPStatus.OK, **values: object
    ) -> web.Response:
        """Answer with a template; it has ``ask`` besides the values."""
        flash = _flash_of(self.request.cookies.get(FLASH, ""))
        body = render(template, {"ask": self, "flash": flash, **values})
        response = web.Response(
            body=body.encode(),
            status=status,
            headers={"Content-Type": "text/html; charset=utf-8", "Vary": "HX-Request"},
        )
        if flash:
            response.del_cookie(FLASH, path="/")
        return response

    def back(
        self, path: str, said: str = "", /, *, kind: str = "good", **values: object
    ) -> web.Response:
        """Send the browser to a path of ours, where the text ``said`` is shown once.

        ``kind`` is good, bad or plain.
        """
        response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": local_path(path)})
        if said:
            self.set_cookie(response, FLASH, _flash(kind, said, values), max_age=60)
        return response

    def set_cookie(
        self, response: web.StreamResponse, name: str, value: str, *, max_age: int | None = None
    ) -> None:
        """Set a cookie that scripts cannot read."""
        response.set_cookie(
            name,
            value,
            max_age=max_age,
            path="/",
            httponly=True,
            secure=self.parts.config.secure,
            samesite="Lax",
        )


def _flash(kind: str, key: str, values: Mapping[str, object]) -> str:
    told = {"kind": kind, "key": key, "values": {name: str(v) for name, v in values.items()}}
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode()


def _flash_of(cookie: str) -> dict[str, Any] | None:
    """Return what a cookie of ours says; what is not ours says nothing."""
    try:
        told = json.loads(base64.urlsafe_b64decode(cookie))
        kind, key, values = told["kind"], told["key"], told["values"]
        texts.text(texts.LANGUAGES[0], key, **values)
    except (ValueError, LookupError, TypeError, AttributeError, binascii.Error):
        return None
    return {"kind": kind if kind in {"good", "bad"} else "plain", "key": key, "values": values}

"""How a page is declared: its path, who may open it, its place in the navigation.

Why it exists: no route exists without saying who may use it; server.py builds nothing else.
A page is a module in pages/ with a :class:`Pages`, a template, and its texts. It must not
know a page.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aiohttp import web

from worker.console.config import Level

if TYPE_CHECKING:
    from worker.console.ask import Ask

Handler = Callable[["Ask"], Awaitable[web.StreamResponse]]

EVERYBODY: Final = None
"""Needs no log-in: the log-in itself, the switches of language and theme."""

GROUPS: Final = ("watch", "work", "look_up", "system")
"""The groups of the navigation, in order; their texts are ``nav.<group>``."""


@dataclass(frozen=True, slots=True)
class Nav:
    """A page's entry in the navigation; its text is ``<name of the pages>.nav``."""

    group: str
    order: int
    """Within its group, from the top."""
    keys: str = ""
    """The letter that opens it after ``g``."""
    mark: str = ""
    """Where the number beside it is fetched; empty: it has none."""


@dataclass(frozen=True, slots=True)
class Route:
    """One path and method, and who may use it."""

    name: str
    method: str
    path: str
    needs: Level | None
    handler: Handler
    nav: Nav | None = None


class Pages:
    """The routes of one module of pages/; ``name`` is that of its texts and of its nav entry."""

    def __init__(self, name: str) -> None:
        """Begin without a route."""
        self.name = name
        self.routes: list[Route] = []

    def get(
        self, path: str, *, needs: Level | None, nav: Nav | None = None
    ) -> Callable[[Handler], Handler]:
        """Show the page at ``path`` to whoever has the level."""
        return self._add("GET", path, needs, nav)

    def post(self, path: str, *, needs: Level | None) -> Callable[[Handler], Handler]:
        """Do what the form at ``path`` asks, for whoever has the level; the token is checked."""
        return self._add("POST", path, needs, None)

    def _add(
        self, method: str, path: str, needs: Level | None, nav: Nav | None
    ) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            self.routes.append(Route(self.name, method, path, needs, handler, nav))
            return handler

        return declare

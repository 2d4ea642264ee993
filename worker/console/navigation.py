"""The navigation: every page that the reader may open, in groups.

Why it exists: a page says where it stands, and the layout draws it. It must not name a page.
"""

from typing import TYPE_CHECKING, Any

from worker.console.page import GROUPS, Route
from worker.console.pages import ALL

if TYPE_CHECKING:
    from worker.console.ask import Ask


def entries() -> list[Route]:
    """Return every route with an entry, in the order in which they are shown."""
    shown = [route for pages in ALL for route in pages.routes if route.nav]
    return sorted(shown, key=_place)


def navigation(ask: "Ask") -> list[dict[str, Any]]:
    """Return the groups that the reader sees, each with its entries."""
    user = ask.logged_in
    if user is None:
        return []
    groups: list[dict[str, Any]] = []
    for route in entries():
        if route.nav is None or (route.needs and user.level < route.needs):
            continue
        if not groups or groups[-1]["name"] != route.nav.group:
            groups.append({"name": route.nav.group, "entries": []})
        groups[-1]["entries"].append(
            {
                "name": route.name,
                "path": route.path,
                "keys": route.nav.keys,
                "mark": route.nav.mark,
                "current": route.name == ask.route.name,
            }
        )
    return groups


def _place(route: Route) -> tuple[int, int, str]:
    if route.nav is None:
        return (len(GROUPS), 0, route.path)
    return (GROUPS.index(route.nav.group), route.nav.order, route.path)

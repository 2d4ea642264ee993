"""Nothing of the console is without the browser: each page looked at, each route walked."""

from importlib import import_module

from tests.console.test_every_page import DETAILS, PATHS
from tests.console.walked import WALKED, name_of, route_of
from worker.console import pages

NO_PAGES = {
    "GET /alarms/mark",
    "GET /login",
    "GET /orders/{number}/saga.svg",
    "GET /reconciliation/{day}.csv",
}
"""Parts, pictures and files; and what nobody sees who is logged in."""
ROUTES = {name_of(route) for one in pages.ALL for route in one.routes}


def test_every_page_is_looked_at() -> None:
    """A new page must stand in the navigation, in DETAILS, or in NO_PAGES."""
    seen = {name for path in (*PATHS, *DETAILS) for name in route_of("GET", path.split("?")[0])}
    assert seen | NO_PAGES == {name for name in ROUTES if name.startswith("GET ")}


def test_every_route_is_walked_by_a_test() -> None:
    """A new page or action must be named in walked.py, with a test that walks it."""
    assert set(WALKED) == ROUTES
    for test in WALKED.values():
        module, _, function = test.partition("::")
        assert hasattr(import_module(f"tests.console.{module}"), function), test

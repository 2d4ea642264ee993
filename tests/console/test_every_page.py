"""Each page, as each level, in each language and theme, at each width: whole and quiet."""

from typing import Any

import pytest
from playwright.async_api import Page

from tests.console.browsing import DESKTOP, PHONE, Visit
from tests.console.letters import JOB, WRITTEN
from tests.console.orders import STUCK
from worker.console.config import Level
from worker.console.navigation import entries

pytestmark = pytest.mark.asyncio(loop_scope="session")

ENTRIES = entries()
PATHS = [route.path for route in ENTRIES]
DETAILS = [
    f"/orders/{STUCK}",
    f"/letters/{WRITTEN}",
    f"/replays/{JOB}",
    "/replays/new?where=kind%3Drelay_gave_up",
    "/catalogue/11007",
    "/no/such/page",
]
"""A page of each kind that the navigation does not lead to."""
Look = tuple[str, str, tuple[int, int]]
LOOKS: list[Look] = [("en", "light", DESKTOP), ("zh", "dark", PHONE)]

FITS = "document.documentElement.scrollWidth <= document.body.clientWidth"
OUT_OF_REACH = """
() => [...document.querySelectorAll(
    "a, button, summary, input, select, textarea, [hx-post]:not(form)")]
    .filter((one) => one.checkVisibility() && one.type !== "hidden")
    .filter((one) => one.tabIndex < 0 || !(one.innerText || one.title || one.ariaLabel
        || one.placeholder || [...(one.labels || [])].some((label) => label.innerText)))
    .map((one) => one.outerHTML.slice(0, 200))
"""
"""What can be worked with and has no name, or cannot be reached with the keyboard."""


async def is_whole(page: Page) -> None:
    """Fail where something sticks out of the window, has no name, or came from a message."""
    assert await page.locator("h1").count() == 1
    assert await page.title() not in {"stolen", "1"}
    assert await page.locator("main script, main img[src=x]").count() == 0
    assert await page.evaluate(FITS), "it is wider than the window"
    assert await page.evaluate(OUT_OF_REACH) == []


def _visits() -> list[Any]:
    """Return every page in every look; every other one is only for ``--acceptance``."""
    late = [pytest.mark.acceptance]
    return [
        pytest.param(path, look, marks=late * ((at + n) % 2), id=f"{look[0]}-{look[1]}-{path}")
        for at, path in enumerate([*PATHS, *DETAILS])
        for n, look in enumerate(LOOKS)
    ]


@pytest.mark.parametrize(("path", "look"), _visits())
async def test_a_page_is_whole(visit: Visit, path: str, look: Look) -> None:
    language, theme, size = look
    page = await visit.page(Level.ADMIN, language=language, theme=theme, size=size)
    answer = await page.goto(path)
    assert answer is not None
    if path == "/no/such/page":
        assert answer.status == 404
        visit.errors.clear()  # the browser tells of it
    else:
        assert answer.status == 200
    assert await page.locator("html").get_attribute("lang") == {"en": "en", "zh": "zh-CN"}[language]
    if path in PATHS:
        assert await page.locator("nav a[aria-current=page]").count() == 1
    await is_whole(page)

"""Each page, as each level, in each language and theme, at each width: whole and quiet."""

import aiohttp
import pytest
from playwright.async_api import Page

from tests.console.browsing import DESKTOP, PHONE, Visit
from tests.console.place import Console
from worker.console import pages
from worker.console.config import Level
from worker.console.navigation import entries

pytestmark = pytest.mark.asyncio(loop_scope="session")

ENTRIES = entries()
PATHS = [route.path for route in ENTRIES]
Look = tuple[str, str, tuple[int, int]]
LOOKS: list[Look] = [("en", "light", DESKTOP), ("zh", "dark", PHONE)]


async def fits(page: Page) -> bool:
    """Tell whether nothing sticks out of the window."""
    return bool(
        await page.evaluate("document.documentElement.scrollWidth <= document.body.clientWidth")
    )


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("look", LOOKS, ids=["en-light-desktop", "zh-dark-phone"])
async def test_a_page_is_whole(visit: Visit, path: str, look: Look) -> None:
    language, theme, size = look
    page = await visit.page(Level.ADMIN, language=language, theme=theme, size=size)
    answer = await page.goto(path)
    assert answer is not None
    assert answer.status == 200
    assert await page.locator("h1").count() == 1
    assert await page.locator("html").get_attribute("lang") == {"en": "en", "zh": "zh-CN"}[language]
    assert await page.locator("nav a[aria-current=page]").count() == 1
    assert await page.title() != "stolen"
    assert await fits(page)


@pytest.mark.parametrize("route", ENTRIES, ids=PATHS)
async def test_only_the_level_opens_a_page(filled: Console, route: pages.Route) -> None:
    async with aiohttp.ClientSession(filled.url) as session:
        for level in (None, *Level):
            cookies = {filled.cookie: await filled.session(level)} if level else {}
            answer = await session.get(route.path, cookies=cookies, allow_redirects=False)
            allowed = level is not None and route.needs is not None and level >= route.needs
            assert answer.status == (200 if allowed else 303 if level is None else 403)

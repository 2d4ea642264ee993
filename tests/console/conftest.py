"""One browser and one filled console a process; each test its own profile.

Tests that use ``visit`` say ``pytestmark = pytest.mark.asyncio(loop_scope="session")``: browser
and console live in the loop of the whole run.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.console.browsing import Visit, browser, visiting
from tests.console.filled import fill
from tests.console.place import Console, console


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium_browser() -> AsyncIterator[Browser]:
    """The browser of this process."""
    async with browser() as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def filled(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Console]:
    """A console with something on every page; a test adds to it and takes nothing away."""
    async with console(tmp_path_factory.mktemp("console")) as opened:
        await fill(opened.store)
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def visit(chromium_browser: Browser, filled: Console) -> AsyncIterator[Visit]:
    """Pages in the browser."""
    async with visiting(chromium_browser, filled) as opened:
        yield opened

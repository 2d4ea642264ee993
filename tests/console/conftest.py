"""One browser and one filled console a process; each test its own profile.

Tests that use ``visit`` say ``pytestmark = pytest.mark.asyncio(loop_scope="session")``: browser
and console live in the loop of the whole run.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.console.browsing import Profiles, Visit, browser, visiting
from tests.console.filled import fill
from tests.console.orders import Saga
from tests.console.place import Console, console
from tests.console.walked import WALKED


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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def profiles(chromium_browser: Browser, filled: Console) -> Profiles:
    """The browser's profiles, used again."""
    return Profiles(chromium_browser, filled.url)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def saga(filled: Console) -> Saga:
    """Whoever takes the commands that the pages send."""
    taking = Saga(filled)
    await taking.start()
    return taking


@pytest_asyncio.fixture(loop_scope="session")
async def visit(
    profiles: Profiles, filled: Console, request: pytest.FixtureRequest
) -> AsyncIterator[Visit]:
    """Pages in the browser; a test must walk the routes for which it is named."""
    async with visiting(profiles, filled) as opened:
        yield opened
    name = f"{request.path.stem}::{request.function.__name__}"
    missing = {route for route, test in WALKED.items() if test == name} - opened.walked
    assert not missing, f"named for {missing} in walked.py, and did not walk there"

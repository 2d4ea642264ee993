"""A real browser: one a process, its profiles used by test after test, each emptied before."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Browser, BrowserContext, Page, Response, async_playwright, expect

from tests.console.chromium import chromium
from tests.console.place import Console
from tests.console.walked import route_of
from worker.console.config import Level

DESKTOP = (1280, 800)
PHONE = (390, 844)
PATIENCE_MS = 90_000
expect.set_options(timeout=PATIENCE_MS)

LOCALES = {"en": "en-GB", "zh": "zh-CN"}
REFUSED = 400

Look = tuple[str, str, tuple[int, int], bool]
"""Language, theme, size, and whether scripts run: what a profile cannot change later."""


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Run the browser."""
    async with async_playwright() as driver:
        opened = await driver.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield opened
        finally:
            await opened.close()


@dataclass
class Profiles:
    """The browser's profiles that nobody uses at present, by their look."""

    browser: Browser
    url: str
    free: dict[Look, list[BrowserContext]] = field(default_factory=dict)

    async def take(self, look: Look) -> BrowserContext:
        """Return one without a cookie."""
        if waiting := self.free.get(look):
            return waiting.pop()
        language, theme, size, javascript = look
        context = await self.browser.new_context(
            base_url=self.url,
            locale=LOCALES[language],
            color_scheme="dark" if theme == "dark" else "light",
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        return context

    async def give_back(self, look: Look, context: BrowserContext) -> None:
        """Close its pages, and let another test have it."""
        for page in context.pages:
            await page.close()
        await context.clear_cookies()
        self.free.setdefault(look, []).append(context)


@dataclass
class Visit:
    """Pages of one test, which must end without an error in the browser."""

    profiles: Profiles
    console: Console
    errors: list[str] = field(default_factory=list)
    walked: set[str] = field(default_factory=set)
    """The routes that the browser asked for and was not refused."""
    _taken: list[tuple[Look, BrowserContext]] = field(default_factory=list)

    async def page(
        self,
        level: Level | None = Level.VIEWER,
        *,
        language: str = "en",
        theme: str = "light",
        size: tuple[int, int] = DESKTOP,
        javascript: bool = True,
    ) -> Page:
        """Open an empty page, logged in with this level (None: not)."""
        look = (language, theme, size, javascript)
        context = await self.profiles.take(look)
        self._taken.append((look, context))
        if level is not None:
            token = await self.console.session(level)
            await context.add_cookies(
                [{"name": self.console.cookie, "value": token, "url": self.console.url}]
            )
        page = await context.new_page()
        page.on("pageerror", lambda error: self.errors.append(f"script: {error}"))
        page.on("console", lambda said: self._note(said.type, said.text))
        page.on("response", self._answered)
        page.on("download", lambda begun: self._walked_to("GET", begun.url))
        return page

    async def leave(self) -> None:
        """Close every page."""
        while self._taken:
            await self.profiles.give_back(*self._taken.pop())

    def _note(self, kind: str, text: str) -> None:
        if kind == "error" or "Content Security Policy" in text:
            self.errors.append(f"{kind}: {text}")

    def _answered(self, response: Response) -> None:
        if response.status < REFUSED:
            self._walked_to(response.request.method, response.url)

    def _walked_to(self, method: str, url: str) -> None:
        if url.startswith(self.console.url):
            path = url.removeprefix(self.console.url).partition("?")[0]
            self.walked |= route_of(method, path)


@asynccontextmanager
async def visiting(profiles: Profiles, console: Console) -> AsyncIterator[Visit]:
    """Let a test open pages; afterwards none of them may have complained."""
    visit = Visit(profiles, console)
    try:
        yield visit
    finally:
        await visit.leave()
    assert not visit.errors, visit.errors

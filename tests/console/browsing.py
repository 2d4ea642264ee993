"""A real browser: one a process, and a fresh profile for each page that is opened."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Browser, Page, async_playwright, expect

from tests.console.chromium import chromium
from tests.console.place import Console
from worker.console.config import Level

DESKTOP = (1280, 800)
PHONE = (390, 844)
PATIENCE_MS = 90_000
expect.set_options(timeout=PATIENCE_MS)

LOCALES = {"en": "en-GB", "zh": "zh-CN"}


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
class Visit:
    """Pages of one test, which must end without an error in the browser."""

    browser: Browser
    console: Console
    stack: AsyncExitStack
    errors: list[str] = field(default_factory=list)

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
        context = await self.browser.new_context(
            base_url=self.console.url,
            locale=LOCALES[language],
            color_scheme="dark" if theme == "dark" else "light",
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        self.stack.push_async_callback(context.close)
        context.set_default_timeout(PATIENCE_MS)
        if level is not None:
            token = await self.console.session(level)
            await context.add_cookies(
                [{"name": self.console.cookie, "value": token, "url": self.console.url}]
            )
        page = await context.new_page()
        page.on("pageerror", lambda error: self.errors.append(f"script: {error}"))
        page.on("console", lambda said: self._note(said.type, said.text))
        return page

    def _note(self, kind: str, text: str) -> None:
        if kind == "error" or "Content Security Policy" in text:
            self.errors.append(f"{kind}: {text}")


@asynccontextmanager
async def visiting(browser: Browser, console: Console) -> AsyncIterator[Visit]:
    """Let a test open pages; afterwards none of them may have complained."""
    async with AsyncExitStack() as stack:
        visit = Visit(browser, console, stack)
        yield visit
        assert not visit.errors, visit.errors

"""Pictures of the console from a run with thousands of orders in it: ``make screenshots``.

A quarter of an hour of business (business.py), and what it leaves for people (leftovers.py). Then
the worker is killed, the time stands still, and Chromium takes ``docs/console/*.png``. With
``--run FOLDER`` the run is kept, and what was kept is pictured again without another run.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page

from tests.console.browsing import LOCALES, browser
from tests.console.business import business, play
from tests.console.chromium import fonts
from tests.console.leftovers import leave
from tests.console.place import PASSWORD
from tests.console.small_png import small
from worker import app
from worker.clock import Clock, SystemClock
from worker.roles import Role
from worker.settings import load_settings
from worker.surroundings import Served, Surroundings, serve_on_socket

FOLDER = Path(__file__).parents[2] / "docs" / "console"
END = "end.txt"
"""Holds when a kept run ended."""
TALL = 1_000


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    language: str = "en"
    theme: str = "light"
    width: int = 1280
    scale: float = 1


@dataclass(frozen=True)
class Shot:
    """A page: its address, and the link on it that is followed."""

    name: str
    path: str
    link: str = ""
    height: int = TALL
    press: str = ""
    """What is opened before the picture is taken."""


LOOKS = {
    "": Look(),
    "-zh": Look("zh"),
    "-dark": Look("zh", "dark"),
    "-phone": Look("zh", "light", 390, 2),
}
"""Each picture's ending, and how it is taken."""
SHOTS = (
    Shot("overview", "/?range=15m", height=1_780),
    Shot("alarms", "/alarms"),
    Shot("desk", "/desk", height=1_200),
    Shot("desk-order", "/desk", "#desk tbody a", height=1_500),
    Shot("letters", "/letters", height=1_600),
    Shot("letter", "/letters?where=kind%3Dnotice_quarantined", "#letters tbody a", height=1_500),
    Shot("replays", "/replays", height=620),
    Shot("replay", "/replays", "tr:has(.chip.warn) a", height=720),
    Shot("replay-new", "/replays/new?where=channel%3Dnordic", height=900),
    Shot("orders", "/orders"),
    Shot("order", "/orders?state=refunded&channel=nordic", "#orders tbody a", height=1_600),
    Shot("refunds", "/refunds", height=1_200),
    Shot("reconciliation", "/reconciliation", height=1_200),
    Shot("catalogue", "/catalogue", height=860),
    Shot("product", "/catalogue", "main tbody a", height=900),
    Shot("channels", "/channels", height=860),
    Shot("audit", "/audit", height=860),
)
KEPT = {
    "-zh": ("overview", "desk", "letters", "reconciliation"),
    "-dark": ("overview", "order"),
    "-phone": ("overview", "desk", "letters", "order"),
}
"""What is taken in other looks, too."""


class Held(SystemClock):
    """The time at which a run ended, going on from there, and slowly."""

    def __init__(self, end: datetime) -> None:
        """Begin at ``end``."""
        self._end, self._begun = end, datetime.now(UTC)

    def now(self) -> datetime:
        """Return the present of the run."""
        return self._end + (datetime.now(UTC) - self._begun) / 100


@asynccontextmanager
async def console(config: Path, clock: Clock) -> AsyncIterator[str]:
    """Run the console alone; give out its address."""
    found: list[str] = []

    async def serve(application: web.Application, host: str, port: int) -> Served:
        served = await serve_on_socket(application, host, port)
        found.append(served.url)
        return served

    on = Surroundings(clock=clock, serve=serve)
    async with app.running(load_settings(config, {}), frozenset({Role.CONSOLE}), on):
        yield found[0]


@asynccontextmanager
async def shown(folder: Path) -> AsyncIterator[str]:
    """Run the console over a copy of a run, at its end; give out its address."""
    end = datetime.fromisoformat((folder / END).read_text())
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        async with console(Path(copy) / "bridge.toml", Held(end)) as url:
            yield url


async def entered(opened: Browser, url: str, look: Look) -> BrowserContext:
    """Log in."""
    context = await opened.new_context(
        base_url=url,
        locale=LOCALES[look.language],
        color_scheme="dark" if look.theme == "dark" else "light",
        viewport={"width": look.width, "height": TALL},
        device_scale_factor=look.scale,
    )
    page = await context.new_page()
    await page.goto("/login")
    await page.locator("input[name=name]").fill("li.na")
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("nav", state="attached")
    await page.close()
    return context


async def take(context: BrowserContext, shot: Shot, look: Look, blank: Page) -> bytes:
    """Take one picture; nothing where the run left no such thing."""
    page = await context.new_page()
    tall = shot.height if look.width > 600 else TALL
    await page.set_viewport_size({"width": look.width, "height": tall})
    await page.goto(shot.path, wait_until="networkidle")
    if shot.link and not await page.locator(shot.link).count():
        sys.stderr.write(f"{shot.name}: the run left nothing to show\n")
        return b""
    if shot.link:
        await page.locator(shot.link).first.click()
        await page.wait_for_load_state("networkidle")
        await page.evaluate("document.activeElement.blur()")
    whole = await page.evaluate("document.documentElement.scrollHeight")
    await page.set_viewport_size({"width": look.width, "height": min(whole, tall)})
    await page.wait_for_timeout(300)
    picture = await page.screenshot()
    await page.close()
    return await small(blank, picture)


async def picture(folder: Path, into: Path, chosen: list[str], *, everything: bool) -> None:
    """Take every picture, or those that are chosen."""
    async with browser() as opened, shown(folder) as url:
        blank = await (await opened.new_context()).new_page()
        for ending, look in LOOKS.items():
            context = await entered(opened, url, look)
            names = {shot.name for shot in SHOTS} if everything or not ending else KEPT[ending]
            wanted = set(names) & set(chosen or names)
            for shot in [one for one in SHOTS if one.name in wanted]:
                if content := await take(context, shot, look, blank):
                    (into / f"{shot.name}{ending}.png").write_bytes(content)
            await context.close()


async def run(folder: Path, seconds: float, rate: float) -> None:
    """Do the day's business in a folder, which is kept as it was when the worker was killed."""
    async with business(folder) as made, console(made.made.place.config, SystemClock()):
        trading = asyncio.create_task(made.trade())
        await play(made, seconds, rate)
        await leave(made)
        trading.cancel()
        with suppress(asyncio.CancelledError):
            await trading
        await made.made.bridge.kill()
        (folder / END).write_text(datetime.now(UTC).isoformat())
        sys.stderr.write(f"{len(made.names)} orders\n")


def main() -> None:
    """Run, unless a run was kept, and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=480, help="of business")
    parser.add_argument("--rate", type=float, default=7.2, help="orders a second, about")
    parser.add_argument("--run", type=Path, help="where the run is kept, or was")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the pictures go")
    parser.add_argument("--all", action="store_true", help="every page in every look")
    parser.add_argument("names", nargs="*", help="of pictures; none: all")
    told = parser.parse_args()
    fonts()
    told.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as passing:
        folder = told.run or Path(passing)
        if not (folder / END).exists():
            folder.mkdir(parents=True, exist_ok=True)
            asyncio.run(run(folder, told.seconds, told.rate))
        asyncio.run(picture(folder, told.folder, told.names, everything=told.all))


if __name__ == "__main__":
    main()

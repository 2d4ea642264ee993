"""Pictures of the console from a run with thousands of orders in it: ``make screenshots``.

A worker between simulators takes orders for some minutes; meanwhile one channel fails, ZZY
refuses some orders and falls silent once. At the end something of everything that needs a person
is left. Then Chromium walks the navigation and what stands first on each list, and writes
``docs/console/*.png``.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from playwright.async_api import Browser

from tests.console.browsing import DESKTOP, LOCALES, PHONE, browser
from tests.console.place import PASSWORD, USERS
from tests.e2e.calling import called
from tests.e2e.load import place_orders
from tests.e2e.world import SHANGHAI, Choice, Other, Party, World, until, world
from worker import app
from worker.console.navigation import entries
from worker.roles import Role
from worker.settings import load_settings
from worker.simulators.channel import Credentials
from worker.simulators.channel_faults import ChannelFaults
from worker.simulators.zzy_faults import ZzyFaults
from worker.surroundings import Served, Surroundings, serve_on_socket

FOLDER = Path(__file__).parents[2] / "docs" / "console"
SAGA = {"unknown_retry_delays": '["1s", "2s"]', "ticket_deadline_seconds": "20"}
USER = USERS["admin"]
CONSOLE = f"""
[reconciliation]
late_seconds = 30
requests_per_second = 100
[console]
port = 0
[[console.users]]
name = "{USER.name}"
role = "admin"
password_hash = "{USER.password_hash}"
"""
CHANNELS = Choice(
    channel={"name": '"West Lake Travel 西湖旅行"'},
    others=(
        Other(Credentials(app_key="nordic", app_secrets=("n0rdic",)), {"name": '"Nordic Tours"'}),
        Other(Credentials(app_key="jiangnan", app_secrets=("j1angnan",)), {"name": '"江南票务"'}),
    ),
    retry_delays='["1s", "1s", "1s"]',
    relay={"breaker_failures": "10", "breaker_first_seconds": "5"},
    more=CONSOLE,
)
LOOKS = {
    "": ("en", "light", DESKTOP),
    "-dark": ("zh", "dark", DESKTOP),
    "-phone": ("zh", "light", PHONE),
}
"""Each picture's ending, and how it is taken."""


@asynccontextmanager
async def shown(made: World) -> AsyncIterator[str]:
    """Run the console beside the worker; give out its address."""
    found: list[str] = []

    async def serve(application: web.Application, host: str, port: int) -> Served:
        served = await serve_on_socket(application, host, port)
        found.append(served.url)
        return served

    settings = load_settings(made.place.config, {})
    async with app.running(settings, frozenset({Role.CONSOLE}), Surroundings(serve=serve)):
        yield found[0]


async def orders(party: Party, name: str, count: int, in_flight: int) -> None:
    """Place orders of one channel."""
    await place_orders(party.driver, [f"{name}{number}" for number in range(count)], in_flight)


async def play(made: World, rounds: int, count: int) -> None:
    """Order in rounds, with trouble in the middle."""
    nordic = made.parties["nordic"].simulator
    for turn in range(rounds):
        share = turn / rounds
        failing = 0.4 <= share < 0.6
        nordic.lots.set(ChannelFaults(http_500=1.0 if failing else 0.0))
        made.zzy.lots.set(
            ZzyFaults(
                create_refused=0.03,
                pay_status_failed=0.01,
                ticket_failure=0.01,
                drop_before=1.0 if 0.7 <= share < 0.72 else 0.0,
            )
        )
        await asyncio.gather(
            *(
                orders(party, f"{name}-{turn}-", count // (1 + number), 6 // (1 + number))
                for number, (name, party) in enumerate(made.parties.items())
            )
        )
        sys.stderr.write(f"round {turn + 1} of {rounds}\n")


async def leave(made: World) -> None:
    """Leave behind what needs a person: letters, orders, refunds, a channel that is silent."""
    jiangnan = made.parties["jiangnan"]
    jiangnan.simulator.lots.set(ChannelFaults(refuse=1.0))
    await orders(jiangnan, "refused-", 40, 6)
    jiangnan.simulator.lots.set(ChannelFaults(http_500=1.0))
    await orders(jiangnan, "failing-", 15, 3)
    await asyncio.sleep(8)
    jiangnan.simulator.lots.forget()
    await asyncio.sleep(12)
    made.zzy.lots.set(ZzyFaults(ticket_failure=1.0, refund_refused=1.0))
    await orders(made.k, "human-", 7, 3)
    await returned(made, ZzyFaults(refund_refused=0.0, refund_rejected=1.0), "rejected-", 4)
    await returned(made, ZzyFaults(refund_audit="by_hand"), "open-", 5)
    made.zzy.lots.set(ZzyFaults())
    await orders(made.k, "forced-", 3, 3)
    for number in range(3):
        made.zzy.platform.force_refund(await issued(made, f"forced-{number}"))
    made.parties["nordic"].simulator.lots.set(ChannelFaults(http_500=1.0))
    await orders(made.parties["nordic"], "silent-", 30, 3)
    await command(
        made, "reconcile", "--date", datetime.now(UTC).astimezone(SHANGHAI).date().isoformat()
    )
    for rate, where in (("20", "channel=nordic"), ("0.2", "channel=jiangnan")):
        asked = (*("--where", where, "--rate", rate), "--reason", "their server is well again")
        await command(made, "deadletters", "replay", *asked)


async def command(made: World, *words: str) -> None:
    """Give a command, and show what it said where it failed."""
    ran = await called(made.place.config, *words)
    sys.stderr.write(f"{' '.join(words)}: {ran.code} {ran.err[-300:]}\n")


async def issued(made: World, name: str) -> str:
    """Wait for the tickets of an order of channel k; return its number."""
    number = made.k.number(name)
    await until(lambda: has_tickets(made, number), 30)
    return number


async def has_tickets(made: World, number: str) -> bool:
    """Tell whether ZZY issued the tickets of an order, and we know."""
    return (await made.show(number))["state"] == "issued"


async def returned(made: World, faults: ZzyFaults, name: str, count: int) -> None:
    """Order, and give back at once under some faults."""
    made.zzy.lots.set(ZzyFaults())
    await orders(made.k, name, count, 3)
    numbers = [await issued(made, f"{name}{number}") for number in range(count)]
    made.zzy.lots.set(faults)
    for number in numbers:
        await made.k.driver.cancel(number)
    await asyncio.sleep(2)


async def picture(opened: Browser, url: str, folder: Path) -> None:
    """Take every picture."""
    for ending, (language, theme, size) in LOOKS.items():
        context = await opened.new_context(
            base_url=url,
            locale=LOCALES[language],
            color_scheme="dark" if theme == "dark" else "light",
            viewport={"width": size[0], "height": size[1]},
            device_scale_factor=1,
        )
        page = await context.new_page()
        await page.goto("/login")
        await page.screenshot(path=folder / f"login{ending}.png")
        await page.locator("input[name=name]").fill(USER.name)
        await page.locator("input[name=password]").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_selector("nav", state="attached")
        for route in entries():
            path = "/?range=15m" if route.path == "/" else route.path
            await page.goto(path)
            await page.wait_for_timeout(500)
            await page.screenshot(path=folder / f"{route.name}{ending}.png")
            first = page.locator("main tbody th a, main tbody td a").first
            if await first.count():
                await first.click()
                await page.wait_for_timeout(500)
                if page.url.split("?")[0] != url + route.path:
                    await page.screenshot(path=folder / f"{route.name}-one{ending}.png")
        await context.close()


async def main(rounds: int, count: int, folder: Path) -> None:
    """Run, and take the pictures."""
    async with AsyncExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        made = await stack.enter_async_context(world(CHANNELS, place, SAGA, {}))
        url = await stack.enter_async_context(shown(made))
        await play(made, rounds, count)
        await leave(made)
        await asyncio.sleep(15)
        await picture(await stack.enter_async_context(browser()), url, folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--orders", type=int, default=60, help="of the first channel, a round")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    told = parser.parse_args()
    told.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(told.rounds, told.orders, told.folder))

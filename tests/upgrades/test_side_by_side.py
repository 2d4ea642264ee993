"""A released version and today's beside each other, replaced role by role under load.

The order is that of docs/operations.md, "Upgrades": migrate, then the sagas and relays, then
the ingress. Old and new share one RabbitMQ and one PostgreSQL all the time.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from contracts.channel import order_num
from tests.e2e.bridge import Bridge, Place, free_port, started
from tests.e2e.load import Load, place_orders
from tests.e2e.verdict import Verdict, until_quiet
from tests.upgrades import kept
from worker import app
from worker.settings import load_settings
from worker.simulators.channel import ChannelSimulator
from worker.simulators.channel_driver import ChannelDriver
from worker.simulators.zzy import ZzySimulator
from worker.store.migrate import migrate

pytestmark = pytest.mark.servers

SETTINGS = {
    "reply_wait_seconds": "5",
    "unknown_retry_delays": '["0.2s", "0.5s", "1s", "1s", "1s"]',
    "ticket_deadline_seconds": "3",
    "ticket_probe_delays": '["1s", "1s", "2s", "2s", "2s", "4s"]',
    "audit_deadline_seconds": "30",
}
TAKEN_BACK = {"1000", "4000"}
"""What the cancel of a paid order is answered: it is done, or is being done."""
PATIENCE_SECONDS = 60.0
NOT_YET = "4001"
"""What 0.1.0 answers to a cancel that overtook its order."""


class Rolling:
    """Two versions on one broker and one database, and who orders from them."""

    def __init__(self, old: Place, new: Place, code: Path) -> None:
        self.old, self.new, self.code = old, new, code
        self.load = Load()
        self.stack = AsyncExitStack()
        self.cancelled: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self._driver = ChannelDriver(old.url, "k", "s3cret")
        self._fresh = ChannelDriver(new.url, "k", "s3cret")

    async def close(self) -> None:
        await self.stack.aclose()
        await self._driver.close()
        await self._fresh.close()

    async def run(self, place: Place, role: str, code: Path | None = None) -> Bridge:
        """Start a role: of the version in ``code``, or today's."""
        folder = place.folder / role
        folder.mkdir()
        apart = replace(place, folder=folder, health_port=free_port())
        return await self.stack.enter_async_context(started(apart, role, code=code))

    async def order(self, count: int, *, anew: bool = False) -> None:
        """Order, at the old ingress or at the new one, and take every third order back."""
        numbers = [f"n{next(self._numbers)}" for _ in range(count)]
        driver = self._fresh if anew else self._driver
        load = await place_orders(driver, numbers, 8)
        for mine, theirs in ((self.load.lost, load.lost), (self.load.unsure, load.unsure)):
            mine.update(theirs)
        self.load.answers |= load.answers
        for number in numbers[::3]:
            code = (await driver.cancel(order_num("k", number))).code
            if code != NOT_YET:
                self.cancelled[number] = code


@asynccontextmanager
async def rolling(
    version: str, tmp_path: Path, urls: Mapping[str, str]
) -> AsyncIterator["Rolling"]:
    """Prepare places for both versions; nothing runs yet."""
    folders = [tmp_path / "old", tmp_path / "new"]
    for folder in folders:
        folder.mkdir()
    old = Place(folders[0], settings=SETTINGS, **urls)  # type: ignore[arg-type]
    new = Place(folders[1], settings={**SETTINGS, **window(version)}, **urls)  # type: ignore[arg-type]
    new.write()
    made = Rolling(old, new, kept.unpack(version, tmp_path))
    try:
        yield made
    finally:
        await made.close()


def window(version: str) -> dict[str, str]:
    """Return what lets commands of an ingress of 0.1.0 pass; later ones name their publisher."""
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    return {"unnamed_commands_until": until} if version == "0.1.0" else {}


async def worked(bridge: Bridge) -> bool:
    """Tell whether a saga has moved an order."""
    async with aiohttp.ClientSession() as session, session.get(bridge.url + "/metrics") as answer:
        return "saga_transitions_total{" in await answer.text()


async def judged(made: Rolling, zzy: ZzySimulator, channel: ChannelSimulator) -> list[str]:
    """Wait until all is quiet; return every broken promise, and every dead letter."""
    async with app.opened(load_settings(made.new.config, {})) as parts:
        rows = await until_quiet(parts.store, made.load)
        letters = await parts.store.dead_letters()
    placed = Load({n: a for n, a in made.load.answers.items() if n not in made.cancelled})
    found = Verdict(zzy, channel, placed, rows).broken()
    for number, code in made.cancelled.items():
        books = zzy.ledger.by_origin(order_num("k", number))
        kept = sum(book.quantity - book.refunded for book in books if book.times_paid)
        if kept or code not in TAKEN_BACK:
            found.append(f"{number}: its cancel was answered {code}, and {kept} tickets are paid")
    return [*found, *(f"dead letter: {letter.kind} {letter.reason}" for letter in letters)]


@dataclass(frozen=True)
class Size:
    """How much is ordered at each step, and whether the old roles are killed with -9."""

    unit: int
    kill: bool = False


ALWAYS = [pytest.param(version, Size(3), id=f"{version}-few") for version in kept.versions()[-1:]]
LONG = [
    pytest.param(version, Size(40, kill=True), id=f"{version}-many", marks=pytest.mark.acceptance)
    for version in kept.versions()
]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("version", "size"), [*ALWAYS, *LONG])
async def test_roles_are_replaced_one_after_the_other_under_load(  # noqa: PLR0913, PLR0917  (fixtures)
    version: str,
    size: Size,
    tmp_path: Path,
    amqp_url: str,
    postgres_url: str,
    zzy: ZzySimulator,
    channel: ChannelSimulator,
) -> None:
    urls = {"broker_url": amqp_url, "database_url": postgres_url}
    urls |= {"zzy_url": zzy.url, "channel_url": channel.url}
    zzy.lots.change(latency_min=0.01, latency_max=0.1, resend_max=0.5)
    async with rolling(version, tmp_path, urls) as made:
        await _roll(made, size, zzy)
        broken = await judged(made, zzy, channel)
    assert broken == []
    assert {answer.code for answer in made.load.answers.values()} == {"1000"}


async def _roll(made: Rolling, size: Size, zzy: ZzySimulator) -> None:
    unit = size.unit
    zzy.notify(made.old.url + "/zzy/notify")
    saga, relay, ingress = await asyncio.gather(
        *(made.run(made.old, role, made.code) for role in ("saga", "relay", "ingress"))
    )
    await made.order(unit)
    await migrate(made.new.database_url)
    ordering = asyncio.ensure_future(made.order(4 * unit))
    new_saga, _ = await asyncio.gather(*(made.run(made.new, r) for r in ("saga", "relay")))
    await ordering
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (await worked(saga) and await worked(new_saga)):  # whoever is free takes one
            await made.order(4 * unit)
    ordering = asyncio.ensure_future(made.order(2 * unit))
    for old in (saga, relay):
        await (old.kill() if size.kill else old.stop())
    await made.run(made.new, "ingress")
    await ordering
    zzy.notify(made.new.url + "/zzy/notify")
    await asyncio.gather(made.order(unit), made.order(unit, anew=True))
    await ingress.stop()
    await made.order(unit, anew=True)

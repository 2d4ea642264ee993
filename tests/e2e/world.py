"""A running bridge between simulators, shared by the tests of one module.

Each test has its own order numbers and its own faults, so they need no bridge of their
own. A module chooses the settings: ``WORLD = Choice(...)``.
"""

import asyncio
import itertools
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from contracts.channel import order_num
from tests.e2e.bridge import CHANNEL, RETRY_DELAYS, Bridge, Place, clean_environment, started
from tests.e2e.calling import Ran, called
from worker.simulators.channel import ChannelSimulator, Credentials, Delivery
from worker.simulators.channel_driver import ChannelDriver, DriverAnswer, sample_order
from worker.simulators.records import Order
from worker.simulators.sms import SmsSimulator
from worker.simulators.zzy import ZzySimulator
from worker.simulators.zzy_faults import ZzyFaults

PATIENCE_SECONDS = 15.0
SHANGHAI = ZoneInfo("Asia/Shanghai")

T = TypeVar("T")


def tomorrow(now: datetime | None = None) -> date:
    return (now or datetime.now(UTC)).astimezone(SHANGHAI).date() + timedelta(days=1)


async def until(condition: Callable[[], Awaitable[T]], seconds: float = PATIENCE_SECONDS) -> T:
    """Ask another process again and again, and return its first answer that is true."""
    async with asyncio.timeout(seconds):
        while not (answer := await condition()):  # noqa: ASYNC110  (another process)
            await asyncio.sleep(0.05)
        return answer


async def cli(config: Path, *words: str, cwd: Path | None = None, first: bool = True) -> Ran:
    """Run ``python -m worker`` with ``--config`` before the words, or after them.

    ``called`` does the same within this process.
    """
    named = ("--config", str(config))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "worker", *(named if first else ()), *words, *(() if first else named)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=clean_environment(),
        cwd=cwd,
    )
    async with asyncio.timeout(30):
        out, err = await process.communicate()
    return Ran(process.returncode or 0, out.decode(), err.decode())


@dataclass(frozen=True)
class Other:
    """Another channel beside k: its credentials, and its settings as TOML values."""

    credentials: Credentials
    settings: Mapping[str, str] = field(default_factory=dict)
    product_news: bool = False


@dataclass(frozen=True)
class Choice:
    """How the bridge of a module is set up."""

    settings: Mapping[str, str] = field(default_factory=dict)
    channel: Mapping[str, str] = field(default_factory=dict)
    others: tuple[Other, ...] = ()
    roles: tuple[str, ...] = ()
    """Of the process; none: all."""
    retry_delays: str = RETRY_DELAYS
    relay_timeout: float = 10
    relay: Mapping[str, str] = field(default_factory=dict)
    """More of the section [relay], as TOML values."""
    log_level: str = "warning"
    sms: str = ""
    """Of the section [sms], as TOML lines without the URL; with any, there is a gateway."""
    more: str = ""
    """More TOML, after all the rest."""


class Party:
    """A channel: it orders through its driver and is told at its simulator."""

    def __init__(self, simulator: ChannelSimulator, url: str) -> None:
        self.simulator = simulator
        credentials = simulator.credentials
        self.app_key = credentials.app_key
        self.driver = ChannelDriver(url, credentials.app_key, credentials.app_secrets[0])
        self._visits: dict[str, date] = {}

    def number(self, channel_order_num: str) -> str:
        """Return our number for one of its own."""
        return order_num(self.app_key, channel_order_num)

    async def order(self, channel_order_num: str, **changes: object) -> DriverAnswer:
        """Place the document's example, with changes; ``...`` leaves a field out.

        Who orders again means the same day, though midnight was between.
        """
        visit = self._visits.setdefault(channel_order_num, tomorrow())
        content = sample_order(channel_order_num, visit, **changes)
        return await self.driver.create({k: v for k, v in content.items() if v is not ...})

    async def told(
        self, kind: str, number: str, count: int = 1, *, seconds: float = PATIENCE_SECONDS
    ) -> list[Delivery]:
        """Wait until it was told ``count`` times, and return all of these."""
        await self.simulator.changes.until(
            lambda: len(self.simulator.of_type(kind, number)) >= count, seconds=seconds
        )
        return self.simulator.of_type(kind, number)

    def news(self, number: str) -> list[str]:
        """Return the types of all that it was told of an order, by any of its numbers."""
        return [
            delivery.type
            for delivery in self.simulator.received.values()
            if number
            in {delivery.params.get("order_num"), delivery.params.get("channel_order_num")}
        ]


class World:
    """Everything that a test can reach, all of it from outside the worker."""

    def __init__(
        self,
        place: Place,
        bridge: Bridge,
        zzy: ZzySimulator,
        parties: list[Party],
        sms: SmsSimulator,
    ) -> None:
        self.place = place
        self.bridge = bridge
        self.zzy = zzy
        self.sms = sms
        self.k = parties[0]
        self.parties = {party.app_key: party for party in parties}
        self._numbers = itertools.count(1)

    def fresh(self) -> str:
        """Return a channel_order_num that was not used yet."""
        return f"c{next(self._numbers)}"

    def calm(self) -> None:
        """Let every simulator behave again."""
        self.zzy.lots.set(ZzyFaults())
        self.zzy.lots.forget()
        self.zzy.ledger.balance = None
        self.sms.lots.forget()
        for party in self.parties.values():
            party.simulator.lots.forget()

    def book(self, number: str) -> Order:
        """Return the one order that ZZY has under a number of ours."""
        (order,) = self.zzy.ledger.by_origin(number)
        return order

    def history(self, number: str) -> list[str]:
        """Return what ZZY's books say happened to an order, without the times."""
        return [line.partition(" ")[2] for line in self.zzy.ledger.history(number)]

    async def at_zzy(self, condition: Callable[[], object]) -> None:
        """Wait for something to be true in ZZY's books."""
        await self.zzy.changes.until(lambda: bool(condition()), seconds=PATIENCE_SECONDS)

    async def show(self, number: str) -> dict[str, Any]:
        """Return ``orders show --json``."""
        ran = await called(self.place.config, "orders", "show", number, "--json")
        assert ran.code == 0, ran.err
        return ran.lines[0]

    async def letters(self) -> list[dict[str, Any]]:
        """Return ``deadletters list --json``."""
        ran = await called(self.place.config, "deadletters", "list", "--json")
        assert ran.code == 0, ran.err
        return ran.lines


def codes(world: World, number: str) -> set[str]:
    """Return what ZZY issued for one of our order numbers."""
    return {ticket.code for ticket in world.book(number).tickets}


async def delivered(world: World, number: str, party: Party | None = None) -> set[str]:
    """Wait for the vouchers and return their codes."""
    told = await (party or world.k).told("voucher", number)
    return {voucher["code"] for delivery in told for voucher in delivery.params["vouchers"]}


@asynccontextmanager
async def world(
    choice: Choice, folder: Path, settings: Mapping[str, str], urls: Mapping[str, Any]
) -> AsyncIterator[World]:
    """Run a bridge between a ZZY and the channels of ``choice``."""
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(surroundings(choice, folder, settings, urls))
        made.bridge = await stack.enter_async_context(started(made.place, *choice.roles))
        yield made


@asynccontextmanager
async def surroundings(
    choice: Choice, folder: Path, settings: Mapping[str, str], urls: Mapping[str, Any]
) -> AsyncIterator[World]:
    """Run everybody around a bridge; it itself is not started."""
    async with AsyncExitStack() as stack:
        zzy = ZzySimulator()
        await zzy.start()
        stack.push_async_callback(zzy.stop)
        sms = SmsSimulator()
        await sms.start()
        stack.push_async_callback(sms.stop)
        simulators = [ChannelSimulator(), *(ChannelSimulator(o.credentials) for o in choice.others)]
        for simulator in simulators:
            await simulator.start()
            stack.push_async_callback(simulator.stop)
        more = "\n".join(
            [*map(_table, choice.others, simulators[1:]), choice.more, _sms(choice, sms)]
        )
        place = Place(
            folder,
            zzy_url=zzy.url,
            channel_url=simulators[0].url,
            settings={**settings, **choice.settings},
            channel=choice.channel,
            retry_delays=choice.retry_delays,
            relay_timeout=choice.relay_timeout,
            relay=choice.relay,
            log_level=choice.log_level,
            more=more,
            **urls,
        )
        zzy.notify(place.url + "/zzy/notify")
        parties = [Party(simulator, place.url) for simulator in simulators]
        for party in parties:
            stack.push_async_callback(party.driver.close)
        yield World(place, Bridge(place, *choice.roles), zzy, parties, sms)


def _sms(choice: Choice, gateway: SmsSimulator) -> str:
    return f'\n[sms]\nurl = "{gateway.url}"\n{choice.sms}\n' if choice.sms else ""


def _table(other: Other, simulator: ChannelSimulator) -> str:
    credentials = other.credentials
    values = {
        **CHANNEL,
        "app_key": json.dumps(credentials.app_key),
        "app_secrets": json.dumps(list(credentials.app_secrets)),
        "envelope": json.dumps(credentials.envelope),
        "notify_url": json.dumps(simulator.url + "/notify"),
        **other.settings,
    }
    if other.product_news:
        values["notify_urls.product"] = json.dumps(simulator.url + "/product")
    return "[[channels]]\n" + "\n".join(f"{key} = {value}" for key, value in values.items())

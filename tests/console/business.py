"""A quarter of an hour of business for the pictures: thousands of orders, and four incidents.

A worker stands between simulators as in the tests end to end. One channel fails for a while,
another one refuses what it is told, ZZY falls silent, and ZZY's account runs empty; a third
channel's address is gone and some texts are not sent.
"""

import asyncio
import math
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp

from tests.console.place import USERS
from tests.console.shop import Shop, stock
from tests.e2e.bridge import started
from tests.e2e.calling import Ran, called
from tests.e2e.world import Choice, Other, World, surroundings
from worker.simulators.channel import Credentials
from worker.simulators.channel_faults import ChannelFaults
from worker.simulators.records import RefusalError
from worker.simulators.sms import SmsFaults
from worker.simulators.zzy_faults import ZzyFaults

SEED = 20260501
USER = USERS["admin"]
SAGA = {
    "unknown_retry_delays": '["1s", "2s", "4s"]',
    "ticket_deadline_seconds": "25",
    "ticket_probe_delays": '["3s", "6s"]',
}
CONSOLE = f"""
[alarms]
check_seconds = 5
[reconciliation]
late_seconds = 30
requests_per_second = 100
[console]
port = 0
[[console.users]]
name = "li.na"
role = "admin"
password_hash = "{USER.password_hash}"
"""
CHANNELS = Choice(
    channel={"name": '"西湖旅行 West Lake Travel"'},
    others=(
        Other(Credentials(app_key="nordic", app_secrets=("n0rdic",)), {"name": '"Nordic Tours"'}),
        Other(
            Credentials(app_key="jiangnan", app_secrets=("j1angnan",)),
            {"name": '"江南票务"', "vouchers_by": '"both"'},
        ),
        Other(Credentials(app_key="oldtown", app_secrets=("0ldtown",)), {"name": '"Old Town"'}),
    ),
    retry_delays='["1s", "2s", "4s"]',
    relay={"breaker_failures": "10", "breaker_first_seconds": "5"},
    sms="""
json_body = '{"phone": "${phone}", "text": "${text}", "id": "${sms_id}"}'
success_field = "Code"
success_value = "OK"
error_field = "Message"
retry_delays = ["1s"]
""",
    more=CONSOLE,
)
KEYS = ("k", "nordic", "jiangnan", "oldtown")
WEIGHTS = (54, 26, 16, 4)
USUAL = ZzyFaults(
    seed=SEED,
    latency_min=0.02,
    latency_max=0.18,
    ticket_delay_min=0.1,
    ticket_delay_max=1.2,
    create_refused=0.012,
    pay_status_failed=0.004,
    refund_delay=1.5,
)
"""How ZZY is on a good day."""


@dataclass
class Business:
    """What goes on between the channels and ZZY."""

    made: World
    shop: Shop = field(default_factory=lambda: Shop(SEED))
    rate: float = 1.0
    """Orders a second, about."""
    names: dict[str, str] = field(default_factory=dict)
    """Channels' own numbers of all orders, by ours."""
    lively: bool = True
    """Whether guests come to the gate and some give tickets back."""

    def zzy(self, **changes: object) -> None:
        """Let ZZY behave as usual but for these faults."""
        self.made.zzy.lots.set(USUAL.model_copy(update=changes))

    def channel(self, app_key: str, **faults: float) -> None:
        """Let a channel have these faults and no others."""
        simulator = self.made.parties[app_key].simulator
        simulator.lots.set(ChannelFaults(latency_min=0.01, latency_max=0.12, **faults))

    async def sell(self, app_key: str = "", tickets: int = 0, *, product: int = 0) -> str:
        """Sell once, as a channel does: again where it has no answer; return our number."""
        app_key = app_key or self.shop.channel(KEYS, WEIGHTS)
        order = self.shop.order(app_key, tickets, product=product)
        party = self.made.parties[app_key]
        number = party.number(order["channel_order_num"])
        self.names[number] = order["channel_order_num"]
        code = ""
        for _ in range(20):
            with suppress(aiohttp.ClientError, TimeoutError):
                answer = await party.driver.create(order)
                if answer.status == 200:
                    code = answer.code
                    break
            await asyncio.sleep(1)
        chance = self.shop.dice.random()
        if self.lively and code == "1000" and chance < 0.2:
            await asyncio.sleep(self.shop.dice.uniform(4, 25))
            await self._later(app_key, number, back=chance < 0.03)
        return number

    async def _later(self, app_key: str, number: str, *, back: bool) -> None:
        """Let a guest come to the gate, or give the tickets back."""
        with suppress(RefusalError, aiohttp.ClientError, TimeoutError):
            if back:
                await self.made.parties[app_key].driver.cancel(number)
            else:
                self.made.zzy.platform.check(number)

    async def command(self, *words: str) -> Ran:
        """Give a command as an operator does, and show what it said."""
        ran = await called(self.made.place.config, *words, seconds=180)
        sys.stderr.write(f"{' '.join(words)}: {ran.code} {ran.err[-200:].strip()}\n")
        return ran

    async def replay(self, where: str, reason: str, rate: str, *more: str) -> None:
        """Send dead letters home, as a job."""
        words = ("--where", where, "--reason", reason, "--rate", rate)
        await self.command("deadletters", "replay", *words, *more)

    async def trade(self) -> None:
        """Sell until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await asyncio.sleep(self.shop.dice.expovariate(self.rate))
                tasks.create_task(self.sell())


AGAIN = ("channel=nordic", "their server is well again", "20", "--canary", "5")
Turn = tuple[float, str, Callable[[Business], Any]]
DAY: tuple[Turn, ...] = (
    (0.12, "a third channel's address is gone", lambda b: b.channel("oldtown", gone=1.0)),
    (0.20, "Nordic Tours' server fails", lambda b: b.channel("nordic", http_500=1.0)),
    (0.32, "and is mended", lambda b: b.channel("nordic")),
    (0.36, "what was lost there is sent again", lambda b: b.replay(*AGAIN)),
    (0.42, "江南票务 refuses what it is told", lambda b: b.channel("jiangnan", refuse=1.0)),
    (0.48, "and takes it again", lambda b: b.channel("jiangnan")),
    (0.54, "ZZY is slow", lambda b: b.zzy(latency_min=0.3, latency_max=1.1)),
    (0.59, "ZZY is silent", lambda b: b.zzy(drop_before=1.0)),
    (0.66, "ZZY answers", lambda b: b.zzy()),
    (0.76, "the account at ZZY is empty", lambda b: _balance(b, 0)),
    (0.81, "and is topped up", lambda b: _balance(b, None)),
)
"""What happens, by the share of the day that has passed."""


def _balance(business: Business, amount: float | None) -> None:
    business.made.zzy.ledger.balance = None if amount is None else Decimal(str(amount))


async def play(business: Business, seconds: float, rate: float) -> None:
    """Do a day's business in so many seconds, about ``rate`` orders in each."""
    for app_key in KEYS:
        business.channel(app_key)
    business.made.sms.lots.set(SmsFaults(refuse=0.3))
    business.zzy()
    turns = list(DAY)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with asyncio.TaskGroup() as tasks:
        while (passed := loop.time() - begun) < seconds:
            share = passed / seconds
            while turns and turns[0][0] <= share:
                _, words, act = turns.pop(0)
                sys.stderr.write(f"{passed:4.0f} s, {len(business.names)} orders: {words}\n")
                if asyncio.iscoroutine(doing := act(business)):
                    tasks.create_task(doing)
            wave = math.sin(share * 3 * math.pi) + 0.35 * math.sin(share * 17)
            business.rate = rate * max(0.3, 1 + 0.32 * wave)
            await asyncio.sleep(1)


@asynccontextmanager
async def business(folder: Path) -> AsyncIterator[Business]:
    """Open for business; a worker does it, which is killed at the end and cleans up nothing."""
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(
            surroundings(CHANNELS, folder, SAGA, {"zzy_timeout": 2})
        )
        stock(made.zzy.ledger.products)
        made.bridge = await stack.enter_async_context(started(made.place))
        yield Business(made)

"""Everything that the demo runs: simulators here, the worker as a process of its own.

Why it exists: it starts what a real integration has around the worker, in a temporary
folder, and leaves nothing behind. It must not know the steps.
"""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp

from tests.servers.fresh import create_database, drop_database
from tests.servers.shared import Shared
from worker import app
from worker.runtime.ports import Store
from worker.settings import load_settings
from worker.simulators.channel import ChannelSimulator
from worker.simulators.channel_driver import ChannelDriver
from worker.simulators.sms import SmsSimulator
from worker.simulators.zzy import ZzySimulator
from worker.simulators.zzy_faults import ZzyFaults

UNHURRIED = ZzyFaults(
    latency_min=0.4,
    latency_max=0.4,
    ticket_delay_min=0.6,
    ticket_delay_max=0.6,
    refund_delay=0.6,
)
"""No faults, and slow enough for the eye."""

START_SECONDS = 20.0
STOP_SECONDS = 12.0
LOG = "worker.log"

CONFIG = """
database_url = "{database_url}"
broker_url = "{broker_url}"

[ingress]
port = {port}

[zzy]
base_url = "{zzy_url}"
sign_key = "demo-sign-key"

[relay]
allow_private_addresses = true
retry_delays = ["1s"]

[sms]
url = "{sms_url}/send"
json_body = '{{"phone": "${{phone}}", "text": "${{text}}"}}'
success_field = "Code"
success_value = "OK"

[log]
format = "json"

[[channels]]
app_key = "k"
app_secrets = ["s3cret"]
name = "demo channel"
notify_url = "{channel_url}/notify"
reply_on = "accepted"
vouchers_by = "both"
notify_urls.product = "{channel_url}/product"

[[products]]
product_code = "P11063"
zzy_product_id = 11063
"""


class WorkerDidNotStartError(Exception):
    """The worker ended before it was ready."""


@dataclass
class World:
    """What the demo acts on and looks at."""

    folder: Path
    url: str
    zzy: ZzySimulator
    channel: ChannelSimulator
    sms: SmsSimulator
    driver: ChannelDriver
    store: Store

    async def command(self, *words: str) -> tuple[int, str]:
        """Run ``python -m worker WORDS`` and return its exit code and stdout."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "worker", *words, "--config", str(self.folder / "bridge.toml")),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        out, _ = await process.communicate()
        return process.returncode or 0, out.decode()

    async def order_num(self, number: str) -> str:
        """Return our number of an order, or nothing."""
        rows = await self.store.find_orders(number)
        return rows[0].order_num if rows else ""

    async def timeline(self, number: str) -> list[tuple[str, str]]:
        """Return what happened to an order: the kind of each entry, and its details."""
        entries = await self.store.timeline(await self.order_num(number))
        return [(entry.kind, entry.text) for entry in entries]

    def last_words(self) -> str:
        """Return the end of the worker's log."""
        return (self.folder / LOG).read_text()[-2000:]


@asynccontextmanager
async def started(broker: str) -> AsyncIterator[World]:
    """Start everything on ``embedded`` or ``rabbitmq``; stop it afterwards."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="ticketbridge-demo-")))
        urls = {"database_url": "sqlite:///bridge.db", "broker_url": "embedded:"}
        if broker == "rabbitmq":
            urls = _servers(stack)
        zzy, channel, sms = ZzySimulator(faults=UNHURRIED), ChannelSimulator(), SmsSimulator()
        stack.push_async_callback(zzy.stop)
        stack.push_async_callback(channel.stop)
        stack.push_async_callback(sms.stop)
        port = _free_port()
        places = {
            "zzy_url": await zzy.start(),
            "channel_url": await channel.start(),
            "sms_url": await sms.start(),
        }
        (folder / "bridge.toml").write_text(CONFIG.format(port=port, **places, **urls))
        url = f"http://127.0.0.1:{port}"
        zzy.notify(f"{url}/zzy/notify")
        await stack.enter_async_context(_worker(folder, url))
        driver = ChannelDriver(url, "k", "s3cret")
        stack.push_async_callback(driver.close)
        settings = load_settings(folder / "bridge.toml", {})
        store = await stack.enter_async_context(app.opened_store(settings))
        yield World(folder, url, zzy, channel, sms, driver, store)


def _servers(stack: AsyncExitStack) -> dict[str, str]:
    shared = Shared()
    stack.callback(shared.close)
    amqp_url = stack.enter_context(shared.vhost())
    database_url = create_database(shared.postgres_url)
    stack.callback(drop_database, shared.postgres_url, database_url)
    return {"database_url": database_url, "broker_url": amqp_url}


@asynccontextmanager
async def _worker(folder: Path, url: str) -> AsyncIterator[None]:
    with (folder / LOG).open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "worker", "run", "--config", str(folder / "bridge.toml")),
            stdout=output,
            stderr=output,
        )
    try:
        await _until_ready(process, url)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()


async def _until_ready(process: asyncio.subprocess.Process, url: str) -> None:
    async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as session:
        while process.returncode is None:
            try:
                async with session.get(f"{url}/readyz") as answer:
                    if answer.ok:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
    raise WorkerDidNotStartError


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""The worker as a process of its own, as an operator starts it."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

CHANNEL = {"app_key": '"k"', "app_secrets": '["s3cret"]', "concurrency": "16"}
RETRY_DELAYS = '["1s", "1s", "1s", "1s", "1s", "5s", "5s", "5s", "5s"]'
START_SECONDS = 30
STOP_SECONDS = 12


def free_port() -> int:
    """Return a loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def until_ready(
    process: asyncio.subprocess.Process, url: str, told: Callable[[], str]
) -> None:
    """Wait until a process says that it is ready; ``told`` is why it ended before, if it did."""
    async with aiohttp.ClientSession() as session:
        while True:
            assert process.returncode is None, told()
            try:
                async with session.get(url + "/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)


def clean_environment() -> dict[str, str]:
    """Return the environment without what would change the settings."""
    return {k: v for k, v in os.environ.items() if not k.startswith("TICKETBRIDGE_")}


@dataclass(frozen=True)
class Place:
    """Where a bridge runs and whom it talks to."""

    folder: Path
    host: str = "127.0.0.1"
    port: int = field(default_factory=free_port)
    database_url: str = "sqlite:///bridge.db"
    broker_url: str = "embedded:"
    zzy_url: str = ""
    channel_url: str = ""
    top: Mapping[str, str] = field(default_factory=dict)
    """Of no section, as TOML values."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Of the section [saga], as TOML values."""
    channel: Mapping[str, str] = field(default_factory=dict)
    """Of the channel k, as TOML values, besides the usual ones."""
    more: str = ""
    """More TOML, after all the rest: further channels, say."""
    log_level: str = "warning"
    zzy_timeout: float = 1
    retry_delays: str = RETRY_DELAYS
    relay_timeout: float = 10
    relay: Mapping[str, str] = field(default_factory=dict)
    """More of the section [relay], as TOML values."""
    health_port: int = 0
    """Where a process without the ingress answers."""

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def config(self) -> Path:
        return self.folder / "bridge.toml"

    def write(self) -> None:
        """Write the configuration file."""
        self.config.write_text(self.text())

    def text(self) -> str:
        """Return what the configuration file says."""
        channel = {**CHANNEL, "notify_url": f'"{self.channel_url}/notify"', **self.channel}
        return f"""
database_url = "{self.database_url}"
broker_url = "{self.broker_url}"
{_lines(self.top)}

[ingress]
host = "{self.host}"
port = {self.port}

[zzy]
base_url = "{self.zzy_url}"
sign_key = "demo-sign-key"
read_timeout_seconds = {self.zzy_timeout}

[saga]
{_lines(self.settings)}

[health]
port = {self.health_port}

[relay]
allow_private_addresses = true
retry_delays = {self.retry_delays}
timeout_seconds = {self.relay_timeout}
{_lines(self.relay)}

[log]
level = "{self.log_level}"

[[channels]]
{_lines(channel)}

[[products]]
product_code = "P11063"
zzy_product_id = 11063

{self.more}
"""


def _lines(values: Mapping[str, str]) -> str:
    return "\n".join(f"{key} = {value}" for key, value in values.items())


class Bridge:
    """One ``python -m worker run``."""

    def __init__(self, place: Place, *roles: str, code: Path | None = None) -> None:
        """Run the program in ``code``, a released version's; else today's."""
        self._place = place
        self._roles = roles
        self._code = code
        # Many of them run beside each other; a released version may not know the setting.
        self._environment = (
            {"PYTHONPATH": str(code)} if code else {"TICKETBRIDGE_CONSOLE__ENABLED": "false"}
        )
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where it answers: its ingress, or its health port where it has none."""
        if not self._roles or "ingress" in self._roles:
            return self._place.url
        return f"http://127.0.0.1:{self._place.health_port}"

    @property
    def pid(self) -> int:
        """The number of the process that runs."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start, and wait until it is ready."""
        log = (self._place.folder / "worker.log").open("ab")
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "worker", "run", "--config", str(self._place.config), *self._roles),
            stderr=log,
            stdout=log,
            env=clean_environment() | self._environment,
            cwd=self._code,
        )
        log.close()
        async with asyncio.timeout(START_SECONDS):
            await until_ready(self._process, self.url, lambda: "the worker ended at its start")

    async def kill(self) -> None:
        """Kill it with -9."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """Stop it with SIGTERM and return its exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        process, self._process = self._process, None
        process.send_signal(number)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                return await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise

    async def close(self) -> None:
        """Kill what still runs."""
        if self._process is not None:
            await self.kill()


@asynccontextmanager
async def started(place: Place, *roles: str, code: Path | None = None) -> AsyncIterator[Bridge]:
    """Run a bridge; whatever happens, it is gone afterwards."""
    place.write()
    bridge = Bridge(place, *roles, code=code)
    try:
        await bridge.start()
        yield bridge
    finally:
        await bridge.close()

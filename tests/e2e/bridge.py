"""The worker as a process of its own, as an operator starts it."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

START_SECONDS = 30
STOP_SECONDS = 12


def free_port() -> int:
    """Return a loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Place:
    """Where a bridge runs and whom it talks to."""

    folder: Path
    port: int = field(default_factory=free_port)
    database_url: str = "sqlite:///bridge.db"
    broker_url: str = "embedded:"
    zzy_url: str = ""
    channel_url: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def config(self) -> Path:
        return self.folder / "bridge.toml"

    def write(self) -> None:
        """Write the configuration file."""
        saga = "\n".join(f"{key} = {value}" for key, value in self.settings.items())
        self.config.write_text(
            f"""
database_url = "{self.database_url}"
broker_url = "{self.broker_url}"

[ingress]
port = {self.port}

[zzy]
base_url = "{self.zzy_url}"
sign_key = "demo-sign-key"
read_timeout_seconds = 1

[saga]
{saga}

[relay]
allow_private_addresses = true
retry_delays = ["1s", "1s", "1s", "1s", "1s", "5s", "5s", "5s", "5s"]

[log]
level = "warning"

[[channels]]
app_key = "k"
app_secrets = ["s3cret"]
notify_url = "{self.channel_url}/notify"
concurrency = 16

[[products]]
product_code = "P11063"
zzy_product_id = 11063
"""
        )


class Bridge:
    """One ``python -m worker run``."""

    def __init__(self, place: Place, *roles: str) -> None:
        self._place = place
        self._roles = roles
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start, and wait until it is ready."""
        log = (self._place.folder / "worker.log").open("ab")
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "worker", "run", "--config", str(self._place.config), *self._roles),
            stderr=log,
            stdout=log,
            env={k: v for k, v in os.environ.items() if not k.startswith("TICKETBRIDGE_")},
        )
        log.close()
        await self._until_ready()

    async def _until_ready(self) -> None:
        async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as session:
            while True:
                assert self._process is not None
                assert self._process.returncode is None, "the worker ended at its start"
                try:
                    async with session.get(self._place.url + "/readyz") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)

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
        async with asyncio.timeout(STOP_SECONDS):
            return await process.wait()

    async def close(self) -> None:
        """Kill what still runs."""
        if self._process is not None:
            await self.kill()


@asynccontextmanager
async def started(place: Place, *roles: str) -> AsyncIterator[Bridge]:
    """Run a bridge; whatever happens, it is gone afterwards."""
    place.write()
    bridge = Bridge(place, *roles)
    try:
        await bridge.start()
        yield bridge
    finally:
        await bridge.close()

"""One role of the bridge as a process, with a proxy on each of its links."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from tests.chaos.netns import Machine
from tests.chaos.proxy import Proxy
from tests.e2e.bridge import Place, clean_environment
from tests.servers.process import GUARD

READY_SECONDS = 60.0
NOTICED_SECONDS = 20.0
STOP_SECONDS = 10.0
ASK_SECONDS = 2.0


@dataclass
class Worker:
    """A process of one role (or of all, where none is named)."""

    name: str
    place: Place
    role: str = ""
    links: Mapping[str, Sequence[Proxy]] = field(default_factory=dict)
    """By kind (broker, database, zzy, channels): the proxies between it and them."""
    machine: Machine | None = None
    """Where it runs, if not beside everybody else."""
    logs: Path | None = None
    """Where its log lies, if not in its folder."""
    process: asyncio.subprocess.Process | None = None
    ended: list[int] = field(default_factory=list)
    """With which codes it ended though nobody had told it to."""

    @property
    def url(self) -> str:
        if self.role in {"", "ingress"}:
            return self.place.url
        return f"http://127.0.0.1:{self.place.health_port}"

    def write(self, moved: Mapping[str, str]) -> None:
        """Write its configuration; ``moved`` tells which address is to be read as which."""
        self.place.folder.mkdir(exist_ok=True)
        text = self.place.text()
        for old, new in moved.items():
            text = text.replace(old, new)
        self.place.config.write_text(text)

    async def start(self) -> None:
        """Start it, and do not wait until it is ready."""
        command = [] if self.machine is None else self.machine.command()
        command += [sys.executable, "-m", "worker", "run", "--config", str(self.place.config)]
        command += [self.role] if self.role else []
        folder = self.logs or self.place.folder
        with (folder / "worker.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *command, stderr=log, stdout=log, env=clean_environment()
            )
        GUARD.tell(f"+pid {self.process.pid}")

    def send(self, number: int) -> None:
        """Send it a signal."""
        if self.process is not None and self.process.returncode is None:
            os.kill(self.process.pid, number)

    async def kill(self) -> None:
        """Kill it with -9."""
        self.send(signal.SIGKILL)
        await self._gone()

    async def stop(self) -> float:
        """Stop it with SIGTERM; return how long that took. Raises AssertionError, TimeoutError."""
        assert self.process is not None
        began = time.monotonic()
        self.send(signal.SIGTERM)
        async with asyncio.timeout(3 * STOP_SECONDS):
            code = await self._gone()
        assert code == 0, f"{self.name} ended with {code} when it was told to stop"
        return time.monotonic() - began

    async def _gone(self) -> int:
        assert self.process is not None
        code = await self.process.wait()
        GUARD.tell(f"-pid {self.process.pid}")
        self.process = None
        return code

    async def look_after(self) -> None:
        """Start it again where it ended by itself, as a supervisor would; remember that."""
        if self.process is not None and self.process.returncode is not None:
            self.ended.append(await self._gone())
            await self.start()

    async def problems(self) -> list[str]:
        """Return why it is not ready; empty if it is."""
        try:
            async with self._session() as session, session.get(self.url + "/readyz") as answer:
                if answer.status == 200:
                    return []
                return [f"{self.name}: {why}" for why in (await answer.json())["problems"]]
        except (aiohttp.ClientError, TimeoutError) as error:
            return [f"{self.name}: {type(error).__name__}"]

    def _session(self) -> aiohttp.ClientSession:
        socket_factory = None
        if (machine := self.machine) is not None:

            def socket_factory(info: tuple[int, int, int, str, object]) -> object:
                made = machine.own_socket(*info[:3])
                made.settimeout(0)
                return made

        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=socket_factory),  # type: ignore[arg-type]
            timeout=aiohttp.ClientTimeout(total=ASK_SECONDS),
        )

    async def close(self) -> None:
        """Kill what still runs, and cut its links."""
        if self.process is not None:
            await self.kill()
        for proxies in self.links.values():
            for proxy in proxies:
                await proxy.close()


async def until_ready(workers: Sequence[Worker], seconds: float = READY_SECONDS) -> list[str]:
    """Wait until all are ready; return what is still wrong after so many seconds."""
    problems: list[str] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                for worker in workers:
                    await worker.look_after()
                found = await asyncio.gather(*(worker.problems() for worker in workers))
                problems = [why for one in found for why in one]
                if not problems:
                    return []
                await asyncio.sleep(0.2)
    return problems


async def until_unready(workers: Sequence[Worker], seconds: float = NOTICED_SECONDS) -> list[str]:
    """Wait until none says any more that it is ready; return who still does after so long."""
    ready: list[str] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                found = await asyncio.gather(*(worker.problems() for worker in workers))
                ready = [one.name for one, told in zip(workers, found, strict=True) if not told]
                if not ready:
                    return []
                await asyncio.sleep(0.2)
    return ready

"""The way from the README to production, walked on this machine: ``make walk``.

A fresh clone, the README's commands, the installation for systemd, an upgrade from the first
released version with orders under way, a backup, a restore, and the move to RabbitMQ and
PostgreSQL. The same orders all the way; at the end the books are judged from outside.
"""

import argparse
import asyncio
import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp

from tests.e2e.bridge import Place, clean_environment, started
from tests.e2e.load import Load, place_orders
from tests.e2e.verdict import Verdict, until_quiet
from tests.servers.fresh import create_database, drop_database
from tests.servers.shared import Shared
from tests.upgrades import kept
from worker import app
from worker.settings import load_settings
from worker.simulators.channel import ChannelSimulator
from worker.simulators.channel_driver import ChannelDriver
from worker.simulators.zzy import ZzySimulator

ROOT = Path(__file__).parents[2]
README = (["make", "demo"], ["make", "test-fast", "ARGS=tests/contracts/test_signatures.py -q"])
"""The README's two commands, the second cut short."""
PORTION = 15
PATIENCE_SECONDS = 60
SAGA = {
    "unknown_retry_delays": '["0.5s", "1s", "1s", "1s"]',
    "ticket_deadline_seconds": "3",
    "ticket_probe_delays": '["1s", "1s", "2s", "2s", "4s"]',
}


def said(step: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')}  {step}\n")
    sys.stdout.flush()


def run(words: Sequence[str], folder: Path, **environment: str) -> str:
    """Run a command to its end; it must succeed."""
    done = subprocess.run(
        words,
        cwd=folder,
        env={**clean_environment(), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


@dataclass
class Machine:
    """An installation: what the unit of systemd would run, for a configuration."""

    root: Path
    place: Place
    process: asyncio.subprocess.Process | None = None

    @property
    def program(self) -> str:
        return str(self.root / "opt" / "ticketbridge" / "bin" / "ticketbridge")

    def unit(self, key: str) -> list[str]:
        """Return a command of the unit, at this installation's place."""
        unit = (self.root / "etc/systemd/system/ticketbridge.service").read_text()
        (line,) = re.findall(rf"^{key}=(.*)$", unit, re.MULTILINE)
        words = line.replace("/opt/", f"{self.root}/opt/").split()
        return [str(self.place.config) if word.startswith("/etc/") else word for word in words]

    def command(self, *words: str) -> str:
        return run([self.program, *words, "--config", str(self.place.config)], self.root)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start it as systemd does; at the end it gets SIGTERM, and must end well."""
        run(self.unit("ExecStartPre"), self.root)
        with (self.root / "log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *self.unit("ExecStart"),
                cwd=self.root,
                env={**clean_environment(), "TICKETBRIDGE_CONSOLE__ENABLED": "false"},
                stdout=log,
                stderr=log,
            )
        try:
            await self._ready(process)
            yield
            process.terminate()
            async with asyncio.timeout(15):
                assert await process.wait() == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _ready(self, process: asyncio.subprocess.Process) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS), aiohttp.ClientSession() as session:
            while True:
                assert process.returncode is None, (self.root / "log").read_text()
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(self.place.url + "/readyz") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.1)


class Walk:
    """The orders of the whole way, and who ordered them."""

    def __init__(self, folder: Path, zzy: ZzySimulator, channel: ChannelSimulator) -> None:
        self.folder, self.zzy, self.channel = folder, zzy, channel
        self.clone, self.root = folder / "clone", folder / "machine"
        self.root.mkdir()
        self.place = Place(
            self.root, zzy_url=zzy.url, channel_url=channel.url, settings=SAGA, log_level="info"
        )
        self.load = Load()
        zzy.notify(self.place.url + "/zzy/notify")
        zzy.lots.change(ticket_delay_min=0.2, ticket_delay_max=2.0, dropped_notice=0.1)

    async def order(self) -> None:
        """Order some more; the vouchers of most are still to come."""
        driver = ChannelDriver(self.place.url, "k", "s3cret")
        first = len(self.load.answers)
        numbers = [f"n{number}" for number in range(first, first + PORTION)]
        self.load.answers |= (await place_orders(driver, numbers, 5)).answers
        await driver.close()

    async def repeat(self) -> None:
        """Ask again for all that was ever ordered, as a channel does that is not sure."""
        driver = ChannelDriver(self.place.url, "k", "s3cret")
        await place_orders(driver, sorted(self.load.answers), 5)
        await driver.close()

    async def judged(self, place: Place) -> None:
        async with app.opened_store(load_settings(place.config, {})) as store:
            rows = await until_quiet(store, self.load)
        broken = Verdict(self.zzy, self.channel, self.load, rows).broken()
        assert broken == [], broken
        paid = len(self.zzy.ledger.paid_orders())
        assert paid == len(self.load.answers), f"{paid} of {len(self.load.answers)} paid"

    # --- the way ------------------------------------------------------------------------------

    def newcomer(self, *, commands: bool) -> None:
        said("a fresh clone")
        run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(self.clone)], self.folder)
        for words in README if commands else ():
            said("  " + " ".join(words))
            run(words, self.clone)

    def installed(self) -> Machine:
        said("an installation on a single machine")
        script = str(self.clone / "ops" / "systemd" / "install")
        run([script], self.clone, DESTDIR=str(self.root), PYTHON=sys.executable)
        return Machine(self.root, self.place)

    async def upgraded(self, machine: Machine) -> None:
        first = kept.versions()[0]
        said(f"orders at {first}, and an upgrade with orders under way")
        async with started(self.place, code=kept.unpack(first, self.folder)) as bridge:
            await self.order()
            await bridge.stop()
        async with machine.running():
            await self.order()

    async def saved_and_restored(self, machine: Machine) -> None:
        said("a backup beside the running worker, more orders, and a restore")
        saved = str(self.folder / "saved.db")
        async with machine.running():
            await self.order()
            await asyncio.to_thread(machine.command, "backup", saved)
            await self.order()
        machine.command("restore", saved)
        async with machine.running():
            await self.repeat()
            await self.order()

    async def moved(self, machine: Machine, urls: dict[str, str]) -> None:
        said("a transfer to RabbitMQ and PostgreSQL with orders under way")
        servers = replace(self.place, folder=self.folder / "servers", **urls)  # type: ignore[arg-type]
        servers.folder.mkdir()
        servers.write()
        machine.command("transfer", "--to", str(servers.config))
        async with Machine(self.root, servers).running():
            await self.order()
            await self.repeat()
            await self.judged(servers)


async def walk(folder: Path, shared: Shared, *, commands: bool) -> None:
    zzy, channel = ZzySimulator(), ChannelSimulator()
    database_url = create_database(shared.postgres_url)
    with shared.vhost() as broker_url:
        async with contextlib.AsyncExitStack() as stack:
            for one in (zzy, channel):
                await one.start()
                stack.push_async_callback(one.stop)
            way = Walk(folder, zzy, channel)
            way.newcomer(commands=commands)
            machine = way.installed()
            await way.upgraded(machine)
            await way.saved_and_restored(machine)
            await way.moved(machine, {"broker_url": broker_url, "database_url": database_url})
            said(f"{len(way.load.answers)} orders, each paid once, each told to its channel")
    drop_database(shared.postgres_url, database_url)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without-readme", action="store_true", help="begin with the installation")
    parser.add_argument("--keep", action="store_true", help="leave what was made where it is")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ticketbridge-walk-"))
    try:
        with contextlib.closing(Shared()) as shared:
            asyncio.run(walk(folder, shared, commands=not chosen.without_readme))
    finally:
        if chosen.keep:
            said(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

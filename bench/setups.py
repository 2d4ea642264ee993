"""The set-ups that are compared, each with a world of its own."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bench.load import ACCEPTED, PAID, SECRET
from tests.servers import Server, free_port, private_postgres, private_rabbit
from tests.servers.fresh import create_database, with_path
from tests.servers.process import GUARD
from tests.servers.rabbit import add_vhosts

ROOT = Path(__file__).parent.parent
SIGN_KEY = "bench-sign-key-of-zzy"
START_SECONDS = 90.0
PEERS = ROOT / ".venv" / "peers"
CELERY_WORKER = "-m celery -A bench.peers.celery_tasks worker -Q orders,notices,relay -l ERROR"
CELERY_WORKER += " --pool prefork -c 8 --without-gossip --without-mingle"
CONFIGURATION = """
database_url = "{database}"
broker_url = "{broker}"
[ingress]
port = {port}
[zzy]
base_url = "{world}"
sign_key = "{sign_key}"
[relay]
allow_private_addresses = true
[log]
format = "json"
level = "error"
[console]
port = 0
[[channels]]
app_key = "{paid}"
app_secrets = ["{secret}"]
notify_url = "{world}/notify"
[[channels]]
app_key = "{accepted}"
app_secrets = ["{secret}"]
notify_url = "{world}/notify"
reply_on = "accepted"
[[products]]
product_code = "P11063"
zzy_product_id = 11063
"""


@dataclass(frozen=True, slots=True)
class Setup:
    """A running ingress with everything behind it."""

    name: str
    url: str
    world_url: str
    pids: Sequence[int]
    """Its own processes; what stands around them is not counted."""
    database: bool = True
    """Whether what PostgreSQL used meanwhile was for it."""
    broker: bool = True
    """Whether what RabbitMQ used meanwhile was for it."""


@dataclass(frozen=True, slots=True)
class Site:
    """How the processes of a set-up are started, and on which servers."""

    name: str
    port: int
    world_url: str
    words: list[str]
    amqp_url: str = ""
    database_url: str = ""

    @property
    def url(self) -> str:
        return _url(self.port)


class House:
    """Servers and processes of one benchmark; leaving it ends them all."""

    def __init__(self, **postgres: str) -> None:
        """Start the servers; ``postgres`` are settings of PostgreSQL."""
        self._stack = ExitStack()
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        self.rabbit = self._started(private_rabbit())
        self.postgres = self._started(private_postgres(settings=postgres))
        self._hosts = 0
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def floor(self) -> Setup:
        """Start the floor, on RabbitMQ."""
        return self.whole(self.floor_site())

    def ours(self, name: str, *, embedded: bool) -> Setup:
        """Start ticketbridge, all roles in one process."""
        return self.whole(self.our_site(name, embedded=embedded))

    def floor_site(self) -> Site:
        """Return how the floor is started, with its world around it."""
        port, world = self._world()
        amqp_url = self._virtual_host()
        words = ["-m", "bench.floor", "--amqp-url", amqp_url, "--zzy-url", world]
        words += ["--channel-url", f"{world}/notify", "--sign-key", SIGN_KEY, "--secret", SECRET]
        return Site("floor", port, world, words, amqp_url=amqp_url)

    def our_site(self, name: str, *, embedded: bool, more: str = "") -> Site:
        """Return how ticketbridge is started, on a database and a virtual host of its own.

        ``more`` goes into its configuration; WORLD stands there for the world's address.
        """
        port, world = self._world()
        file = self.folder / f"{port}.toml"
        database_url = "" if embedded else create_database(self.postgres.url)
        amqp_url = "" if embedded else self._virtual_host()
        text = CONFIGURATION.format(
            database=database_url or f"sqlite:///{port}.db",
            broker=amqp_url or "embedded:",
            port=port,
            world=world,
            sign_key=SIGN_KEY,
            paid=PAID,
            accepted=ACCEPTED,
            secret=SECRET,
        )
        file.write_text(text + more.replace("WORLD", world))
        words = ["-m", "worker", "run", "--config", str(file)]
        return Site(name, port, world, words, amqp_url, database_url)

    def start(self, site: Site, role: str = "") -> int:
        """Start a process with all roles or one; return its id once it is ready."""
        port = site.port if role in {"", "ingress"} else free_port()
        if site.name == "floor":
            process = self._serving(port, [*site.words, "--port", str(port), "--role", role])
        else:
            words = [*site.words, role] if role else site.words
            process = self._serving(port, words, TICKETBRIDGE_HEALTH__PORT=str(port))
        return process.pid

    def stop(self, pid: int, how: signal.Signals = signal.SIGTERM) -> None:
        """End a process that was started here, and wait until it is gone."""
        process = self._running.pop(pid)
        process.send_signal(how)
        process.wait(START_SECONDS)

    def whole(self, site: Site) -> Setup:
        """Start a set-up with all roles in one process."""
        pids = [self.start(site)]
        database, broker = bool(site.database_url), bool(site.amqp_url)
        return Setup(site.name, site.url, site.world_url, pids, database, broker)

    def peer(self, title: str, name: str, *, broker: bool = True) -> Setup:
        """Start a peer: its ingress, and its workers where they are processes of their own."""
        port, world = self._world()
        python = str(PEERS / name / "bin" / "python")
        here = {
            "amqp_url": self._virtual_host(),
            "database_url": create_database(self.postgres.url),
            "zzy_url": world,
            "channel_url": f"{world}/notify",
            "sign_key": SIGN_KEY,
            "secret": SECRET,
            "port": str(port),
        }
        words = ["-m", f"bench.peers.{name}_peer"]
        processes = [self._serving(port, words, python=python, BENCH_PEER=json.dumps(here))]
        if name == "celery":
            processes.append(
                self._run(CELERY_WORKER.split(), python=python, BENCH_PEER=json.dumps(here))
            )
        return Setup(title, _url(port), world, [p.pid for p in processes], broker=broker)

    def _virtual_host(self) -> str:
        self._hosts += 1
        add_vhosts(self.rabbit.folder, [f"bench-{self._hosts}"])
        return with_path(self.rabbit.url, f"bench-{self._hosts}")

    def _world(self) -> tuple[int, str]:
        """Start what stands around a set-up; return the set-up's port and its URL."""
        ingress, port = free_port(), free_port()
        words = ["--port", str(port), "--callback-url", f"{_url(ingress)}/zzy/notify"]
        words += ["--sign-key", SIGN_KEY, "--secret", SECRET]
        process = self._run(["-m", "bench.world", *words])
        _wait_for(f"{_url(port)}/_control/totals", process)
        return ingress, _url(port)

    def _serving(
        self, port: int, words: list[str], python: str = sys.executable, **variables: str
    ) -> subprocess.Popen[bytes]:
        process = self._run(words, python, **variables)
        _wait_for(f"{_url(port)}/readyz", process)
        return process

    def _run(
        self, words: list[str], python: str = sys.executable, **variables: str
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [python, *words],
            cwd=ROOT,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        GUARD.tell(f"+pid {process.pid}")
        self._running[process.pid] = process
        self._stack.callback(_end, process)
        return process

    def _started(self, server: Server) -> Server:
        self._stack.callback(server.discard)
        server.start()
        return server


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    GUARD.tell(f"-pid {process.pid}")


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"not ready: {process.args!r}") from None
            time.sleep(0.05)

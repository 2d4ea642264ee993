"""The set-ups that are compared, each with simulators of its own."""

import json
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

from bench.load import APP_KEY, SECRET
from tests.servers import Server, free_port, private_postgres, private_rabbit
from tests.servers.fresh import create_database, with_path
from tests.servers.process import GUARD
from tests.servers.rabbit import add_vhosts

ROOT = Path(__file__).parent.parent
SIGN_KEY = "bench-sign-key-of-zzy"
START_SECONDS = 30.0
CONFIGURATION = """
database_url = "{database}"
broker_url = "{broker}"
[ingress]
port = {port}
[zzy]
base_url = "{zzy}"
sign_key = "{sign_key}"
[relay]
allow_private_addresses = true
[log]
format = "json"
level = "warning"
[[channels]]
app_key = "{app_key}"
app_secrets = ["{secret}"]
notify_url = "{channel}/notify"
[[products]]
product_code = "P11063"
zzy_product_id = 11063
"""


@dataclass(frozen=True, slots=True)
class Setup:
    """A running ingress with everything behind it."""

    name: str
    url: str
    channel_url: str
    pids: Sequence[int]
    """Its own processes; the simulators are not counted."""


class House:
    """Servers and processes of one benchmark; leaving it ends them all."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        self.rabbit = self._started(private_rabbit())
        self.postgres = self._started(private_postgres())
        add_vhosts(self.rabbit.folder, ["floor", "ours"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def floor(self) -> Setup:
        """Start the floor, on RabbitMQ."""
        port = free_port()
        zzy, channel = self._simulators(port)
        words = ["--amqp-url", with_path(self.rabbit.url, "floor"), "--port", str(port)]
        words += ["--zzy-url", zzy, "--channel-url", f"{channel}/notify"]
        words += ["--sign-key", SIGN_KEY, "--secret", SECRET]
        return self._setup("floor", port, channel, ["-m", "bench.floor", *words])

    def ours(self, name: str, *, embedded: bool) -> Setup:
        """Start ticketbridge, all roles in one process."""
        port = free_port()
        zzy, channel = self._simulators(port)
        file = self.folder / f"{'embedded' if embedded else 'servers'}.toml"
        text = CONFIGURATION.format(
            database="sqlite:///bench.db" if embedded else create_database(self.postgres.url),
            broker="embedded:" if embedded else with_path(self.rabbit.url, "ours"),
            port=port,
            zzy=zzy,
            channel=channel,
            sign_key=SIGN_KEY,
            app_key=APP_KEY,
            secret=SECRET,
        )
        file.write_text(text)
        return self._setup(name, port, channel, ["-m", "worker", "run", "--config", str(file)])

    def _simulators(self, ingress_port: int) -> tuple[str, str]:
        """Start a ZZY and a channel that answer at once; return their URLs."""
        zzy, channel = free_port(), free_port()
        callback = f"http://127.0.0.1:{ingress_port}/zzy/notify"
        at_once = json.dumps({"ticket_delay_min": 0, "ticket_delay_max": 0})
        zzy_words = ["--port", str(zzy), "--callback-url", callback, "--sign-key", SIGN_KEY]
        channel_words = ["--port", str(channel), "--app-key", APP_KEY, "--secret", SECRET]
        simulate = ["-m", "worker", "simulate"]
        urls = f"http://127.0.0.1:{zzy}", f"http://127.0.0.1:{channel}"
        for url, process in (
            (urls[0], self._run([*simulate, "zzy", *zzy_words, "--faults", at_once])),
            (urls[1], self._run([*simulate, "channel", *channel_words])),
        ):
            _wait_for(f"{url}/_control/faults", process)
        return urls

    def _setup(self, name: str, port: int, channel: str, words: list[str]) -> Setup:
        process = self._run(words)
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/readyz", process)
        return Setup(name, url, channel, [process.pid])

    def _run(self, words: list[str]) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        GUARD.tell(f"+pid {process.pid}")
        self._stack.callback(_end, process)
        return process

    def _started(self, server: Server) -> Server:
        self._stack.callback(server.discard)
        server.start()
        return server


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
                raise RuntimeError(f"not ready: {' '.join(map(str, process.args))}") from None
            time.sleep(0.05)

"""A private RabbitMQ, from installed binaries, beside any other on the machine."""

import json
import os
import resource
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.servers.process import GUARD, Server, exchange, find_program, free_port

PLACES = (
    "/usr/lib/rabbitmq/bin",
    "/opt/homebrew/opt/rabbitmq/sbin",
    "/usr/local/opt/rabbitmq/sbin",
    "/opt/homebrew/sbin",
    "/usr/local/sbin",
)
"""Before PATH: the wrapper in Debian's PATH runs as root or rabbitmq alone."""
PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"
NO_BUSY_WAITING = "+sbwt none +sbwtdcpu none +sbwtdio none"
CONTROL_FILE = "control.json"
MOST_FILES = 65_536
"""Beyond, Erlang sets memory aside for files that nobody opens."""
LOOPBACK_ONLY = "-kernel inet_dist_use_interface {127,0,0,1}"


class RabbitServer(Server):
    """RabbitMQ with its own node name, ports, name server (epmd), data and logs."""

    name = "rabbitmq"

    def __init__(self, place: Path | None = None) -> None:
        self._program = find_program("rabbitmq-server", *PLACES)
        self._control = find_program("rabbitmqctl", *PLACES)
        self._epmd_program = find_program(
            "epmd", "/usr/lib/erlang/bin", "/usr/lib/erlang/erts-*/bin"
        )
        super().__init__(place)
        self._dist_port = 0
        self._epmd_port = 0
        self._epmd: subprocess.Popen[bytes] | None = None
        self._write_settings()

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def start(self) -> None:
        super().start()
        control = {"command": [self._control], "environment": self._own_variables()}
        (self.folder / CONTROL_FILE).write_text(json.dumps(control))

    def discard(self) -> None:
        super().discard()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait()
            GUARD.tell(f"-pid {self._epmd.pid}")
            self._epmd = None

    def _write_settings(self) -> None:
        (self.folder / "home").mkdir()
        (self.folder / "enabled_plugins").write_text("[].\n")
        (self.folder / "rabbitmq.conf").write_text("log.console = false\n")
        (self.folder / "rabbitmq-env.conf").write_text("")

    def _choose_ports(self) -> None:
        self.port, self._dist_port = free_port(), free_port()
        if self._epmd is None:
            self._epmd_port = free_port()
            self._epmd = subprocess.Popen(
                [self._epmd_program, "-port", str(self._epmd_port), "-address", "127.0.0.1"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            GUARD.tell(f"+pid {self._epmd.pid}")

    def _command(self) -> list[str]:
        # A login's usual 1024 files do not last for the virtual hosts of a whole run: the
        # broker would take new connections and never answer them.
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        files = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
        return ["/bin/sh", "-c", f'ulimit -S -n {files}; exec "$0"', self._program]

    def _environment(self) -> dict[str, str]:
        ours = {k: v for k, v in os.environ.items() if not k.startswith(("RABBITMQ_", "ERL_"))}
        return ours | self._own_variables()

    def _own_variables(self) -> dict[str, str]:
        folder = self.folder
        return {
            "HOME": str(folder / "home"),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_NODENAME": f"ticketbridge-{self.port}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_LOGS": str(folder / "log" / "rabbit.log"),
            "RABBITMQ_PID_FILE": str(folder / "rabbit.pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{NO_BUSY_WAITING} {LOOPBACK_ONLY}",
        }

    def _ready(self) -> bool:
        return bool(exchange(self.port, PROTOCOL_HEADER))

    def _request_stop(self, process: subprocess.Popen[bytes]) -> None:
        # The start script waits for the node, so the node itself must get the signal.
        os.killpg(process.pid, signal.SIGTERM)


def control(folder: Path, *words: str) -> str:
    """Run rabbitmqctl against the node that lives in ``folder``; return what it prints."""
    how = json.loads((folder / CONTROL_FILE).read_text())
    return subprocess.run(
        [*how["command"], *words],
        env={**os.environ, **how["environment"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout


def add_vhosts(folder: Path, names: Sequence[str]) -> None:
    """Make virtual hosts on the node that lives in ``folder``: a second for the lot."""
    control(folder, "eval", add_vhosts_expression(names, "guest"))


def add_vhosts_expression(names: Sequence[str], user: str) -> str:
    """Return the Erlang that makes virtual hosts and lets ``user`` use them."""
    binaries = ",".join(f'<<"{name}">>' for name in names)
    return (
        '[begin ok = rabbit_vhost:add(V, <<"tests">>), '
        "rabbit_auth_backend_internal:set_permissions("
        f'<<"{user}">>, V, <<".*">>, <<".*">>, <<".*">>, <<"tests">>) end '
        f"|| V <- [{binaries}]], ok."
    )


def remove_vhosts_expression(names: Sequence[str]) -> str:
    """Return the Erlang that removes virtual hosts with all that is in them."""
    binaries = ",".join(f'<<"{name}">>' for name in names)
    return f'[rabbit_vhost:delete(V, <<"tests">>) || V <- [{binaries}]], ok.'

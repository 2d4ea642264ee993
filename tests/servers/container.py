"""The same servers in containers, where nothing is installed and a Docker engine answers."""

import json
import shutil
import subprocess
from pathlib import Path

from tests.servers.postgres import SUPERUSER, startup_packet
from tests.servers.process import GUARD, Server, ServerError, exchange, wait_until
from tests.servers.rabbit import CONTROL_FILE, PROTOCOL_HEADER


def engine_answers() -> bool:
    """Tell whether there is a Docker engine that this user may use."""
    if shutil.which("docker") is None:
        return False
    return _docker("version", "--format", "{{.Server.Version}}", check=False).returncode == 0


def _docker(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    try:
        done = subprocess.run(
            ["docker", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
    except subprocess.TimeoutExpired:
        raise ServerError(f"docker {words[0]} does not end") from None
    if check and done.returncode:
        raise ServerError(f"docker {words[0]} failed:\n{done.stderr[-1500:]}")
    return done


class ContainerServer(Server):
    """A server in a container; the container is its data."""

    image: str
    inner_port: int
    options: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self._container = self.folder.name
        self._made = False

    def stop(self) -> None:
        _docker("stop", "--time", "30", self._container)

    def kill(self) -> None:
        _docker("kill", self._container, check=False)

    def pause(self) -> None:
        _docker("pause", self._container)

    def resume(self) -> None:
        _docker("unpause", self._container)

    def discard(self) -> None:
        _docker("rm", "--force", "--volumes", self._container, check=False)
        GUARD.tell(f"-container {self._container}")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _launch(self) -> None:
        if self._made:
            _docker("start", self._container)
        else:
            GUARD.tell(f"+container {self._container}")
            published = f"127.0.0.1:{self.port}:{self.inner_port}"
            words = ["run", "--detach", "--name", self._container, "--publish", published]
            _docker(*words, *self.options, self.image)
            self._made = True
        wait_until(self._ready, self.name)


class ContainerRabbit(ContainerServer):
    """RabbitMQ in a container."""

    name = "rabbitmq"
    image = "rabbitmq:3.13"
    inner_port = 5672

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def start(self) -> None:
        super().start()
        command = ["docker", "exec", self._container, "rabbitmqctl"]
        control = {"command": command, "environment": {}}
        Path(self.folder, CONTROL_FILE).write_text(json.dumps(control))

    def _ready(self) -> bool:
        return bool(exchange(self.port, PROTOCOL_HEADER))


class ContainerPostgres(ContainerServer):
    """PostgreSQL in a container."""

    name = "postgresql"
    image = "postgres:16"
    inner_port = 5432
    options = ("--env", "POSTGRES_HOST_AUTH_METHOD=trust")

    @property
    def url(self) -> str:
        return f"postgresql://{SUPERUSER}@127.0.0.1:{self.port}/postgres"

    def _ready(self) -> bool:
        return exchange(self.port, startup_packet())[:1] == b"R"

"""The services of docker-compose.yml as processes: same commands, environment and secrets.

Why it exists: there may be no container engine where the tests run, and most of what goes
wrong in containers is not the engine's: a secret that a service lacks, a login without a
right, a path. It replaces nothing but what an engine would give: names of hosts, ports, and
the folder in which secrets appear.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.bridge import clean_environment, free_port, until_ready

ROOT = Path(__file__).parents[2]
INSIDE = "/etc/ticketbridge/bridge.toml"
PROGRAM = Path(sys.executable).with_name("ticketbridge")
START_SECONDS = 60


def composed() -> dict[str, Any]:
    """Return docker-compose.yml with its anchors resolved."""
    made: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return made


def secrets_in(folder: Path) -> Path:
    """Run what ``make secrets`` runs; return the folder of secrets."""
    script = ROOT / "docker" / "make_secrets.py"
    subprocess.run([sys.executable, str(script)], cwd=folder, check=True, stdout=subprocess.PIPE)
    return folder / "secrets"


def instruction(name: str) -> list[str]:
    """Return the last instruction of that name in the Dockerfile, which is JSON."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    found = re.findall(rf"^{name} .*?(\[.*\])$", text, re.MULTILINE)
    words: list[str] = json.loads(found[-1])
    return words


@dataclass(frozen=True)
class Engine:
    """Stands for the container engine."""

    folder: Path
    secrets: Path
    hosts: Mapping[str, str]
    """What stands in secrets and configuration, and what is there instead of it."""

    def service(self, name: str) -> "Service":
        """Return a service, not started."""
        place = self.folder / name
        place.mkdir()
        port = free_port()
        described = composed()["services"][name]
        entry = instruction("ENTRYPOINT")
        assert entry == ["ticketbridge"]
        config = self._mounted(place, described)
        words = [str(config) if word == INSIDE else word for word in described["command"]]
        environment = {
            key: value.replace("/run/secrets", str(place / "secrets"))
            for key, value in described.get("environment", {}).items()
        }
        ports = ("INGRESS__PORT", "HEALTH__PORT", "CONSOLE__PORT")
        chosen = {f"TICKETBRIDGE_{key}": str(port) for key in ports[:2]}
        chosen[f"TICKETBRIDGE_{ports[2]}"] = str(free_port())
        return Service([str(PROGRAM), *words], {**environment, **chosen}, place, port, config)

    def _mounted(self, place: Path, described: Mapping[str, Any]) -> Path:
        """Give a service its own secrets, and the configuration that reads them."""
        own = place / "secrets"
        own.mkdir()
        for secret in described["secrets"]:
            source, target = (
                (secret, secret)
                if isinstance(secret, str)
                else (secret["source"], secret["target"])
            )
            (own / target).write_text(self._here((self.secrets / source).read_text()))
        text = (ROOT / "docker" / "demo.toml").read_text("utf-8")
        config = place / "bridge.toml"
        config.write_text(self._here(text.replace("/run/secrets", str(own))))
        return config

    def _here(self, text: str) -> str:
        for there, here in self.hosts.items():
            text = text.replace(there, here)
        return text


@dataclass
class Service:
    """One service as a process."""

    command: list[str]
    environment: dict[str, str]
    place: Path
    port: int
    config: Path
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def whole(self) -> dict[str, str]:
        """Its environment; what the image sets included."""
        return {**clean_environment(), **self.environment, "READY_URL": self.url + "/readyz"}

    async def finished(self) -> int:
        """Run it to its end."""
        await self._launch()
        assert self.process is not None
        async with asyncio.timeout(START_SECONDS):
            return await self.process.wait()

    async def start(self) -> None:
        """Start it and wait until its health check is content."""
        await self._launch()
        assert self.process is not None
        async with asyncio.timeout(START_SECONDS):
            await until_ready(self.process, self.url, self.said)

    async def close(self) -> None:
        """End it as an engine does: SIGTERM, then -9."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            async with asyncio.timeout(15):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()

    def said(self) -> str:
        """Return what it logged."""
        return (self.place / "log").read_text(errors="replace")

    async def _launch(self) -> None:
        with (self.place / "log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command, stdout=log, stderr=log, env=self.whole, cwd=self.place
            )


def healthy(service: Service) -> int:
    """Run the image's HEALTHCHECK beside a service; return its exit code."""
    words = instruction("HEALTHCHECK")
    program = [sys.executable, *words[1:]] if words[0] == "python" else words
    return subprocess.run(program, env={**os.environ, **service.whole}, check=False).returncode

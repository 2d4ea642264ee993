"""Runs the queue guide's own snippets, in Python and in Node, as an upstream system would."""

import asyncio
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SNIPPETS = ROOT / "docs" / "snippets" / "queue"
PACKAGE = Path(__file__).with_name("package.json")
MODULES = ROOT / ".venv" / "node"
PATIENCE = 20.0


@cache
def node_modules() -> Path:
    """Return where amqplib is, installed now if it is not. Fails where Node or npm is missing."""
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    assert not missing, f"{' and '.join(missing)}: needed to try the queues from Node"
    MODULES.mkdir(parents=True, exist_ok=True)
    with (MODULES / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted, present = PACKAGE.read_text(), MODULES / "package.json"
        if not present.exists() or present.read_text() != wanted:
            shutil.copy(PACKAGE, MODULES / "wanted.json")
            install = ("npm", "install", "--no-package-lock", "--no-audit", "--no-fund")
            present.write_text(wanted)
            try:
                subprocess.run(install, cwd=MODULES, check=True, capture_output=True, timeout=100)
            except subprocess.SubprocessError:
                present.unlink()
                raise
    return MODULES / "node_modules"


@dataclass(frozen=True)
class Client:
    """The snippets of one language, as one user."""

    language: str
    url: str

    @asynccontextmanager
    async def _run(self, script: str, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
        environment = {**os.environ, "AMQP_URL": self.url}
        if self.language == "node":
            command = ["node", str(SNIPPETS / f"{script}.js")]
            environment["NODE_PATH"] = str(node_modules())
        else:
            command = [sys.executable, str(SNIPPETS / f"{script}.py")]
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, *words, stdin=pipe, stdout=pipe, stderr=pipe, env=environment
        )
        try:
            async with asyncio.timeout(PATIENCE):
                yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def ask(self, kind: str, data: Mapping[str, Any], *more: str) -> dict[str, Any]:
        """Run ``ask``; return the answer that it prints."""
        async with self._run("ask", kind, *more) as process:
            out, err = await process.communicate(json.dumps(data).encode())
            assert process.returncode == 0, err.decode()
            answer: dict[str, Any] = json.loads(out)
            return answer

    async def fails(self, kind: str, data: Mapping[str, Any]) -> str:
        """Run ``ask`` where it cannot work; return what it says."""
        async with self._run("ask", kind) as process:
            _, err = await process.communicate(json.dumps(data).encode())
            assert process.returncode != 0
            return err.decode()

    @asynccontextmanager
    async def listening(self, topic: str) -> AsyncIterator["Events"]:
        """Run ``listen`` until the block ends."""
        async with self._run("listen", topic) as process:
            yield Events(process)


class Events:
    """What a listener prints."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def until(self, kind: str, order_num: str) -> list[dict[str, Any]]:
        """Return the events of one order up to the first of ``kind``."""
        assert self._process.stdout is not None
        found: list[dict[str, Any]] = []
        async with asyncio.timeout(PATIENCE):
            while line := await self._process.stdout.readline():
                event = json.loads(line)
                if event["data"]["order_num"] == order_num:
                    found.append(event)
                    if kind in (event["data"]["kind"], *event["data"]["also"]):
                        return found
        assert self._process.stderr is not None
        raise AssertionError((await self._process.stderr.read()).decode())

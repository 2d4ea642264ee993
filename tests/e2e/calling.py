"""The command line in the tests' own process, where the command's is not what is tried.

A process of its own takes most of a second of the machine to start; a test that asks again
and again until something is there would keep a core busy with nothing else.
"""

import asyncio
import io
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from worker.cli import main

_STREAMS = threading.Lock()
"""stdout and stderr are the whole process's: one command at a time."""


@dataclass(frozen=True)
class Ran:
    """A command of the command line that has ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What it printed, one JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


async def called(config: Path, *words: str, seconds: float = 30) -> Ran:
    """Run a command in a thread, on an event loop of its own."""
    async with asyncio.timeout(seconds):
        return await asyncio.to_thread(_call, ["--config", str(config), *words])


@contextmanager
def _own_logs() -> Iterator[None]:
    """Leave the process's logging as it was: a command sets it up for a process of its own."""
    before = structlog.get_config()
    root = logging.getLogger()
    handlers, level = [*root.handlers], root.level
    try:
        yield
    finally:
        structlog.configure(**before)
        root.handlers[:], root.level = handlers, level


def _call(arguments: list[str]) -> Ran:
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with _STREAMS, _own_logs(), redirect_stdout(out), redirect_stderr(err):
        try:
            main(arguments)
        except SystemExit as end:
            code = end.code
    assert isinstance(code, int)
    return Ran(code, out.getvalue(), err.getvalue())

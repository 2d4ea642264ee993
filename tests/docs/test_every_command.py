"""Every command in every document is run: against a running worker, as it stands in its page.

What the placeholders of a page mean, and the few commands that are not run, stand in town.py
and exceptions.py. Commands that serve until they are stopped are started, and stopped.
"""

import re
import shlex
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.docs.exceptions import reason
from tests.docs.shell import Command, every_command
from tests.docs.town import Town, environment, town

SERVES = re.compile(r"(python -m worker|ticketbridge) (run|simulate)\b")
REFUSES = {
    r"alarms test": "there is no robot: exit 1 says so",
    r"doctor": "the demo's secrets are weak, its addresses private: exit 1 says so",
    r"reconcile .*--kept": "that day was not compared: exit 1 says so",
    r"privacy erase NUMBER": "the order is still needed: exit 1 says so",
    r"orders resolve": "ZZY may refuse: exit 1 says so",
}
"""Commands whose exit code is not 0 here, because they say something that is not good."""

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(1500)]


def unique() -> list[Command]:
    """Return each command that is run, once, whatever pages it stands on."""
    found = {
        (command.text, command.before): command
        for command in every_command()
        if not reason(command.text)
    }
    return sorted(found.values())


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as made:
        yield made


async def test_every_command_of_every_document_runs(here: Town) -> None:
    ended = [command for command in unique() if not SERVES.match(command.text)]
    assert len(ended) > 80
    wrong = []
    for command in ended:
        done = await here.run(command)
        allowed = {0, 1} if any(re.search(one, command.text) for one in REFUSES) else {0}
        if done.returncode not in allowed or "Traceback" in done.stderr:
            told = f"exit {done.returncode}: {done.stderr[-400:]}{done.stdout[-200:]}"
            wrong.append(f"{command.page}: {here.script(command)}\n    {told}")
    assert not wrong, "\n".join(wrong)


def test_every_command_that_serves_starts_and_stops(tmp_path: Path) -> None:
    served = {
        re.sub(r"\s*&$", "", command.text) for command in unique() if SERVES.match(command.text)
    }
    assert {"run", "simulate"} == {line.split()[3] for line in served}
    (tmp_path / "bridge.toml").write_text(
        "[ingress]\nport = 0\n[console]\nport = 0\n[zzy]\nbase_url = 'http://127.0.0.1:9'\n"
        "[[channels]]\napp_key = 'k'\napp_secrets = ['s3cret']\n"
    )
    for line in sorted(served):
        words = shlex.split(line)
        if words[3] == "simulate":
            words = [*words, "--port", "0"]
        elif "--config" not in words:
            words = [*words, "--config", "bridge.toml"]
        _serves(words, tmp_path)


def _serves(words: list[str], folder: Path) -> None:
    """Start a program, wait for its first line, and stop it as an operator does."""
    with subprocess.Popen(
        words, cwd=folder, env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        told = []
        for line in process.stdout:
            told.append(line)
            if "listens" in line or "ready" in line or "started" in line:
                break
        process.send_signal(signal.SIGTERM)
        told.extend(process.stdout)
        assert process.wait(30) == 0, "".join(told)

"""``audit`` as an operator types it."""

import asyncio
import json
import os
import pwd
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.doubles import NOON, HeldClock
from tests.stores import sqlite_store
from worker.cli import app
from worker.commands.audit import actor
from worker.runtime.auditing import Audit


def test_what_was_done_is_listed_newest_first(tmp_path: Path) -> None:
    async def do() -> None:
        clock = HeldClock(NOON)
        async with sqlite_store(tmp_path) as store:
            audit = Audit(store, clock)
            await audit.record("cli:ann", "deadletter.discard", "d1", reason="sent twice")
            clock.advance(60)
            await audit.record("console:bob", "channel.pause", "k")

    asyncio.run(do())
    config = tmp_path / "bridge.toml"
    config.write_text('database_url = "sqlite:///bridge.db"')

    def typed(*words: str) -> str:
        ran = CliRunner().invoke(app, ["--config", str(config), "audit", "list", *words])
        assert ran.exit_code == 0, ran.stderr
        return ran.stdout

    lines = [json.loads(line) for line in typed("--json").splitlines()]
    assert [line["subject"] for line in lines] == ["k", "d1"]
    assert list(lines[1]) == ["id", "at", "actor", "action", "subject", "reason", "result"]
    assert lines[1]["at"] == NOON.isoformat()
    assert "sent twice" in typed("--who", "cli:ann")
    assert "sent twice" not in typed("--since", "2026-05-01T12:00:30")
    assert "sent twice" not in typed("--action", "channel")
    assert typed("--json", "--limit", "1", "--subject", "d1").count("\n") == 1


def test_who_types_is_who_the_machine_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "somebody else")
    assert actor() == f"cli:{pwd.getpwuid(os.getuid()).pw_name}"

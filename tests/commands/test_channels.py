"""``channels`` as an operator types it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.relay.notifications import message, notification
from tests.stores import sqlite_store
from worker.broker.embedded import EmbeddedBroker
from worker.cli import app
from worker.clock import SystemClock
from worker.relay.target import endpoint_of
from worker.runtime.controlling import ChannelReport
from worker.runtime.ports import Store
from worker.sqlite import SqliteFile

URL = "https://channel.example/notify"
CHECKS = "https://channel.example/check"
CONFIG = f"""
database_url = "sqlite:///bridge.db"
[[channels]]
app_key = "k"
name = "demo"
notify_url = "{URL}"
deliveries_per_second = 5
  [channels.notify_urls]
  check = "{CHECKS}"
[[channels]]
app_key = "other"
"""
AT = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
Typed = Callable[..., Result]


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    """Type ``channels`` and the words."""
    config = tmp_path / "bridge.toml"
    config.write_text(CONFIG)
    runner = CliRunner()
    return lambda *words: runner.invoke(app, ["--config", str(config), "channels", *words])


def kept(folder: Path, change: Callable[[Store], Awaitable[None]]) -> None:
    """Change the store as a relay does."""

    async def run() -> None:
        async with sqlite_store(folder) as store:
            await change(store)

    asyncio.run(run())


def listed(typed: Typed) -> dict[str, dict[str, object]]:
    ran = typed("list", "--json")
    assert ran.exit_code == 0, ran.stderr
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    return {line["id"]: line for line in lines}


def test_a_channel_of_which_nothing_is_known_is_listed(typed: Typed) -> None:
    found = listed(typed)
    assert list(found) == ["k", "other"]
    assert found["k"] == {
        "id": "k",
        "name": "demo",
        "paused": False,
        "paused_at": None,
        "pause_reason": "",
        "rate": 5.0,
        "gone": [],
        "breaker": "unknown",
        "reported_at": None,
        "last_answer": "",
        "last_words": "",
        "last_seconds": None,
        "last_at": None,
        "waiting_since": None,
        "backlog": 0,
    }
    assert next(iter(found["k"])) == "id"


def test_a_pause_is_seen_until_it_is_resumed(typed: Typed) -> None:
    ran = typed("pause", "k", "--reason", "their maintenance")
    assert (ran.exit_code, ran.stdout) == (0, "k paused\n")
    shown = listed(typed)
    assert (shown["k"]["paused"], shown["k"]["pause_reason"]) == (True, "their maintenance")
    assert shown["other"]["paused"] is False
    assert "their maintenance" in typed("list").stdout
    again = typed("resume", "k", "--json")
    assert [json.loads(line)["paused"] for line in again.stdout.splitlines()] == [False]
    assert listed(typed)["k"]["paused"] is False
    assert typed("resume", "k").stdout == "k resumed\n"


def test_a_rate_is_set_and_taken_back(typed: Typed) -> None:
    assert typed("rate", "k", "0.5").exit_code == 0
    assert listed(typed)["k"]["rate"] == 0.5
    assert typed("rate", "k", "0").exit_code == 0
    assert listed(typed)["k"]["rate"] == 0
    assert typed("rate", "k").exit_code == 0
    assert listed(typed)["k"]["rate"] == 5
    assert typed("rate", "k", "--", "-1").exit_code == 2


@pytest.mark.parametrize("word", ["pause", "resume", "rate"])
def test_an_unknown_channel_is_exit_code_one(typed: Typed, word: str) -> None:
    ran = typed(word, "nobody")
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert "nobody" in ran.stderr


def test_what_relays_reported_is_shown(typed: Typed, tmp_path: Path) -> None:
    report = ChannelReport("k", AT, "open", AT, "HTTP 503", "Service Unavailable", 1_234, AT)

    async def change(store: Store) -> None:
        await store.report_channels([report])
        await store.keep_gone("k", endpoint_of(CHECKS), AT)
        await store.keep_gone("k", "of a URL that is no longer configured", AT)

    kept(tmp_path, change)
    told = listed(typed)["k"]
    assert (told["breaker"], told["reported_at"]) == ("open", AT.isoformat())
    assert (told["last_answer"], told["last_words"], told["last_seconds"]) == (
        "HTTP 503",
        "Service Unavailable",
        1.234,
    )
    assert told["waiting_since"] == AT.isoformat()
    assert told["gone"] == ["check"]
    table = typed("list").stdout
    assert "HTTP 503 (1.23 s) Service Unavailable" in table
    assert typed("resume", "k").exit_code == 0
    assert listed(typed)["k"]["gone"] == []


def test_the_backlog_is_what_waits_in_the_queue(typed: Typed, tmp_path: Path) -> None:
    async def publish() -> None:
        file = SqliteFile(tmp_path / "bridge.db")
        broker = EmbeddedBroker(file, ["k", "other"], SystemClock())
        await broker.start()
        for seq in range(3):
            await broker.publish(message(notification(seq=seq)))
        await broker.close()
        await file.close()

    asyncio.run(publish())
    assert {key: one["backlog"] for key, one in listed(typed).items()} == {"k": 3, "other": 0}


def test_a_list_goes_without_a_broker(typed: Typed, tmp_path: Path) -> None:
    config = tmp_path / "bridge.toml"
    config.write_text('broker_url = "amqp://127.0.0.1:1/"\n' + CONFIG)
    ran = typed("list", "--json")
    assert ran.exit_code == 0
    assert json.loads(ran.stdout.splitlines()[0])["backlog"] is None
    assert "backlogs are not known" in ran.stderr
    assert "?" in typed("list").stdout

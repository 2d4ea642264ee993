"""``deadletters`` as an operator types it, beside a store that a worker could be using."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from typer.testing import CliRunner, Result

from contracts.queues import NOTICES, ORDERS
from tests.deadletters.letters import NAME, VOUCHER, letter, notice_body
from tests.doubles import NOON
from tests.runtime.messages import create_message
from tests.stores import sqlite_store
from worker.broker.embedded import EmbeddedBroker
from worker.cli import app
from worker.clock import SystemClock
from worker.deadletters.drain import read_letter
from worker.runtime.auditing import AuditEntry, AuditQuery
from worker.runtime.ports import DeadLetter, Store
from worker.sqlite import SqliteFile

CONFIG = """
database_url = "sqlite:///bridge.db"
[[channels]]
app_key = "k"
"""
Typed = Callable[..., Result]
IDS = [f"{n:016x}" for n in range(3)]
STALE = "e" * 16
ORDER = "f" * 16


def letters() -> list[DeadLetter]:
    many = [
        replace(letter(), id=one, last_failed_at=NOON + timedelta(minutes=n))
        for n, one in enumerate(IDS)
    ]
    stale = replace(letter(notice_body(), kind="notice_stale"), id=STALE)
    order = replace(
        read_letter(create_message(), NOON),
        id=ORDER,
        kind="unreadable",
        message=replace(create_message(), queue=ORDERS),
    )
    return [*many, replace(stale, message=replace(stale.message, queue=NOTICES)), order]


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    """Type ``deadletters`` and the words, with five letters in the store."""
    config = tmp_path / "bridge.toml"
    config.write_text(CONFIG)
    runner = CliRunner()

    async def fill() -> None:
        async with sqlite_store(tmp_path) as store:
            for one in letters():
                await store.add_dead_letter(one)
        file = SqliteFile(tmp_path / "bridge.db")
        broker = EmbeddedBroker(file, ["k"], SystemClock())
        await broker.start()
        await broker.close()
        await file.close()

    asyncio.run(fill())
    return lambda *words, **more: runner.invoke(
        app, ["--config", str(config), "deadletters", *words], **more
    )


def ids(ran: Result) -> list[str]:
    assert ran.exit_code == 0, ran.stderr
    return [json.loads(line)["id"] for line in ran.stdout.splitlines()]


T = TypeVar("T")


def kept(folder: Path, look: Callable[[Store], Awaitable[T]]) -> T:
    async def run() -> T:
        async with sqlite_store(folder) as store:
            return await look(store)

    return asyncio.run(run())


def audit(folder: Path) -> list[AuditEntry]:
    return list(kept(folder, lambda store: store.audit_entries(AuditQuery())))


def test_letters_are_listed_filtered_and_searched(typed: Typed) -> None:
    assert len(ids(typed("list", "--json"))) == 5
    assert ids(typed("list", "--json", "--where", "kind=delivery_failed")) == IDS[::-1]
    assert ids(typed("list", "--json", "--limit", "1", "--where", "channel=k kind~deliv")) == [
        IDS[2]
    ]
    assert STALE in ids(typed("list", "--json", "--where", "kind~notice"))
    assert len(ids(typed("list", "--json", "--search", "http 500"))) == 4
    assert ids(typed("list", "--json", "--where", "state=done")) == []
    line = json.loads(typed("list", "--json", "--long").stdout.splitlines()[0])
    assert (line["state"], line["replays"], line["failed_again"]) == ("open", 0, False)


def test_words_that_cannot_be_read_are_exit_code_2(typed: Typed) -> None:
    ran = typed("list", "--where", "colour=red")
    assert ran.exit_code == 2
    assert "colour" in ran.stderr


def test_letters_of_one_cause_are_one_group(typed: Typed) -> None:
    lines = [json.loads(line) for line in typed("groups", "--json").stdout.splitlines()]
    assert [line["count"] for line in lines] == [3, 1, 1]
    assert lines[0]["kind"] == "delivery_failed"
    assert ids(typed("list", "--json", "--where", f"group={lines[0]['id']}")) == IDS[::-1]


def test_personal_data_is_shown_when_asked_and_recorded(typed: Typed, tmp_path: Path) -> None:
    assert NAME not in typed("show", IDS[0]).stdout
    assert audit(tmp_path) == []
    assert NAME in typed("show", IDS[0], "--personal", "--reason", "the guest called").stdout
    [entry] = audit(tmp_path)
    assert (entry.action, entry.subject, entry.reason) == (
        "deadletter.reveal",
        IDS[0],
        "the guest called",
    )
    assert entry.actor.startswith("cli:")
    assert typed("show", "none").exit_code == 1


def test_a_letter_is_replayed_at_once_by_its_id(typed: Typed, tmp_path: Path) -> None:
    assert typed("replay", IDS[0], IDS[1]).stdout == f"{IDS[0]} replayed\n{IDS[1]} replayed\n"
    ran = typed("replay", IDS[2], "none")
    assert (ran.exit_code, "none: no dead letter" in ran.stderr) == (1, True)
    assert len(ids(typed("list", "--json", "--where", "state=replaying"))) == 3
    assert [entry.action for entry in audit(tmp_path)] == ["deadletter.replay"] * 2


def test_a_replay_of_many_is_counted_first_and_then_a_job(typed: Typed) -> None:
    ran = typed("replay", "--where", "channel=k", "--dry-run", "--json")
    found = json.loads(ran.stdout)
    assert (found["count"], found["groups"]) == (4, 2)
    ran = typed("replay", "--where", "kind~notice,deliv", "--dry-run")
    assert "3 letters of 1 groups would be replayed" in ran.stdout
    assert "1 would be left: a letter of kind notice_stale" in ran.stdout
    assert ids(typed("jobs", "--json")) == []

    words = ("--where", "kind=delivery_failed", "--rate", "50", "--canary", "2", "--limit", "3")
    made = json.loads(typed("replay", *words, "--reason", "mended", "--json").stdout)
    assert (made["state"], made["total"], made["rate"], made["canary"]) == ("queued", 3, 50.0, 2)
    assert "waits for a worker" in made["problem"]
    assert ids(typed("jobs", "--json")) == [made["id"]]
    assert json.loads(typed("job", "show", made["id"], "--json").stdout)["reason"] == "mended"
    assert typed("job", "resume", made["id"]).exit_code == 1
    assert typed("job", "cancel", made["id"]).stdout == f"{made['id']} cancelled\n"
    assert typed("job", "cancel", made["id"]).exit_code == 1
    assert typed("job", "show", made["id"], "--wait").exit_code == 1
    assert typed("job", "resume", made["id"]).exit_code == 0
    assert typed("job", "show", "none").exit_code == 1


def test_a_group_is_replayed_by_its_name(typed: Typed) -> None:
    group = ids(typed("groups", "--json"))[0]
    ran = typed("replay", "--group", group, "--dry-run", "--json")
    assert json.loads(ran.stdout)["count"] == 3
    assert typed("replay").exit_code == 2


def test_an_edited_copy_must_fit_its_schema(typed: Typed, tmp_path: Path) -> None:
    ran = typed("edit", ORDER, "--set", "data.order.count=many")
    assert (ran.exit_code, "data.order.count" in ran.stderr) == (1, True)
    assert typed("edit", ORDER).exit_code == 2
    phone = "data.order.take_phone=13800000000"
    assert "would be replaced" in typed("edit", ORDER, "--set", phone, "--dry-run").stdout
    ran = typed("edit", ORDER, "--set", phone, "--reason", "a wrong digit")
    assert ran.exit_code == 0, ran.stderr
    first, second = ran.stdout.splitlines()
    copy = second.removesuffix(" replayed")
    assert first == f"{ORDER} superseded by {copy}"
    shown = json.loads(typed("show", copy, "--personal").stdout)
    assert shown["body"]["data"]["order"]["take_phone"] == "13800000000"
    assert (shown["edited_from"], shown["state"]) == (ORDER, "replaying")
    assert json.loads(typed("show", ORDER).stdout)["edited_as"] == [copy]
    assert typed("edit", ORDER, "--set", phone).exit_code == 1
    assert typed("edit", STALE, "--set", "data.raw=x").exit_code == 1
    assert [one.action for one in audit(tmp_path)][::-1] == [
        "deadletter.edit",
        "deadletter.replay",
        "deadletter.reveal",
    ]


def test_a_whole_body_comes_from_a_file_or_stdin(typed: Typed, tmp_path: Path) -> None:
    body = create_message().body
    (tmp_path / "body.json").write_bytes(body)
    ran = typed("edit", ORDER, "--body", str(tmp_path / "body.json"), "--hold")
    assert ran.exit_code == 0, ran.stderr
    copy = ran.stdout.split()[-1]
    assert copy in ids(typed("list", "--json"))
    ran = typed("edit", copy, "--body", "-", input=body)
    assert ran.exit_code == 0, ran.stderr


def test_letters_are_discarded_noted_and_restored(typed: Typed, tmp_path: Path) -> None:
    assert typed("discard", IDS[0]).exit_code == 2
    assert typed("discard", "--reason", "twice").exit_code == 2
    assert typed("note", IDS[0], "the channel was asked").exit_code == 0
    assert typed("note", "none", "x").exit_code == 1
    ran = typed("discard", IDS[0], "none", "--reason", "sent twice")
    assert (ran.exit_code, ran.stdout) == (1, f"{IDS[0]} discarded\n")
    shown = json.loads(typed("show", IDS[0]).stdout)
    assert (shown["state"], shown["settled_reason"]) == ("discarded", "sent twice")
    assert [one["text"] for one in shown["notes"]] == ["the channel was asked"]
    words = ("discard", "--where", "kind=delivery_failed", "--reason", "all")
    assert typed(*words, "--dry-run").stdout == "2 letters would be discarded\n"
    assert len(ids(typed(*words, "--json"))) == 2
    assert len(ids(typed("restore", "--where", "kind=delivery_failed", "--json"))) == 3
    assert typed("restore", IDS[0]).exit_code == 1
    found = [(one.action, one.result) for one in audit(tmp_path)]
    assert ("deadletter.discard", "2 letters") in found
    assert ("deadletter.restore", "3 letters") in found


def test_an_export_is_masked_unless_it_is_asked_for_and_recorded(
    typed: Typed, tmp_path: Path
) -> None:
    ran = typed("export", "--where", "kind=delivery_failed")
    assert ids(ran) == IDS[::-1]
    assert VOUCHER not in ran.stdout
    assert VOUCHER in typed("export", "--personal").stdout
    assert [(one.action, one.subject) for one in audit(tmp_path)] == [
        ("deadletter.export-personal", "open letters"),
        ("deadletter.export", "kind=delivery_failed"),
    ]

"""``accounts`` as an operator types it."""

import asyncio
import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.stores import sqlite_store
from worker.cli import app
from worker.runtime.ports import Booking, Store

CONFIG = """
database_url = "sqlite:///bridge.db"
[[channels]]
app_key = "k"
account = "prepaid"
low_balance = 20
[[channels]]
app_key = "old"
"""
Typed = Callable[..., Result]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Type ``accounts`` and the words."""
    config = tmp_path / "bridge.toml"
    config.write_text(CONFIG)
    monkeypatch.setenv("LOGNAME", "ann")
    runner = CliRunner()
    return lambda *words: runner.invoke(app, ["--config", str(config), "accounts", *words])


def book(folder: Path, *bookings: Booking) -> None:
    async def keep(store: Store) -> None:
        for booking in bookings:
            await store.book(booking)

    async def run() -> None:
        async with sqlite_store(folder) as store:
            await keep(store)

    asyncio.run(run())


def test_a_top_up_is_booked_once_by_its_reference(typed: Typed) -> None:
    words = ("top-up", "k", "1000.50", "--reference", "bank 42", "--note", "十一月", "--json")
    first, again = typed(*words), typed(*words)
    assert (first.exit_code, again.exit_code) == (0, 0)
    entry = json.loads(first.stdout)
    assert json.loads(again.stdout) == entry
    assert "nothing was booked now" in again.stderr
    assert entry["id"] == "top_up:k:bank 42"
    assert (entry["amount"], entry["note"], entry["by"]) == ("1000.50", "十一月", "ann")
    other = typed("top-up", "k", "7", "--reference", "bank 42")
    assert (other.exit_code, other.stdout) == (1, "")
    assert "was booked with 1000.50" in other.stderr
    assert json.loads(typed("list", "--json").stdout)["balance"] == "1000.50"


def test_a_correction_has_its_sign_and_its_reason(typed: Typed) -> None:
    assert typed("top-up", "k", "10", "--reference", "b", "--by", "bob").exit_code == 0
    done = typed("adjust", "k", "-2.5001", "--reference", "a", "--note", "typo", "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["balance"] == "7.4999"
    more = typed("adjust", "k", "-7.5", "--reference", "b", "--note", "typo")
    assert (more.exit_code, "less than nothing" in more.stderr) == (1, True)
    shown = json.loads(typed("show", "k", "--json").stdout)
    assert [(one["kind"], one["by"]) for one in shown["entries"]] == [
        ("top_up", "bob"),
        ("adjust", "ann"),
    ]
    assert (shown["available"], shown["low_balance"]) == ("7.4999", "20.00")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("top-up", "k", "0", "--reference", "r"), "above zero"),
        (("top-up", "k", "1.00001", "--reference", "r"), "not an amount"),
        (("top-up", "k", "NaN", "--reference", "r"), "not an amount"),
        (("top-up", "k", "1e10", "--reference", "r"), "not an amount"),
        (("top-up", "k", "ten", "--reference", "r"), "not an amount"),
        (("top-up", "k", "1"), "--reference"),
        (("top-up", "k", "1", "--reference", " "), "--reference"),
        (("adjust", "k", "-1", "--reference", "r"), "--note"),
        (("adjust", "k", "0", "--reference", "r", "--note", "n"), "nothing"),
        (("statement", "k", "2026-13"), "2026-13"),
    ],
)
def test_what_cannot_be_meant_is_refused(typed: Typed, words: tuple[str, ...], told: str) -> None:
    ran = typed(*words)
    assert ran.exit_code == 2
    assert told in ran.stderr
    assert typed("show", "k").exit_code == 1


def test_a_channel_that_is_not_there_gets_no_money(typed: Typed) -> None:
    ran = typed("top-up", "kk", "1", "--reference", "r")
    assert ran.exit_code == 1
    assert "app_key kk" in str(ran.exception)
    assert [typed("show", "kk").exit_code, typed("statement", "kk", "2026-11").exit_code] == [1, 1]


def test_the_list_shows_prepaid_channels_without_an_entry(typed: Typed) -> None:
    listed = json.loads(typed("list", "--json").stdout)
    assert (listed["id"], listed["balance"], listed["updated"]) == ("k", "0.00", "")
    assert "app_key" in typed("list").stdout


def test_a_statement_is_a_month_in_shanghai(typed: Typed, tmp_path: Path) -> None:
    def at(day: int, hour: int, month: int = 11) -> datetime:
        return datetime(2026, month, day, hour, 59, 59, 999_999, tzinfo=UTC)

    moments = [at(31, 15, 10), at(31, 16, 10), at(30, 15), at(30, 16)]
    book(
        tmp_path,
        *(
            Booking(f"t{n}", "k", "top_up", Decimal(10**n), '=a,b"c', "ann", moment)
            for n, moment in enumerate(moments)
        ),
    )
    ran = typed("statement", "k", "2026-11")
    lines = list(csv.DictReader(io.StringIO(ran.stdout)))
    told = [(one["number"], one["at"], one["kind"], one["balance"]) for one in lines]
    assert told == [
        ("", "2026-11-01 00:00:00+08:00", "opening", "1.00"),
        ("2", "2026-11-01 00:59:59+08:00", "top_up", "11.00"),
        ("3", "2026-11-30 23:59:59+08:00", "top_up", "111.00"),
        ("", "2026-12-01 00:00:00+08:00", "closing", "111.00"),
    ]
    assert lines[1]["note"] == "'=a,b\"c"
    empty = list(csv.DictReader(io.StringIO(typed("statement", "k", "2026-09").stdout)))
    assert [(one["kind"], one["balance"]) for one in empty] == [
        ("opening", "0.00"),
        ("closing", "0.00"),
    ]

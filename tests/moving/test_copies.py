"""``backup`` and ``restore``: one state of the whole, put back under nobody's feet."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from contracts.channel import order_num
from tests.e2e.bridge import Place, started
from tests.e2e.calling import called
from tests.e2e.load import Load, place_orders
from tests.e2e.verdict import Verdict, until_quiet
from tests.e2e.world import Choice, World, surroundings
from worker import app
from worker.roles import Role
from worker.settings import load_settings
from worker.simulators.zzy import ZzySimulator
from worker.sqlite.connect import connect
from worker.store.tables import HEAD

ALL = frozenset(Role)
QUICK = {"reply_wait_seconds": "0.3", "ticket_deadline_seconds": "2"}
QUICK |= {"ticket_probe_delays": '["1s", "1s", "2s"]', "unknown_retry_delays": '["0.2s", "0.5s"]'}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[World]:
    """Everybody around a bridge of the embedded set-up that does not run yet."""
    async with surroundings(Choice(), tmp_path, QUICK, {}) as made:
        made.place.write()
        yield made


def orders(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM orders").fetchone()[0])


async def test_a_backup_is_taken_beside_a_worker_and_put_back_when_it_has_stopped(
    town: World,
) -> None:
    config, file = town.place.config, town.place.folder / "bridge.db"
    saved = town.place.folder / "saved"
    async with app.running(load_settings(config, {"TICKETBRIDGE_CONSOLE__ENABLED": "false"}), ALL):
        assert (await town.k.order("first")).code == "1000"
        await town.k.told("voucher", "first")
        ran = await called(config, "backup", str(saved))
        assert ran.code == 0, ran.err
        assert f"{saved}: revision {HEAD}, 1 orders, " in ran.out  # and the worker's log
        assert (await town.k.order("second")).code == "1000"
        refused = await called(config, "restore", str(saved))
        assert refused.code == 1
        assert "in use: stop the worker" in refused.err
    assert orders(file) == 2
    ran = await called(config, "restore", str(saved))
    assert ran.code == 0, ran.err
    (kept,) = town.place.folder.glob("bridge.db.replaced-*")
    assert (orders(file), orders(kept)) == (1, 2)
    assert str(kept) in ran.out
    assert {path.stat().st_mode & 0o777 for path in (saved, kept, file)} == {0o600}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "bridge.toml").write_text("database_url = 'sqlite:///b.db'\n")
    return tmp_path / "bridge.toml"


@pytest.fixture
async def saved(config: Path) -> Path:
    """A backup of a file without orders."""
    await called(config, "migrate")
    ran = await called(config, "backup", str(config.with_name("saved")))
    assert ran.code == 0, ran.err
    return config.with_name("saved")


def held(path: Path) -> bytes:
    return path.read_bytes()


async def test_what_is_there_is_never_written_over(config: Path, saved: Path) -> None:
    before = held(saved)
    ran = await called(config, "backup", str(saved))
    assert (ran.code, ran.err) == (1, f"ticketbridge: {saved} is there already\n")
    assert held(saved) == before


async def test_a_file_that_is_gone_or_damaged_is_replaced(config: Path, saved: Path) -> None:
    file = config.with_name("b.db")
    file.unlink()
    ran = await called(config, "restore", str(saved))
    assert (ran.code, orders(file)) == (0, 0), ran.err
    assert "replaced" not in ran.out
    file.write_bytes(b"no database" * 1000)
    ran = await called(config, "restore", str(saved))
    assert (ran.code, orders(file)) == (0, 0), ran.err
    (kept,) = config.parent.glob("b.db.replaced-*")
    assert kept.read_bytes().startswith(b"no database")


async def test_what_is_no_backup_or_damaged_or_newer_replaces_nothing(
    config: Path, saved: Path
) -> None:
    other, damaged = saved.with_name("other"), saved.with_name("damaged")
    with closing(connect(other)) as connection:
        connection.execute("CREATE TABLE t (a)")
    body = bytearray(held(saved))
    body[5 * 4096 : 5 * 4096 + 200] = b"\xff" * 200
    damaged.write_bytes(body)
    before = held(config.with_name("b.db"))
    newer = saved.with_name("newer")
    newer.write_bytes(held(saved))
    with closing(sqlite3.connect(newer)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    said = {other: "no backup", damaged: "damaged", newer: "newer", saved / "x": "not there"}
    for file, words in said.items():
        ran = await called(config, "restore", str(file))
        assert (ran.code, ran.out) == (1, ""), file
        assert words in ran.err
    assert held(config.with_name("b.db")) == before
    assert not [*config.parent.glob("b.db.replaced-*")]


async def test_what_is_damaged_is_not_backed_up(config: Path, saved: Path) -> None:
    file, second = config.with_name("b.db"), saved.with_name("second")
    body = bytearray(held(saved))
    body[5 * 4096 : 5 * 4096 + 200] = b"\xff" * 200
    file.write_bytes(body)
    ran = await called(config, "backup", str(second))
    assert (ran.code, ran.out) == (1, "")
    assert "damaged" in ran.err
    assert not [*config.parent.glob("second*")]


def test_a_backup_is_one_file(saved: Path) -> None:
    legacy = b"\x01\x01"  # as SQLite's header says that there is no write-ahead log
    assert held(saved)[18:20] == legacy
    assert [path.name for path in saved.parent.glob("saved*")] == ["saved"]


@pytest.fixture
def half(config: Path, saved: Path) -> Path:  # noqa: ARG001  (the copy is of the whole)
    """The same configuration, and now the queues lie elsewhere."""
    config.write_text("database_url = 'sqlite:///b.db'\nbroker_url = 'embedded:queues.db'\n")
    return config


async def test_half_of_a_set_up_is_neither_copied_nor_replaced(half: Path, saved: Path) -> None:
    config = half
    before = held(config.with_name("b.db"))
    for words in (("backup", str(saved.with_name("second"))), ("restore", str(saved))):
        ran = await called(config, *words)
        assert (ran.code, ran.out) == (1, "")
        assert "lie elsewhere" in ran.err
    assert held(config.with_name("b.db")) == before


async def test_an_older_backup_is_put_back_and_migrate_is_asked_for(
    config: Path, saved: Path
) -> None:
    with closing(sqlite3.connect(saved)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    ran = await called(config, "restore", str(saved))
    assert ran.code == 0
    assert "run `migrate`" in ran.err


async def test_servers_are_not_backed_up_by_it(tmp_path: Path) -> None:
    (tmp_path / "bridge.toml").write_text("database_url = 'postgresql://nowhere/b'\n")
    ran = await called(tmp_path / "bridge.toml", "backup", str(tmp_path / "saved"))
    assert ran.code == 1
    assert "pg_dump" in ran.err


# --- under load ------------------------------------------------------------------------------


@pytest.mark.acceptance
@pytest.mark.timeout(600)
async def test_backups_under_load_are_each_a_state_from_which_every_order_ends(
    town: World,
) -> None:
    """The machine dies with its disk; another goes on from the last backup."""
    zzy, place = town.zzy, town.place
    zzy.lots.change(latency_max=0.05, dropped_notice=0.1, lost_answer=0.05)
    saved = [place.folder / f"saved-{number}" for number in range(5)]
    numbers = [f"n{number}" for number in range(200)]
    async with started(place) as bridge:
        placing = asyncio.ensure_future(place_orders(town.k.driver, numbers, 32))
        for number, file in enumerate(saved, 1):
            await zzy.changes.until(partial(_has_more, zzy, 30 * number), seconds=150)
            ran = await called(place.config, "backup", str(file))
            assert ran.code == 0, ran.err
        load = await placing
        await bridge.kill()
    lost = await put_back(place, saved[-1])
    zzy.lots.change(dropped_notice=0.0, lost_answer=0.0)
    async with started(place):
        again = await place_orders(town.k.driver, sorted(lost), 32)  # channels repeat what failed
        known = Load({**load.answers, **again.answers})
        async with app.opened_store(load_settings(place.config, {})) as store:
            rows = await until_quiet(store, known)
    assert Verdict(zzy, town.k.simulator, known, rows).broken() == []
    assert 0 < len(lost) < len(numbers)


async def put_back(place: Place, file: Path) -> set[str]:
    """Restore on an empty disk; return the channel's numbers that the copy does not know."""
    for path in place.folder.glob("bridge.db*"):
        path.unlink()
    ran = await called(place.config, "restore", str(file))
    assert ran.code == 0, ran.err
    with closing(sqlite3.connect(place.folder / "bridge.db")) as connection:
        known = {row[0] for row in connection.execute("SELECT order_num FROM orders")}
    return {f"n{n}" for n in range(200) if order_num("k", f"n{n}") not in known}


def _has_more(zzy: ZzySimulator, orders: int) -> bool:
    return len(zzy.ledger.orders) > orders
